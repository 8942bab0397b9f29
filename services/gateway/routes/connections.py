"""SQL logins, for psql and BI tools."""

from fastapi import APIRouter, Request, Response
from rowhouse.auth.v1 import auth_pb2 as pb

from services.gateway import convert, describe
from services.gateway.access import SignedIn, services
from services.gateway.bodies import parameters, paths
from services.gateway.bodies.json_text import json_only
from services.gateway.bodies.paths import Segment
from services.gateway.models import tenants

router = APIRouter(
    prefix="/api/v1/tenants/{tenant}/connections", tags=["connections"], route_class=SignedIn, dependencies=[json_only]
)


@router.post("", status_code=201)
async def create_connection(request: Request, response: Response, body: tenants.NewConnection) -> tenants.Connection:
    """Make a SQL login; its password is in this answer and nowhere else."""
    asked = pb.CreateConnectionRequest(access=body.access, expires_at=convert.timestamp_from(body.expires))
    made = await services(request).connections.CreateConnection(asked)
    response.headers["Location"] = paths.of(paths.name(request, "tenant"), "connections", made.id)
    return convert.connection_to(made)


@router.get("", **describe.listing())
async def list_connections(request: Request) -> tenants.Connections:
    """List SQL logins, without their passwords."""
    paged = convert.list_request(parameters.read(request, parameters.Paged))
    reply = await services(request).connections.ListConnections(paged)
    found = [convert.connection_to(connection) for connection in reply.connections]
    return tenants.Connections(connections=found, next=reply.next or None)


@router.delete("/{id}", status_code=204)
async def delete_connection(request: Request, id: Segment) -> Response:
    """End a SQL login, its open sessions included."""
    await services(request).connections.DeleteConnection(pb.IdRequest(id=id))
    return Response(status_code=204)
