"""SQL for bindings and the credentials of their logins."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import delete, func, or_, select, tuple_, update

from services.auth.models import Binding, Credential, SqlLogin
from services.kit.db.control import Session


async def add(session: Session, binding: Binding, credentials: Sequence[Credential]) -> None:
    """Keep a new binding and its logins' first credentials."""
    session.add(binding)
    await session.flush()
    session.add_all(credentials)
    await session.flush()


async def claim(session: Session, tenant_id: str, now: datetime) -> Binding | None:
    """Give a prepared database to a tenant, one that nobody else is just being given; None when the pool is empty."""
    oldest = (
        select(Binding.id)
        .where(Binding.tenant_id.is_(None), Binding.wanted == "prepared", Binding.observed == "prepared")
        .order_by(Binding.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = (
        update(Binding)
        .where(Binding.id == oldest)
        .values(tenant_id=tenant_id, wanted="ready", generation=Binding.generation + 1, try_at=now)
        .returning(Binding)
    )
    return cast(Binding | None, await session.scalar(statement))


async def pool(session: Session) -> int:
    """How many databases are, or are about to be, in the warm pool."""
    statement = select(func.count()).where(Binding.tenant_id.is_(None), Binding.wanted == "prepared")
    return int(await session.scalar(statement) or 0)


async def lock(session: Session, binding_id: str) -> None:
    """Wait until nobody else converges this binding, and keep others waiting until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(binding_id, 0))))


async def find(session: Session, binding_id: str) -> Binding | None:
    """A binding."""
    return cast(Binding | None, await session.scalar(select(Binding).where(Binding.id == binding_id)))


async def of_tenant(session: Session, tenant_id: str) -> Binding | None:
    """A tenant's binding."""
    return cast(Binding | None, await session.scalar(select(Binding).where(Binding.tenant_id == tenant_id)))


async def want(session: Session, binding_id: str, now: datetime, state: str | None = None) -> None:
    """Ask for a state, or, without one, for a new look at logins that have changed."""
    change = {} if state is None else {"wanted": state}
    await session.execute(
        update(Binding)
        .where(Binding.id == binding_id)
        .values(generation=Binding.generation + 1, try_at=now, failures=0, **change)
    )


async def settled(session: Session, binding: Binding, template: str) -> None:
    """Note that the server has reached what `binding`, as it was read, wants."""
    reached = {"settled": binding.generation, "observed": binding.wanted, "template": template}
    statement = update(Binding).where(Binding.id == binding.id)
    await session.execute(statement.values(failure="", failures=0, **reached))


async def failed(session: Session, binding_id: str, why: str, try_at: datetime) -> None:
    """Note a failure, and when to try again."""
    statement = update(Binding).where(Binding.id == binding_id)
    await session.execute(statement.values(failure=why, failures=Binding.failures + 1, try_at=try_at))


async def unsettled(session: Session, template: str, now: datetime) -> list[str]:
    """The ids of bindings that are not what they shall be, or not with this version of our own tables, and may be tried now."""
    behind = or_(Binding.settled < Binding.generation, Binding.template != template)
    statement = select(Binding.id).where(behind, Binding.try_at <= now)
    return list(await session.scalars(statement.order_by(Binding.try_at).limit(100)))


async def remove(session: Session, binding_id: str) -> None:
    """Forget a binding whose database is gone."""
    await session.execute(delete(Binding).where(Binding.id == binding_id))


async def credentials(session: Session, binding_id: str) -> list[Credential]:
    """Every credential of a binding."""
    return list(await session.scalars(select(Credential).where(Credential.binding_id == binding_id)))


async def current(session: Session, tenant_id: str, login: str) -> tuple[Binding, Credential] | None:
    """A tenant's binding, and the credential of one login that is in use."""
    statement = select(Binding, Credential).join(Credential, Credential.binding_id == Binding.id)
    statement = statement.where(Binding.tenant_id == tenant_id, Credential.login == login, Credential.current)
    row = (await session.execute(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def replace_spare(session: Session, fresh: Sequence[Credential]) -> None:
    """Put credentials into slots that are not in use, in place of what may be left there."""
    for credential in fresh:
        await session.execute(
            delete(Credential).where(
                Credential.binding_id == credential.binding_id,
                Credential.login == credential.login,
                Credential.slot == credential.slot,
                ~Credential.current,
            )
        )
    session.add_all(fresh)
    await session.flush()


async def switch(session: Session, binding_id: str, retire_at: datetime) -> None:
    """Take the spare credential of each login into use, and let the present one go at `retire_at`."""
    mine = (Credential.binding_id == binding_id, Credential.retire_at.is_(None))
    spare = select(Credential.login, Credential.slot).where(*mine, ~Credential.current)
    spares = [(login, slot) for login, slot in await session.execute(spare)]
    present = update(Credential).where(*mine, Credential.current, Credential.login.in_([login for login, _ in spares]))
    await session.execute(present.values(current=False, retire_at=retire_at))
    which = tuple_(Credential.login, Credential.slot).in_(spares)
    await session.execute(update(Credential).where(*mine, which).values(current=True))


async def retire(session: Session, now: datetime) -> list[str]:
    """Remove credentials whose time is over; the ids of their bindings."""
    statement = delete(Credential).where(Credential.retire_at <= now).returning(Credential.binding_id)
    return sorted(set(await session.scalars(statement)))


async def due_for_rotation(session: Session, made_before: datetime) -> list[str]:
    """The ids of open bindings with credentials in use that are older."""
    statement = select(Binding.id).join(Credential, Credential.binding_id == Binding.id)
    statement = statement.where(Credential.current, Credential.created_at < made_before, Binding.observed == "ready")
    return list(await session.scalars(statement.distinct().limit(20)))


async def sql_logins(session: Session, binding_id: str, now: datetime) -> list[SqlLogin]:
    """The SQL logins that a binding shall have."""
    alive = (SqlLogin.expires_at.is_(None)) | (SqlLogin.expires_at > now)
    return list(await session.scalars(select(SqlLogin).where(SqlLogin.binding_id == binding_id, alive)))
