"""Wires the records service: the only module that knows which classes there are."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import grpc
from rowhouse.records.v1 import records_pb2_grpc as pb_grpc

from services.kit.jobs import Jobs
from services.kit.rpc.channel import Channel
from services.kit.rpc.tokens import Verifier
from services.kit.rpc.typing import Register
from services.records.clients import Schema
from services.records.execute import Executor
from services.records.exports.stream import Exporter
from services.records.imports.repeats import Repeats
from services.records.imports.run import Adopt, Importer
from services.records.imports.spool import Spool
from services.records.reads.reading import Reader
from services.records.servicers.exports import ExportsServicer
from services.records.servicers.imports import ImportsServicer
from services.records.servicers.records import RecordsServicer
from services.records.settings import Settings
from services.records.writes.writing import Writer
from services.tenancy.bindings import Bindings, Source
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases
from services.tenancy.rounds import AsService, Rounds

SWEEP_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Assembled:
    """All that serves; imports also have background work."""

    register: Register
    importer: Importer


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Register]:
    """Open the channels to auth and schema, start the background work, and yield what registers the servicers."""
    secret = settings.service_secret.get_secret_value()
    jobs = Jobs(settings.jobs_dsn, "records")
    async with Channel(settings.auth_address) as auth, Channel(settings.schema_address) as schema:
        bindings = Bindings(auth, "records", secret)
        rounds = Rounds(bindings, Verifier(settings.token_public_keys))
        with assembled(settings, bindings, Schema(schema).apply, rounds.within) as made:
            jobs.periodic(SWEEP_SECONDS, "sweep_loads")(lambda: rounds.each(made.importer.sweep))
            async with jobs.running(), made.importer.running():
                yield made.register


@contextmanager
def assembled(settings: Settings, source: Source, adopt: Adopt, as_service: AsService) -> Iterator[Assembled]:
    """Make all that serves, on given credentials and a schema service that adopts tables; nothing of it runs in the background yet."""
    databases = Databases(source, application="rowhouse records")
    catalogs = Catalogs(databases)
    executor = Executor(databases, catalogs, settings.statement_seconds)
    spool = Spool(settings.spool_folder, settings.spool_bytes) if settings.spool_folder else None
    importer, exporter = Importer(databases, catalogs, adopt, as_service, spool), Exporter(databases, catalogs)

    def register(server: grpc.aio.Server) -> None:
        pb_grpc.add_RecordsServicer_to_server(RecordsServicer(Reader(executor), Writer(executor)), server)
        pb_grpc.add_ImportsServicer_to_server(ImportsServicer(importer, Repeats(importer, databases)), server)
        pb_grpc.add_ExportsServicer_to_server(ExportsServicer(exporter), server)

    try:
        yield Assembled(register, importer)
    finally:
        databases.close()
