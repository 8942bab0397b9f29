"""Protobuf to the REST contract's bodies and back: empty becomes null, timestamps become moments in UTC."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from rowhouse.auth.v1 import auth_pb2 as pb

from services.gateway.bodies.parameters import Paged
from services.gateway.models import accounts, tenants


def list_request(paged: Paged) -> pb.ListRequest:
    """A page to ask for."""
    return pb.ListRequest(limit=paged.limit, cursor=paged.cursor)


def timestamp_from(moment: datetime | None) -> Timestamp | None:
    """A moment for the wire."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment.astimezone(UTC))
    return stamp


def moment_to(stamp: Timestamp) -> datetime:
    """A moment from the wire."""
    return stamp.ToDatetime(UTC)


def maybe_to(message: "pb.ApiToken | pb.Tenant | pb.Invitation | pb.Connection", field: str) -> datetime | None:
    """The moment in an optional field."""
    return moment_to(getattr(message, field)) if message.HasField(field) else None  # type: ignore[arg-type]


def user_to(user: pb.User) -> accounts.User:
    """An account."""
    return accounts.User(id=user.id, email=user.email, name=user.name, created_at=moment_to(user.created_at))


def tenant_to(tenant: pb.Tenant, role: str = "") -> tenants.Tenant:
    """A workspace, with the caller's role where it is known."""
    return tenants.Tenant(
        id=tenant.id,
        slug=tenant.slug,
        name=tenant.name,
        state=tenant.state,
        message=tenant.message or None,
        role=role or None,
        created_at=moment_to(tenant.created_at),
        purge_at=maybe_to(tenant, "purge_at"),
    )


def me_to(me: pb.Me) -> accounts.Me:
    """Oneself."""
    memberships = [accounts.Membership(tenant=tenant_to(one.tenant), role=one.role) for one in me.memberships]
    return accounts.Me(user=user_to(me.user), memberships=memberships)


def slug_to(reply: pb.CheckSlugReply) -> accounts.Slug:
    """Whether a slug is free."""
    return accounts.Slug(
        slug=reply.slug, available=reply.available, why=reply.why or None, suggestion=reply.suggestion or None
    )


def token_to(token: pb.ApiToken) -> accounts.Token:
    """An API token."""
    return accounts.Token(
        id=token.id,
        name=token.name,
        token=token.token or None,
        prefix=token.prefix,
        tenant_id=token.tenant_id or None,
        scopes=list(token.scopes),
        expires=maybe_to(token, "expires_at"),
        created_at=moment_to(token.created_at),
        last_used_at=maybe_to(token, "last_used_at"),
    )


def member_to(member: pb.Member) -> tenants.Member:
    """A member."""
    user = tenants.MemberUser(id=member.user.id, email=member.user.email, name=member.user.name)
    return tenants.Member(user=user, role=member.role, joined_at=moment_to(member.joined_at))


def invitation_to(invitation: pb.Invitation, public_url: str) -> tenants.Invitation:
    """An invitation; its link, where the secret is at hand."""
    link = f"{public_url.rstrip('/')}/invitations/{invitation.secret}" if invitation.secret else None
    return tenants.Invitation(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        secret=invitation.secret or None,
        link=link,
        expires=maybe_to(invitation, "expires_at"),
    )


def connection_to(connection: pb.Connection) -> tenants.Connection:
    """A SQL login."""
    return tenants.Connection(
        id=connection.id,
        access=connection.access,
        login=connection.login,
        host=connection.host,
        port=connection.port,
        database=connection.database,
        password=connection.password or None,
        connection_string=connection.connection_string or None,
        expires=maybe_to(connection, "expires_at"),
        created_at=moment_to(connection.created_at),
    )
