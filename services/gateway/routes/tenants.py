"""Tenants: to make, to see, to suspend, to delete and to have back."""

from fastapi import APIRouter, Request, Response
from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb

from services.gateway import convert, describe
from services.gateway.access import SignedIn, gateway, services, who
from services.gateway.bodies import parameters
from services.gateway.bodies.json_text import json_only
from services.gateway.models import accounts, tenants

own = APIRouter(prefix="/api/v1/tenants", tags=["tenants"], route_class=SignedIn, dependencies=[json_only])
router = APIRouter(prefix="/api/v1/tenants/{tenant}", tags=["tenants"], route_class=SignedIn, dependencies=[json_only])


@own.get("", **describe.listing())
async def list_tenants(request: Request) -> tenants.Tenants:
    """List one's workspaces."""
    reply = await services(request).tenants.ListTenants(
        convert.list_request(parameters.read(request, parameters.Paged))
    )
    found = [convert.tenant_to(one.tenant, one.role) for one in reply.tenants]
    return tenants.Tenants(tenants=found, next=reply.next or None)


@own.post("", status_code=201)
async def create_tenant(request: Request, response: Response, body: accounts.NewTenant) -> tenants.Tenant:
    """Make a workspace with a database of its own; the caller is its owner."""
    made = await services(request).tenants.CreateTenant(pb.CreateTenantRequest(slug=body.slug, name=body.name))
    response.headers["Location"] = f"/api/v1/tenants/{made.slug}"
    return convert.tenant_to(made, "owner")


@router.get("")
async def get_tenant(request: Request) -> tenants.Tenant:
    """Get a workspace, in whatever state it is."""
    return convert.tenant_to(await services(request).tenants.GetTenant(Empty()), who(request).role)


@router.patch("")
async def update_tenant(request: Request, body: tenants.UpdateTenant) -> tenants.Tenant:
    """Change what people call a workspace."""
    return convert.tenant_to(
        await services(request).tenants.UpdateTenant(pb.UpdateTenantRequest(name=body.name)), who(request).role
    )


@router.delete("")
async def delete_tenant(request: Request) -> tenants.Tenant:
    """Delete a workspace. Until `purge_at` it can be had back."""
    return _changed(request, await services(request).tenants.DeleteTenant(Empty()))


@router.post("/undelete")
async def undelete_tenant(request: Request) -> tenants.Tenant:
    """Have a deleted workspace back."""
    return _changed(request, await services(request).tenants.UndeleteTenant(Empty()))


@router.post("/suspend")
async def suspend_tenant(request: Request) -> tenants.Tenant:
    """Suspend a workspace: within a second nobody reads or writes its data, by REST or by SQL."""
    return _changed(request, await services(request).tenants.SuspendTenant(Empty()))


@router.post("/resume")
async def resume_tenant(request: Request) -> tenants.Tenant:
    """Resume a suspended workspace."""
    return _changed(request, await services(request).tenants.ResumeTenant(Empty()))


@router.get("/usage")
async def get_usage(request: Request) -> tenants.Usage:
    """Get what a workspace takes up."""
    usage = await services(request).tenants.GetUsage(Empty())
    return tenants.Usage(database_bytes=usage.database_bytes, connections=usage.connections)


def _changed(request: Request, tenant: pb.Tenant) -> tenants.Tenant:
    """A change of state holds here at once; other gateways learn of it within a second."""
    doors = gateway(request)
    doors.identities.forget_tenant(tenant.id)
    return convert.tenant_to(tenant, who(request).role)
