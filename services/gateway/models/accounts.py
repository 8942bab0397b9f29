"""Accounts, sessions and API tokens."""

from typing import Annotated

from pydantic import Field

from services.gateway.models.base import Answer, Body, Expires, Moment, Next
from services.gateway.models.tenants import Tenant

Email = Annotated[str, Field(max_length=254, description="An e-mail address.", examples=["ada@example.com"])]
Password = Annotated[
    str,
    Field(
        max_length=1024,
        description="At least 8 characters; nothing is trimmed or cut.",
        examples=["correct horse battery"],
    ),
]
Name = Annotated[str, Field(max_length=200, description="What people are called by.", examples=["Ada Lovelace"])]
Scopes = Annotated[
    list[str],
    Field(
        max_length=20,
        description="Some of records:read, records:write, schema:read, schema:write, members, admin; all that the role allows if absent.",
        examples=[["records:read", "schema:read"]],
    ),
]


class NewTenant(Body):
    """A workspace to make."""

    slug: str = Field(
        description="Its name in URLs: `[a-z][a-z0-9-]{1,38}[a-z0-9]`, never given to another.",
        max_length=100,
        examples=["acme"],
    )
    name: str = Field("", description="What people call it.", max_length=200, examples=["Acme Ltd"])


class SignUp(Body):
    """A new account with a workspace of its own."""

    email: Email
    password: Password
    name: Name = ""
    tenant: NewTenant
    invitation: str = Field(
        "", description="The invitation's secret, where sign-up is by invitation.", max_length=200, examples=[""]
    )


class SignIn(Body):
    """An account's credentials."""

    email: Email
    password: Password


class UpdateMe(Body):
    """What to change of oneself; a new password needs the current one and ends all other sessions."""

    name: Name | None = None
    current_password: str = Field("", max_length=1024, examples=["correct horse battery"])
    new_password: str = Field("", max_length=1024, examples=["staple correct battery"])


class AcceptInvitation(Body):
    """Joining a workspace: as the signed-in caller, or as a new account with this password."""

    invitation: str = Field(description="The secret of the invitation's link.", max_length=200, examples=["k7Jm…"])
    password: str = Field("", max_length=1024, examples=["correct horse battery"])
    name: Name = ""


class User(Answer):
    """An account."""

    id: str = Field(examples=["0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a10"])
    email: Email
    name: Name
    created_at: Moment


class SignedUp(Answer):
    """The new account and its workspace; the session is in the cookie."""

    user: User
    tenant: Tenant


class SignedIn(Answer):
    """Whose session was opened; it is in the cookie."""

    user: User


class Membership(Answer):
    """A workspace and one's role in it."""

    tenant: Tenant
    role: str = Field(examples=["owner"])


class Me(Answer):
    """The caller and its workspaces."""

    user: User
    memberships: list[Membership]


class Slug(Answer):
    """Whether a workspace may be called so."""

    slug: str = Field(examples=["acme"])
    available: bool = Field(examples=[False])
    why: str | None = Field(description="Why not.", examples=["'acme' is taken."])
    suggestion: str | None = Field(description="A free one that is like it.", examples=["acme-2"])


class NewToken(Body):
    """An API token to make."""

    name: str = Field(max_length=200, description="What it is for.", examples=["nightly export"])
    tenant: str = Field(
        "",
        max_length=100,
        description="The one workspace that it is good for (slug or id); all of its user's if absent.",
        examples=["acme"],
    )
    scopes: Scopes = Field(default_factory=list)
    expires: Expires = None


class Token(Answer):
    """An API token; `token` is the secret itself, shown when it is made and never again."""

    id: str = Field(examples=["5f6c9f0e-1f2a-4b43-8a6b-df1f1e0f7c55"])
    name: str = Field(examples=["nightly export"])
    token: str | None = Field(None, examples=["rh_1a2b3c4d_…"])
    prefix: str = Field(description="How the secret begins, to tell tokens apart.", examples=["rh_1a2b3c4d"])
    tenant_id: str | None = Field(examples=["1d8f0f43-6f6e-4d0a-8a3e-2f0e6a3b9b11"])
    scopes: Scopes
    expires: Expires
    created_at: Moment
    last_used_at: Moment | None


class Tokens(Answer):
    """One's API tokens."""

    tokens: list[Token]
    next: Next
