"""Wires the records service: the only module that knows which classes there are."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import grpc
from rowhouse.records.v1 import records_pb2_grpc as pb_grpc

from services.kit.rpc.channel import Channel
from services.kit.rpc.typing import Register
from services.records.clients import Schema
from services.records.execute import Executor
from services.records.exports.stream import Exporter
from services.records.imports.run import Adopt, Importer
from services.records.reading import Reader
from services.records.servicers.exports import ExportsServicer
from services.records.servicers.imports import ImportsServicer
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
    async with Channel(settings.auth_address) as auth, Channel(settings.schema_address) as schema:
        with assembled(settings, Bindings(auth, "records", secret), Schema(schema).apply) as register:
            yield register


@contextmanager
def assembled(settings: Settings, source: Source, adopt: Adopt) -> Iterator[Register]:
    """Make all that serves, on given credentials and a schema service that adopts tables; nothing of it runs in the background."""
    databases = Databases(source, application="rowhouse records")
    catalogs = Catalogs(databases)
    executor = Executor(databases, catalogs, settings.statement_seconds)
    importer, exporter = Importer(databases, catalogs, adopt), Exporter(databases, catalogs)

    def register(server: grpc.aio.Server) -> None:
        pb_grpc.add_RecordsServicer_to_server(RecordsServicer(Reader(executor), Writer(executor)), server)
        pb_grpc.add_ImportsServicer_to_server(ImportsServicer(importer), server)
        pb_grpc.add_ExportsServicer_to_server(ExportsServicer(exporter), server)

    try:
        yield register
    finally:
        databases.close()
