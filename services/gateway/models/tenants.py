"""Tenants, their members and their SQL connections."""

from typing import Annotated, Literal

from pydantic import Field

from services.gateway.models.base import Answer, Body, Expires, Moment, Next

Role = Annotated[
    Literal["owner", "admin", "editor", "viewer"],
    Field(description="owner, admin, editor or viewer.", examples=["editor"]),
]
TenantName = Annotated[str, Field(max_length=200, description="What people call it.", examples=["Acme Ltd"])]


class Tenant(Answer):
    """A workspace."""

    id: str = Field(examples=["1d8f0f43-6f6e-4d0a-8a3e-2f0e6a3b9b11"])
    slug: str = Field(examples=["acme"])
    name: TenantName
    state: str = Field(description="provisioning, ready, suspended, failed or deleting.", examples=["ready"])
    message: str | None = Field(description="Why it failed.", examples=[None])
    role: str | None = Field(None, description="The caller's role in it.", examples=["owner"])
    created_at: Moment
    purge_at: Moment | None = Field(description="When a deleted workspace's data is gone for good.", examples=[None])


class Tenants(Answer):
    """One's workspaces."""

    tenants: list[Tenant]
    next: Next


class UpdateTenant(Body):
    """What to change of a workspace."""

    name: TenantName | None = None


class Usage(Answer):
    """What a workspace takes up."""

    database_bytes: int = Field(examples=[8_912_345])
    connections: int = Field(examples=[3])


class NewMember(Body):
    """Somebody who shall belong to a workspace."""

    email: str = Field(max_length=254, examples=["grace@example.com"])
    role: Role


class UpdateMember(Body):
    """A member's new role."""

    role: Role


class MemberUser(Answer):
    """A member's account."""

    id: str = Field(examples=["7c1b9f3e-2f5b-4a39-9d7c-0a8b6f2e4d21"])
    email: str = Field(examples=["grace@example.com"])
    name: str = Field(examples=["Grace Hopper"])


class Member(Answer):
    """Somebody who belongs to a workspace."""

    user: MemberUser
    role: str = Field(examples=["editor"])
    joined_at: Moment


class Members(Answer):
    """Who belongs to a workspace."""

    members: list[Member]
    next: Next


class Invitation(Answer):
    """An invitation; `secret` and `link` are shown when it is made and never again."""

    id: str = Field(examples=["c0a8012e-6d0b-4b0e-8f0e-3e6c1f7a1022"])
    email: str = Field(examples=["grace@example.com"])
    role: str = Field(examples=["editor"])
    secret: str | None = Field(None, examples=["k7Jm…"])
    link: str | None = Field(None, examples=["https://rowhouse.example.com/invitations/k7Jm…"])
    expires: Expires


class Invitations(Answer):
    """Open invitations."""

    invitations: list[Invitation]
    next: Next


class NewConnection(Body):
    """A SQL login to make."""

    access: Literal["read", "write", "ddl"] = Field(
        description="What it may do: read, write, or change tables too (ddl).", examples=["read"]
    )
    expires: Expires = None


class Connection(Answer):
    """A SQL login; the password is shown when it is made and never again."""

    id: str = Field(examples=["9a3c3d1e-0a52-4c2f-8d0f-7f6f2f1b5e42"])
    access: str = Field(examples=["read"])
    login: str = Field(examples=["t_mfrggzdfmztwq2lk_uq3k5"])
    host: str = Field(examples=["127.0.0.1"])
    port: int = Field(examples=[5433])
    database: str = Field(examples=["t_mfrggzdfmztwq2lk"])
    password: str | None = Field(None, examples=["…"])
    connection_string: str | None = Field(None, examples=["postgresql://t_mfrg…:…@127.0.0.1:5433/t_mfrggzdfmztwq2lk"])
    expires: Expires
    created_at: Moment


class Connections(Answer):
    """One's SQL logins."""

    connections: list[Connection]
    next: Next
