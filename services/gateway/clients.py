"""The services behind the gateway, one stub per proto service."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rowhouse.auth.v1 import auth_pb2_grpc as auth
from rowhouse.records.v1 import records_pb2_grpc as records
from rowhouse.schema.v1 import schema_pb2_grpc as schema

from services.gateway.settings import Settings
from services.kit.rpc.channel import Channel

_HEALTH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the gateway can ask."""

    accounts: auth.AccountsStub
    connections: auth.ConnectionsStub
    identities: auth.IdentitiesStub
    members: auth.MembersStub
    tenants: auth.TenantsStub
    tokens: auth.TokensStub
    catalogs: schema.CatalogsStub
    operations: schema.OperationsStub
    exports: records.ExportsStub
    imports: records.ImportsStub
    records: records.RecordsStub
    channels: dict[str, grpc.aio.Channel]

    async def ready(self) -> dict[str, bool]:
        """Which services serve right now."""
        return {name: await _serves(channel) for name, channel in self.channels.items()}


@asynccontextmanager
async def connect(settings: Settings) -> AsyncIterator[Services]:
    """Open a channel per service; they connect by themselves, also to one that restarts."""
    async with AsyncExitStack() as stack:
        to_auth = await stack.enter_async_context(Channel(settings.auth_address))
        to_schema = await stack.enter_async_context(Channel(settings.schema_address))
        to_records = await stack.enter_async_context(Channel(settings.records_address))
        yield Services(
            accounts=auth.AccountsStub(to_auth),
            connections=auth.ConnectionsStub(to_auth),
            identities=auth.IdentitiesStub(to_auth),
            members=auth.MembersStub(to_auth),
            tenants=auth.TenantsStub(to_auth),
            tokens=auth.TokensStub(to_auth),
            catalogs=schema.CatalogsStub(to_schema),
            operations=schema.OperationsStub(to_schema),
            exports=records.ExportsStub(to_records),
            imports=records.ImportsStub(to_records),
            records=records.RecordsStub(to_records),
            channels={"auth": to_auth, "schema": to_schema, "records": to_records},
        )


async def _serves(channel: grpc.aio.Channel) -> bool:
    check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]  # made in its __init__
    try:
        answer = await check(health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
