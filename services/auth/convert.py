"""Between the proto's messages and auth's values."""

from collections.abc import Iterable
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from rowhouse.auth.v1 import auth_pb2 as pb

from services.auth import models
from services.auth.accounts import Joining, NewAccount, SignedIn
from services.auth.bindings import Credentials
from services.auth.connections import Place
from services.auth.identities import Identity
from services.auth.sessions import ABSOLUTE
from services.auth.tenants import Availability, Described

_NEVER = datetime.max.replace(tzinfo=UTC)


def time_from(message: Timestamp, given: bool) -> datetime | None:
    """A time, if one is given; one that Python cannot hold is never."""
    if not given:
        return None
    try:
        return message.ToDatetime(UTC)
    except (ValueError, OverflowError):
        return _NEVER


def time_to(time: datetime | None) -> Timestamp | None:
    """A time, or nothing."""
    if time is None:
        return None
    message = Timestamp()
    message.FromDatetime(time)
    return message


def credential_from(message: pb.Credential) -> tuple[str, str]:
    """The kind and the secret of a credential."""
    kind = message.WhichOneof("kind") or "session"
    return kind, message.api_token if kind == "api_token" else message.session


def new_account_from(message: pb.SignUpRequest) -> NewAccount:
    """What somebody signs up with."""
    return NewAccount(
        email=message.email,
        password=message.password,
        name=message.name,
        slug=message.tenant_slug,
        tenant_name=message.tenant_name,
        invitation=message.invitation,
        address=message.address,
    )


def joining_from(message: pb.AcceptInvitationRequest) -> Joining:
    """What somebody accepts an invitation with."""
    return Joining(
        invitation=message.invitation,
        session=message.session,
        password=message.password,
        name=message.name,
        address=message.address,
    )


def user_to(user: models.User) -> pb.User:
    """A user."""
    return pb.User(id=user.id, email=user.email, name=user.name, created_at=time_to(user.created_at))


def tenant_to(described: Described) -> pb.Tenant:
    """A tenant with its state."""
    tenant = described.tenant
    return pb.Tenant(
        id=tenant.id,
        slug=tenant.slug,
        name=tenant.name,
        state=described.state,
        message=described.message,
        created_at=time_to(tenant.created_at),
        purge_at=time_to(tenant.purge_at),
    )


def membership_to(described: Described) -> pb.Membership:
    """A tenant with the caller's role in it."""
    return pb.Membership(tenant=tenant_to(described), role=described.role)


def identity_to(identity: Identity) -> pb.Identity:
    """Who a credential is."""
    return pb.Identity(
        user=user_to(identity.user),
        tenant=tenant_to(identity.tenant) if identity.tenant else None,
        role=identity.caller.role,
        scopes=sorted(identity.caller.scopes),
        token=identity.token,
        expires_in_seconds=identity.expires_in,
    )


def session_to(signed_in: SignedIn, tenant: Described | None = None) -> pb.Session:
    """A session that was opened."""
    return pb.Session(
        session=signed_in.secret,
        expires_in_seconds=int(ABSOLUTE.total_seconds()),
        user=user_to(signed_in.user),
        tenant=tenant_to(tenant) if tenant else None,
    )


def me_to(user: models.User, memberships: Iterable[Described]) -> pb.Me:
    """The caller and the tenants it belongs to."""
    return pb.Me(user=user_to(user), memberships=[membership_to(membership) for membership in memberships])


def availability_to(availability: Availability) -> pb.CheckSlugReply:
    """Whether a slug can be had."""
    return pb.CheckSlugReply(
        slug=availability.slug,
        available=not availability.why,
        why=availability.why,
        suggestion=availability.suggestion,
    )


def api_token_to(token: models.ApiToken, text: str = "") -> pb.ApiToken:
    """An API token; with its text only when it has just been made."""
    return pb.ApiToken(
        id=token.id,
        name=token.name,
        token=text,
        prefix=token.prefix,
        tenant_id=token.tenant_id or "",
        scopes=token.scopes,
        expires_at=time_to(token.expires_at),
        created_at=time_to(token.created_at),
        last_used_at=time_to(token.used_at),
    )


def member_to(member: models.Member, user: models.User) -> pb.Member:
    """A member."""
    return pb.Member(user=user_to(user), role=member.role, joined_at=time_to(member.joined_at))


def invitation_to(invitation: models.Invitation, secret: str = "") -> pb.Invitation:
    """An invitation; with its link's secret only when it has just been made."""
    return pb.Invitation(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        secret=secret,
        expires_at=time_to(invitation.expires_at),
    )


def connection_to(place: Place, login: models.SqlLogin, binding: models.Binding, password: str = "") -> pb.Connection:
    """A SQL login; with its password, and the string to connect with, only when it has just been made."""
    return pb.Connection(
        id=login.id,
        access=login.access,
        login=login.name,
        host=place.host,
        port=place.port,
        database=binding.name,
        password=password,
        connection_string=place.url(login.name, password, binding.name) if password else "",
        expires_at=time_to(login.expires_at),
        created_at=time_to(login.created_at),
    )


def credentials_to(place: Place, credentials: Credentials) -> pb.Credentials:
    """How to reach a tenant's database."""
    return pb.Credentials(
        binding_id=credentials.binding_id,
        host=place.host,
        port=place.port,
        database=credentials.database,
        user=credentials.user,
        password=credentials.password,
    )
