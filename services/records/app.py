"""Wires the records service: the only module that knows which classes there are."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import grpc
from rowhouse.records.v1 import records_pb2_grpc as pb_grpc

from services.kit.rpc.channel import Channel
from services.kit.rpc.typing import Register
from services.records.execute import Executor
from services.records.reading import Reader
from services.records.servicers.records import RecordsServicer
from services.records.settings import Settings
from services.records.writing import Writer
from services.tenancy.bindings import Bindings, Source
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Register]:
    """Open the channels to auth and schema and yield what registers the servicers."""
    secret = settings.service_secret.get_secret_value()
    async with Channel(settings.auth_address) as auth:
        with assembled(settings, Bindings(auth, "records", secret)) as register:
            yield register


@contextmanager
def assembled(settings: Settings, source: Source) -> Iterator[Register]:
    """Make all that serves, on given credentials; nothing of it runs in the background."""
    databases = Databases(source, application="rowhouse records")
    executor = Executor(databases, Catalogs(databases), settings.statement_seconds)

    def register(server: grpc.aio.Server) -> None:
        pb_grpc.add_RecordsServicer_to_server(RecordsServicer(Reader(executor), Writer(executor)), server)

    try:
        yield register
    finally:
        databases.close()
