"""The rows of the control database. Nothing of a tenant's own data is here."""

from datetime import datetime
from typing import Any, dataclass_transform

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

SCHEMA = "auth"
_NAMES = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_name)s_key",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_name)s_idx",
}


@dataclass_transform(kw_only_default=True, field_specifiers=(mapped_column,))
class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Rows are dataclasses; there are no relationships, so nothing is ever loaded behind one's back."""

    metadata = MetaData(schema=SCHEMA, naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own hook
        str: Text(),
        bytes: LargeBinary(),
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text()),
        dict[str, Any]: JSONB(),
    }


def _id() -> Mapped[str]:
    return mapped_column(Uuid(as_uuid=False), primary_key=True)


def _reference(column: str, **options: Any) -> Any:  # noqa: ANN401  a column of whatever type the annotation says
    return mapped_column(Uuid(as_uuid=False), ForeignKey(f"{SCHEMA}.{column}", ondelete="CASCADE"), **options)


class User(Base):
    """A person with a password. `email_key` is what addresses are compared by; `email` is as it was given."""

    __tablename__ = "users"

    id: Mapped[str] = _id()
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class UserSession(Base):
    """A signed-in browser: the SHA-256 of its cookie."""

    __tablename__ = "user_sessions"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[str] = _reference("users.id", index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class UserNetwork(Base):
    """A network from which a user has signed in, and when last: others' guesses do not slow down who comes from there."""

    __tablename__ = "user_networks"

    user_id: Mapped[str] = _reference("users.id", primary_key=True)
    network: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class Tenant(Base):
    """A workspace. Its row outlives its data, so that a slug is never given to another."""

    __tablename__ = "tenants"

    id: Mapped[str] = _id()
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None] = mapped_column(default=None)
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)
    purge_at: Mapped[datetime | None] = mapped_column(default=None)
    purged_at: Mapped[datetime | None] = mapped_column(default=None)


class Member(Base):
    """A user's role in a tenant."""

    __tablename__ = "members"
    __table_args__ = (CheckConstraint("role IN ('owner', 'admin', 'editor', 'viewer')", name="role"),)

    tenant_id: Mapped[str] = _reference("tenants.id", primary_key=True)
    user_id: Mapped[str] = _reference("users.id", primary_key=True, index=True)
    role: Mapped[str]
    joined_at: Mapped[datetime]


class Invitation(Base):
    """A link that lets the owner of one address join a tenant, once: the SHA-256 of its secret."""

    __tablename__ = "invitations"

    id: Mapped[str] = _id()
    tenant_id: Mapped[str] = _reference("tenants.id", index=True)
    email: Mapped[str]
    email_key: Mapped[str]
    role: Mapped[str]
    hash: Mapped[bytes] = mapped_column(unique=True)
    invited_by: Mapped[str] = _reference("users.id")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiToken(Base):
    """A credential for programs: the SHA-256 of its text, and what it may do at most."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = _id()
    hash: Mapped[bytes] = mapped_column(unique=True)
    prefix: Mapped[str]
    name: Mapped[str]
    user_id: Mapped[str] = _reference("users.id", index=True)
    tenant_id: Mapped[str | None] = _reference("tenants.id")
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class Binding(Base):
    """One tenant database: what it shall be (`wanted`, at `generation`) and what it was last seen to be.

    Without a tenant it waits in the warm pool. `settled` is the generation that the server is known to have reached, and
    `template` the version of our own tables that its database had then.
    """

    __tablename__ = "bindings"
    __table_args__ = (
        CheckConstraint("wanted IN ('prepared', 'ready', 'suspended', 'deleted', 'purged')", name="wanted"),
        Index("bindings_pool_idx", "created_at", postgresql_where=text("tenant_id IS NULL")),
    )

    id: Mapped[str] = _id()
    name: Mapped[str] = mapped_column(unique=True)
    tenant_id: Mapped[str | None] = mapped_column(Uuid(as_uuid=False), ForeignKey(f"{SCHEMA}.tenants.id"), index=True)
    wanted: Mapped[str]
    observed: Mapped[str] = mapped_column(default="")
    template: Mapped[str] = mapped_column(default="")
    generation: Mapped[int] = mapped_column(BigInteger, default=1)
    settled: Mapped[int] = mapped_column(BigInteger, default=0)
    failure: Mapped[str] = mapped_column(default="")
    failures: Mapped[int] = mapped_column(default=0)
    try_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Credential(Base):
    """The password of one login of a binding, in one of its two slots: sealed for us, as a SCRAM verifier for the server."""

    __tablename__ = "credentials"
    __table_args__ = (
        CheckConstraint("login IN ('ro', 'rw', 'load', 'ddl')", name="login"),
        CheckConstraint("slot IN ('a', 'b')", name="slot"),
        Index("credentials_current_idx", "binding_id", "login", unique=True, postgresql_where=text("current")),
    )

    binding_id: Mapped[str] = _reference("bindings.id", primary_key=True)
    login: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    verifier: Mapped[str]
    current: Mapped[bool]
    created_at: Mapped[datetime]
    retire_at: Mapped[datetime | None] = mapped_column(default=None)


class SqlLogin(Base):
    """A member's own login for psql and the like. Only the server's verifier of its password is kept."""

    __tablename__ = "sql_logins"
    __table_args__ = (CheckConstraint("access IN ('read', 'write', 'ddl')", name="access"),)

    id: Mapped[str] = _id()
    binding_id: Mapped[str] = _reference("bindings.id", index=True)
    tenant_id: Mapped[str] = _reference("tenants.id", index=True)
    user_id: Mapped[str] = _reference("users.id", index=True)
    name: Mapped[str] = mapped_column(unique=True)
    access: Mapped[str]
    verifier: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)


class Attempt(Base):
    """How often something was tried lately (`bucket` says what, by whom), and until when it must not be tried again."""

    __tablename__ = "attempts"

    bucket: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime]
    blocked_until: Mapped[datetime]


class AuditEntry(Base):
    """Who did what, when, to what. Entries are only ever added; a trigger refuses all else."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_tenant_id_idx", "tenant_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, init=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    via: Mapped[str]
    action: Mapped[str]
    tenant_id: Mapped[str | None] = mapped_column(Uuid(as_uuid=False), default=None)
    subject: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
