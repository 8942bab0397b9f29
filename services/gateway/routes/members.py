"""Who belongs to a tenant, and who is invited."""

from fastapi import APIRouter, Request, Response
from rowhouse.auth.v1 import auth_pb2 as pb

from services.gateway import convert, describe
from services.gateway.access import SignedIn, gateway, services
from services.gateway.bodies import parameters, paths
from services.gateway.bodies.json_text import json_only
from services.gateway.bodies.paths import Segment
from services.gateway.models import tenants

router = APIRouter(prefix="/api/v1/tenants/{tenant}", tags=["members"], route_class=SignedIn, dependencies=[json_only])


@router.get("/members", **describe.listing())
async def list_members(request: Request) -> tenants.Members:
    """List who belongs to a workspace."""
    reply = await services(request).members.ListMembers(
        convert.list_request(parameters.read(request, parameters.Paged))
    )
    return tenants.Members(members=[convert.member_to(member) for member in reply.members], next=reply.next or None)


@router.post("/members", status_code=201)
async def add_member(request: Request, response: Response, body: tenants.NewMember) -> tenants.Member:
    """Add somebody who has an account."""
    member = await services(request).members.AddMember(pb.AddMemberRequest(email=body.email, role=body.role))
    response.headers["Location"] = paths.of(paths.name(request, "tenant"), "members", member.user.id)
    return convert.member_to(member)


@router.patch("/members/{user}")
async def update_member(request: Request, user: Segment, body: tenants.UpdateMember) -> tenants.Member:
    """Change a member's role."""
    return convert.member_to(
        await services(request).members.UpdateMember(pb.UpdateMemberRequest(user_id=user, role=body.role))
    )


@router.delete("/members/{user}", status_code=204)
async def remove_member(request: Request, user: Segment) -> Response:
    """Remove a member; within a second nothing of the workspace is theirs."""
    await services(request).members.RemoveMember(pb.IdRequest(id=user))
    return Response(status_code=204)


@router.get("/invitations", **describe.listing())
async def list_invitations(request: Request) -> tenants.Invitations:
    """List open invitations, without their secrets."""
    reply = await services(request).members.ListInvitations(
        convert.list_request(parameters.read(request, parameters.Paged))
    )
    public_url = gateway(request).settings.public_url
    found = [convert.invitation_to(invitation, public_url) for invitation in reply.invitations]
    return tenants.Invitations(invitations=found, next=reply.next or None)


@router.post("/invitations", status_code=201)
async def create_invitation(request: Request, response: Response, body: tenants.NewMember) -> tenants.Invitation:
    """Invite somebody by a link, which is in this answer and nowhere else."""
    made = await services(request).members.CreateInvitation(pb.AddMemberRequest(email=body.email, role=body.role))
    response.headers["Location"] = paths.of(paths.name(request, "tenant"), "invitations", made.id)
    return convert.invitation_to(made, gateway(request).settings.public_url)


@router.delete("/invitations/{id}", status_code=204)
async def delete_invitation(request: Request, id: Segment) -> Response:
    """Take an invitation back."""
    await services(request).members.DeleteInvitation(pb.IdRequest(id=id))
    return Response(status_code=204)
