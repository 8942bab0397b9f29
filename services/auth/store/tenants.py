"""SQL for tenants."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, select
from sqlalchemy.exc import IntegrityError

from services.auth.errors import SlugExists
from services.auth.models import Binding, Member, Tenant
from services.auth.store import pages
from services.kit.db.control import Session, violated

Row = tuple[Tenant, Binding | None]
RowOfMember = tuple[Tenant, Binding | None, str]


def named(tenant: str) -> ColumnElement[bool]:
    """The tenant with this id or slug; none for an empty text and for what can be neither."""
    if not tenant or "\0" in tenant:
        return false()
    return Tenant.id == tenant if is_id(tenant) else Tenant.slug == tenant


def is_id(text: str) -> bool:
    """Whether this is an id, as we write them."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


async def add(session: Session, tenant: Tenant) -> None:
    """Keep a new tenant. Fails with SLUG_EXISTS."""
    session.add(tenant)
    try:
        await session.flush()
    except IntegrityError as error:
        if violated(error) == "tenants_slug_key":
            raise SlugExists(tenant.slug) from error
        raise


async def taken(session: Session, slug: str) -> bool:
    """Whether a slug is, or ever was, a tenant's."""
    return bool(await session.scalar(select(exists().where(Tenant.slug == slug))))


async def find(session: Session, tenant_id: str, *, lock: bool = False) -> Row | None:
    """A tenant that has its data, and its binding; locked, nobody else can change its state or its members meanwhile."""
    statement = select(Tenant, Binding).outerjoin(Binding, Binding.tenant_id == Tenant.id)
    statement = statement.where(Tenant.id == tenant_id, Tenant.purged_at.is_(None))
    if lock:
        statement = statement.with_for_update(of=Tenant)
    row = (await session.execute(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def find_of_member(session: Session, user_id: str, tenant: str) -> RowOfMember | None:
    """A tenant by slug or id, if the user is a member of it, with the role."""
    row = (await session.execute(_of_member(user_id).where(named(tenant)))).one_or_none()
    return (row[0], row[1], row[2]) if row else None


async def of_user(session: Session, user_id: str, only: str, limit: int, cursor: str) -> pages.Page[RowOfMember]:
    """A page of a user's tenants; `only` leaves a single one."""
    statement = _of_member(user_id)
    if only:
        statement = statement.where(Tenant.id == only)
    return await pages.read(session, statement, Tenant.created_at, Tenant.id, limit, cursor)


def _of_member(user_id: str) -> Select[*tuple[Any, ...]]:
    return (
        select(Tenant, Binding, Member.role)
        .join(Member, and_(Member.tenant_id == Tenant.id, Member.user_id == user_id))
        .outerjoin(Binding, Binding.tenant_id == Tenant.id)
        .where(Tenant.purged_at.is_(None))
    )


async def ready(session: Session, limit: int, cursor: str) -> pages.Page[str]:
    """A page of the ids of all tenants whose database is open."""
    statement = select(Tenant.id).join(Binding, Binding.tenant_id == Tenant.id)
    statement = statement.where(Binding.wanted == "ready", Binding.observed == "ready", Tenant.purged_at.is_(None))
    page = await pages.read(session, statement, Tenant.created_at, Tenant.id, limit, cursor)
    return pages.Page([found for (found,) in page.items], page.next)


async def due_for_purge(session: Session, now: datetime) -> list[str]:
    """The ids of tenants whose retention has ended."""
    statement = select(Tenant.id).where(Tenant.purge_at <= now, Tenant.purged_at.is_(None)).limit(100)
    return list(await session.scalars(statement))
