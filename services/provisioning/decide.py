"""Decides which steps lead from what is to what is wanted. Pure: no connection, no clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.provisioning import roles
from services.provisioning.errors import DatabaseAmbiguous, DatabaseLost
from services.provisioning.observe import Database, Mark, Observed, away_name
from services.provisioning.roles import Role
from services.provisioning.wanted import Wanted


class Do(StrEnum):
    """What a step does. Each may be killed at any instant and run again."""

    CLOSE_DOOR = "close_door"
    STOP_CONNECTIONS = "stop_connections"
    END_SESSIONS = "end_sessions"
    CREATE_GROUPS = "create_groups"
    CREATE_DATABASE = "create_database"
    BRING_HOME = "bring_home"
    SHUT_PUBLIC = "shut_public"
    ALLOW_CONNECTIONS = "allow_connections"
    FURNISH = "furnish"
    SHUT_LOGINS = "shut_logins"
    END_LOGINS = "end_logins"
    DROP_LOGINS = "drop_logins"
    CREATE_LOGINS = "create_logins"
    SET_VERIFIERS = "set_verifiers"
    OPEN_DOOR = "open_door"
    MOVE_AWAY = "move_away"
    DROP_DATABASE = "drop_database"
    DROP_ROLES = "drop_roles"


@dataclass(frozen=True, slots=True)
class Step:
    """One act, and the roles that it is about."""

    do: Do
    names: tuple[str, ...] = ()


def decide(wanted: Wanted, observed: Observed, furnished: Mark) -> tuple[Step, ...]:
    """List the steps that are still needed, in order; none when the binding is as wanted. `furnished` is the mark to reach."""
    match wanted.state:
        case "purged":
            return tuple(_purge(observed))
        case "deleted":
            return tuple(_delete(wanted, observed))
        case "ready":
            return (*_exist(wanted, observed, furnished), *_logins(wanted, observed), *_open(observed))
    return (*_shut(observed.home), *_exist(wanted, observed, furnished), *_logins(wanted, observed))


def _shut(database: Database | None) -> Iterator[Step]:
    if database is not None:
        if database.open_to_tenant:
            yield Step(Do.CLOSE_DOOR)
        if database.sessions:
            yield Step(Do.END_SESSIONS)


def _exist(wanted: Wanted, observed: Observed, furnished: Mark) -> Iterator[Step]:
    database = _the_database(wanted, observed) or Database()
    # Rights before the database: that no role is missing when it opens.
    if wrong := _wrong_groups(wanted, observed):
        yield Step(Do.CREATE_GROUPS, wrong)
    yield from _shut(observed.away)
    if not (observed.home or observed.away):
        yield Step(Do.CREATE_DATABASE)
    if database.open_to_public or not database.makes_schemas:
        yield Step(Do.SHUT_PUBLIC)
    if observed.away:
        yield Step(Do.BRING_HOME)
    if not database.allows_connections:
        yield Step(Do.ALLOW_CONNECTIONS)
    if not _is_furnished(database.mark, furnished):
        yield Step(Do.FURNISH)


def _the_database(wanted: Wanted, observed: Observed) -> Database | None:
    if observed.home and observed.away:
        raise DatabaseAmbiguous(wanted.name, away_name(wanted.name))
    database = observed.home or observed.away
    if database is None and (observed.lived or wanted.existing):
        raise DatabaseLost(wanted.name)
    return database


def _is_furnished(mark: Mark | None, wanted: Mark) -> bool:
    # A newer engine's mark is left alone: old and new engines run side by side during an upgrade.
    return mark is not None and (mark == wanted or mark.version > wanted.version)


def _wrong_groups(wanted: Wanted, observed: Observed) -> tuple[str, ...]:
    wrong = _wrong(roles.groups(wanted.name), observed)
    own = f"{wanted.name}_own"
    return wrong if observed.meta_may_own or own in wrong else (*wrong, own)


def _wrong(wanted: Iterable[Role], observed: Observed) -> tuple[str, ...]:
    return tuple(role.name for role in wanted if not _is_right(role, observed))


def _is_right(role: Role, observed: Observed) -> bool:
    found = observed.roles.get(role.name)
    if found is None or found.has_powers or found.memberships != role.memberships:
        return False
    return found.shape == role.shape if role.is_login else not found.can_login


def _logins(wanted: Wanted, observed: Observed) -> Iterator[Step]:
    want = roles.logins(wanted, observed.now, observed.roles)
    shut = {role.name for role in want if role.verifier is None}
    kept = {role.name for role in (*want, *roles.groups(wanted.name))}
    sessions = set(observed.home.sessions) if observed.home else set()

    if open_still := tuple(name for name in sorted(shut) if name in observed.roles and observed.roles[name].can_login):
        yield Step(Do.SHUT_LOGINS, open_still)
    if unwanted := tuple(sorted(observed.roles.keys() - kept)):
        yield Step(Do.DROP_LOGINS, unwanted)
    if sessions & shut:
        yield Step(Do.END_LOGINS, tuple(sorted(sessions & shut)))
    if wrong := _wrong(want, observed):
        yield Step(Do.CREATE_LOGINS, wrong)
    if stale := tuple(role.name for role in want if _is_stale(role, observed)):
        yield Step(Do.SET_VERIFIERS, stale)


def _is_stale(role: Role, observed: Observed) -> bool:
    found = observed.roles.get(role.name)
    if found is None:
        return role.verifier is not None
    return found.can_login != (role.verifier is not None) or (role.verifier is not None and found.secret != role.secret)


def _open(observed: Observed) -> Iterator[Step]:
    if not (observed.home and observed.home.open_to_tenant and observed.lived):
        yield Step(Do.OPEN_DOOR)


def _delete(wanted: Wanted, observed: Observed) -> Iterator[Step]:
    database = _the_database(wanted, observed)
    if database is None:
        return
    if database.open_to_tenant:
        yield Step(Do.CLOSE_DOOR)
    yield from _empty(database)
    if observed.home:
        yield Step(Do.MOVE_AWAY)


def _empty(*databases: Database) -> Iterator[Step]:
    if any(database.allows_connections for database in databases):
        yield Step(Do.STOP_CONNECTIONS)
    if any(database.sessions for database in databases):
        yield Step(Do.END_SESSIONS)


def _purge(observed: Observed) -> Iterator[Step]:
    if databases := [database for database in (observed.home, observed.away) if database]:
        yield from _empty(*databases)
        yield Step(Do.DROP_DATABASE)
    if observed.roles:
        yield Step(Do.DROP_ROLES, tuple(sorted(observed.roles)))
