"""Wires the schema service: the only module that knows which classes there are."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import grpc
from rowhouse.schema.v1 import schema_pb2_grpc as pb_grpc

from services.kit.clock import Clock, SystemClock
from services.kit.jobs import Jobs
from services.kit.rpc.channel import Channel
from services.kit.rpc.tokens import Verifier
from services.kit.rpc.typing import Register
from services.schema.changes import Changes
from services.schema.concurrent import Concurrently
from services.schema.coordinator import Coordinator
from services.schema.listings import Listings
from services.schema.locks import Patience
from services.schema.plans import Plans
from services.schema.purge import Purge
from services.schema.servicers.catalogs import CatalogsServicer
from services.schema.servicers.operations import OperationsServicer
from services.schema.settings import Settings
from services.schema.undo import Undo
from services.tenancy.bindings import Bindings, Source
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases
from services.tenancy.pools import Limits
from services.tenancy.rounds import Rounds

POOL = Limits(per_pool=4)
"""A tenant's ddl login has five connections, and changes of one tenant's shape wait for one another anyway."""

PURGE_SECONDS = 3600
SWEEP_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Assembled:
    """All that serves, and the background work."""

    register: Register
    purge: Purge
    concurrently: Concurrently


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Register]:
    """Open the channel to auth, start the background work, and yield what registers the servicers."""
    secret = settings.service_secret.get_secret_value()
    jobs = Jobs(settings.jobs_dsn, "schema")
    async with Channel(settings.auth_address) as channel:
        bindings = Bindings(channel, "schema", secret)
        rounds = Rounds(bindings, Verifier(settings.token_public_keys))
        with assembled(settings, bindings, SystemClock()) as made:
            jobs.periodic(PURGE_SECONDS, "purge")(lambda: rounds.each(made.purge.run))
            jobs.periodic(SWEEP_SECONDS, "sweep_indexes")(lambda: rounds.each(made.concurrently.sweep))
            async with jobs.running():
                yield made.register


@contextmanager
def assembled(settings: Settings, source: Source, clock: Clock) -> Iterator[Assembled]:
    """Make all that serves, on given credentials; nothing of it runs in the background."""
    databases = Databases(source, POOL, "rowhouse schema")
    catalogs = Catalogs(databases)
    coordinator = Coordinator(databases, catalogs, Patience(budget=settings.lock_budget))
    concurrently = Concurrently(databases, catalogs)
    changes = Changes(coordinator, concurrently, Plans(settings.service_secret.get_secret_value(), clock))
    undo, listings = Undo(databases, coordinator, concurrently), Listings(databases, catalogs)

    def register(server: grpc.aio.Server) -> None:
        pb_grpc.add_CatalogsServicer_to_server(CatalogsServicer(listings), server)
        pb_grpc.add_OperationsServicer_to_server(OperationsServicer(changes, undo, listings), server)

    try:
        purge = Purge(databases, coordinator, timedelta(days=settings.retention_days), clock)
        yield Assembled(register, purge, concurrently)
    finally:
        databases.close()
