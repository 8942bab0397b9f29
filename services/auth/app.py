"""Wires auth together: the only module that knows which classes there are."""

import base64
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import grpc
from rowhouse.auth.v1 import auth_pb2_grpc as pb_grpc

from services.auth.accounts import Accounts
from services.auth.connections import Connections, Place
from services.auth.identities import Identities, Minted
from services.auth.members import Members
from services.auth.migrations import migrate
from services.auth.passwords import Passwords
from services.auth.peers import Peers
from services.auth.provisioner import LaptopProvisioner, Provisioner
from services.auth.reconcile import Reconciler
from services.auth.sealing import Seal
from services.auth.servicers.accounts import AccountsServicer
from services.auth.servicers.bindings import BindingsServicer
from services.auth.servicers.connections import ConnectionsServicer
from services.auth.servicers.identities import IdentitiesServicer
from services.auth.servicers.members import MembersServicer
from services.auth.servicers.tenants import TenantsServicer
from services.auth.servicers.tokens import TokensServicer
from services.auth.settings import Settings
from services.auth.tenants import Tenants
from services.auth.upkeep import Upkeep
from services.kit.clock import Clock, SystemClock
from services.kit.db.control import Database
from services.kit.jobs import Jobs
from services.kit.rpc.tokens import Signer
from services.kit.rpc.typing import Register
from services.provisioning.engine import Engine
from services.provisioning.sessions import Server

_PACKAGE = "/rowhouse.auth.v1"
PUBLIC = frozenset(
    {
        f"{_PACKAGE}.Identities/Identify",
        f"{_PACKAGE}.Accounts/SignUp",
        f"{_PACKAGE}.Accounts/SignIn",
        f"{_PACKAGE}.Accounts/CheckSlug",
        f"{_PACKAGE}.Accounts/AcceptInvitation",
        f"{_PACKAGE}.Bindings/IssueServiceToken",
    }
)
"""What needs no internal token: it is how one gets one."""


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Register]:
    """Migrate the control database, prepare the server, start the background work; yield what registers the servicers."""
    await migrate(settings.control_dsn)
    provisioner = LaptopProvisioner(Engine(Server(settings.server_dsn, _provisioner_key(settings))))
    await provisioner.bootstrap()
    jobs = Jobs(settings.jobs_dsn, "auth")
    async with assembled(settings, provisioner, SystemClock()) as (register, upkeep):
        jobs.periodic(5, "settle")(upkeep.settle)
        jobs.periodic(5, "refill")(upkeep.refill)
        jobs.periodic(60, "sweep")(upkeep.sweep)
        jobs.periodic(3600, "purge")(upkeep.purge)
        jobs.periodic(3600, "rotate")(upkeep.rotate)
        async with jobs.running():
            yield register


@asynccontextmanager
async def assembled(
    settings: Settings, provisioner: Provisioner, clock: Clock
) -> AsyncIterator[tuple[Register, Upkeep]]:
    """Make all that serves, on a control database and a server that are ready; nothing of it runs in the background."""
    passwords = Passwords(settings.hash_queue)
    async with Database(settings.control_dsn) as db:
        reconciler = Reconciler(db, provisioner, clock)
        seal = Seal(settings.encryption_key.get_secret_value())
        rotate_after = timedelta(days=settings.rotate_days)
        try:
            yield (
                _servicers(settings, db, passwords, seal, reconciler, provisioner, clock),
                Upkeep(db, seal, reconciler, clock, settings.warm_pool, rotate_after),
            )
        finally:
            passwords.close()


def _servicers(
    settings: Settings,
    db: Database,
    passwords: Passwords,
    seal: Seal,
    reconciler: Reconciler,
    provisioner: Provisioner,
    clock: Clock,
) -> Register:
    minted = Minted(Signer(settings.signing_key.get_secret_value(), settings.signing_kid), clock)
    peers = Peers({name: secret.get_secret_value() for name, secret in settings.service_secrets.items()}, minted)
    place = Place(settings.server_public_host, settings.server_public_port, settings.sql_logins)
    inside = replace(place, host=settings.server_host or place.host, port=settings.server_port or place.port)
    per_hour, retention = settings.sign_ups_per_hour, timedelta(days=settings.retention_days)
    accounts = Accounts(db, passwords, seal, reconciler, clock, settings.signup, per_hour)
    tenants = Tenants(db, seal, reconciler, provisioner, clock, retention, per_hour)
    members = Members(db, reconciler, clock)
    connections = Connections(db, reconciler, place, clock)

    def register(server: grpc.aio.Server) -> None:
        pb_grpc.add_IdentitiesServicer_to_server(IdentitiesServicer(Identities(db, minted, clock)), server)
        pb_grpc.add_AccountsServicer_to_server(AccountsServicer(db, accounts, tenants), server)
        pb_grpc.add_TokensServicer_to_server(TokensServicer(db, clock), server)
        pb_grpc.add_TenantsServicer_to_server(TenantsServicer(tenants), server)
        pb_grpc.add_MembersServicer_to_server(MembersServicer(db, members, clock), server)
        pb_grpc.add_ConnectionsServicer_to_server(ConnectionsServicer(connections, place), server)
        pb_grpc.add_BindingsServicer_to_server(BindingsServicer(db, seal, peers, inside), server)

    return register


def _provisioner_key(settings: Settings) -> bytes:
    """The secret from which the provisioner's own password comes: of its own, so that it says nothing of the other key."""
    key = base64.b64decode(settings.encryption_key.get_secret_value())
    return hmac.digest(key, b"provisioner", "sha256")
