"""One's API tokens."""

from fastapi import APIRouter, Request, Response
from rowhouse.auth.v1 import auth_pb2 as pb

from services.gateway import convert, describe
from services.gateway.access import SignedIn, services
from services.gateway.bodies import parameters
from services.gateway.bodies.json_text import json_only
from services.gateway.bodies.paths import Segment
from services.gateway.models import accounts

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"], route_class=SignedIn, dependencies=[json_only])


@router.post("", status_code=201)
async def create_token(request: Request, response: Response, body: accounts.NewToken) -> accounts.Token:
    """Make an API token; its secret is in this answer and nowhere else."""
    asked = pb.CreateTokenRequest(
        name=body.name, tenant=body.tenant, scopes=body.scopes, expires_at=convert.timestamp_from(body.expires)
    )
    token = await services(request).tokens.CreateToken(asked)
    response.headers["Location"] = f"/api/v1/tokens/{token.id}"
    return convert.token_to(token)


@router.get("", **describe.listing())
async def list_tokens(request: Request) -> accounts.Tokens:
    """List one's API tokens, without their secrets."""
    reply = await services(request).tokens.ListTokens(convert.list_request(parameters.read(request, parameters.Paged)))
    return accounts.Tokens(tokens=[convert.token_to(token) for token in reply.tokens], next=reply.next or None)


@router.delete("/{id}", status_code=204)
async def delete_token(request: Request, id: Segment) -> Response:
    """Revoke an API token; within a second nothing accepts it."""
    await services(request).tokens.DeleteToken(pb.IdRequest(id=id))
    return Response(status_code=204)
