"""Serves Tenants."""

from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb
from rowhouse.auth.v1 import auth_pb2_grpc as grpc

from services.auth import convert
from services.auth.tenants import Tenants
from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context


class TenantsServicer(grpc.TenantsServicer):
    """Tenants of the caller."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    async def CreateTenant(self, request: pb.CreateTenantRequest, context: Context) -> pb.Tenant:
        return convert.tenant_to(await self._tenants.create(caller(), request.slug, request.name))

    async def ListTenants(self, request: pb.ListRequest, context: Context) -> pb.ListTenantsReply:
        page = await self._tenants.list_of(caller(), request.limit, request.cursor)
        return pb.ListTenantsReply(tenants=map(convert.membership_to, page.items), next=page.next)

    async def GetTenant(self, request: Empty, context: Context) -> pb.Tenant:
        return convert.tenant_to(await self._tenants.get(caller()))

    async def UpdateTenant(self, request: pb.UpdateTenantRequest, context: Context) -> pb.Tenant:
        name = request.name if request.HasField("name") else None
        return convert.tenant_to(await self._tenants.rename(caller(), name))

    async def DeleteTenant(self, request: Empty, context: Context) -> pb.Tenant:
        return convert.tenant_to(await self._tenants.delete(caller()))

    async def UndeleteTenant(self, request: Empty, context: Context) -> pb.Tenant:
        return convert.tenant_to(await self._tenants.undelete(caller()))

    async def SuspendTenant(self, request: Empty, context: Context) -> pb.Tenant:
        return convert.tenant_to(await self._tenants.suspend(caller()))

    async def ResumeTenant(self, request: Empty, context: Context) -> pb.Tenant:
        return convert.tenant_to(await self._tenants.resume(caller()))

    async def GetUsage(self, request: Empty, context: Context) -> pb.Usage:
        size, connections = await self._tenants.usage(caller())
        return pb.Usage(database_bytes=size, connections=connections)
