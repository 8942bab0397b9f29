"""Signing up, in and out, and one's own account. The session's secret travels in the cookie and nowhere else."""

from fastapi import APIRouter, Request, Response
from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb

from services.gateway import convert, errors
from services.gateway.access import Gateway, SignedIn, gateway, services
from services.gateway.bodies.json_text import json_only
from services.gateway.bodies.paths import Segment
from services.gateway.identity import Credential, cookie_name, session_of
from services.gateway.models import accounts

# Open to everybody; auth itself limits how often.
router = APIRouter(prefix="/api/v1", tags=["accounts"], dependencies=[json_only])
own = APIRouter(prefix="/api/v1", tags=["accounts"], route_class=SignedIn, dependencies=[json_only])


@router.post("/signup", status_code=201)
async def sign_up(request: Request, response: Response, body: accounts.SignUp) -> accounts.SignedUp:
    """Sign up: a new account, a workspace of its own, and a session in the cookie."""
    asked = pb.SignUpRequest(
        email=body.email,
        password=body.password,
        name=body.name,
        tenant_slug=body.tenant.slug,
        tenant_name=body.tenant.name,
        invitation=body.invitation,
        address=_address(request),
    )
    session = await services(request).accounts.SignUp(asked)
    _set_cookie(gateway(request), response, session)
    response.headers["Location"] = f"/api/v1/tenants/{session.tenant.slug}"
    return accounts.SignedUp(user=convert.user_to(session.user), tenant=convert.tenant_to(session.tenant, "owner"))


@router.post("/sessions", status_code=201)
async def sign_in(request: Request, response: Response, body: accounts.SignIn) -> accounts.SignedIn:
    """Sign in: a session in the cookie."""
    asked = pb.SignInRequest(email=body.email, password=body.password, address=_address(request))
    session = await services(request).accounts.SignIn(asked)
    _set_cookie(gateway(request), response, session)
    response.headers["Location"] = "/api/v1/sessions/current"
    return accounts.SignedIn(user=convert.user_to(session.user))


@own.delete("/sessions/current", status_code=204)
async def sign_out(request: Request) -> Response:
    """Sign out: the session ends at once."""
    doors = gateway(request)
    session = session_of(request, doors.settings.secure)
    if not session:
        raise errors.SessionNeeded
    await doors.services.accounts.SignOut(pb.SignOutRequest(session=session))
    doors.identities.forget(Credential(session=session))
    response = Response(status_code=204)
    _drop_cookie(doors, response)
    return response


@own.get("/me")
async def get_me(request: Request) -> accounts.Me:
    """Get oneself and one's workspaces."""
    return convert.me_to(await services(request).accounts.GetMe(Empty()))


@own.patch("/me")
async def update_me(request: Request, body: accounts.UpdateMe) -> accounts.Me:
    """Change one's name or password."""
    asked = pb.UpdateMeRequest(
        name=body.name,
        current_password=body.current_password,
        new_password=body.new_password,
        session=session_of(request, gateway(request).settings.secure),
    )
    return convert.me_to(await services(request).accounts.UpdateMe(asked))


@router.get("/slugs/{slug}")
async def check_slug(request: Request, slug: Segment) -> accounts.Slug:
    """Ask whether a workspace may be called so."""
    return convert.slug_to(await services(request).accounts.CheckSlug(pb.CheckSlugRequest(slug=slug)))


@router.post("/invitations/accept")
async def accept_invitation(request: Request, response: Response, body: accounts.AcceptInvitation) -> accounts.SignedUp:
    """Join a workspace by an invitation: as the session's user, or as a new account with the given password."""
    doors = gateway(request)
    asked = pb.AcceptInvitationRequest(
        invitation=body.invitation,
        session=session_of(request, doors.settings.secure),
        password=body.password,
        name=body.name,
        address=_address(request),
    )
    session = await doors.services.accounts.AcceptInvitation(asked)
    if session.session:
        _set_cookie(doors, response, session)
    return accounts.SignedUp(user=convert.user_to(session.user), tenant=convert.tenant_to(session.tenant))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _set_cookie(doors: Gateway, response: Response, session: pb.Session) -> None:
    secure = doors.settings.secure
    response.set_cookie(
        cookie_name(secure),
        session.session,
        max_age=session.expires_in_seconds,
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def _drop_cookie(doors: Gateway, response: Response) -> None:
    secure = doors.settings.secure
    response.delete_cookie(cookie_name(secure), secure=secure, httponly=True, samesite="lax")
