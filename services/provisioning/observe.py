"""What the catalog of a server says of one binding, read in one query from a database of the provisioner's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from services.provisioning.roles import META, Membership
from services.provisioning.sessions import Connection
from services.provisioning.wanted import State

_OBSERVE = (Path(__file__).parent / "sql/observe.sql").read_text()


@dataclass(frozen=True, slots=True)
class Mark:
    """What the furnishing of a database left in its comment, in its own transaction: so it is true, or it is not there."""

    version: int
    grants: str

    @property
    def text(self) -> str:
        """As it is kept."""
        return f"rowhouse {self.version} {self.grants}"

    @staticmethod
    def read(note: str | None) -> "Mark | None":
        """The mark in a comment."""
        match (note or "").split():
            case ["rowhouse", version, grants] if version.isdigit():
                return Mark(int(version), grants)
        return None


@dataclass(frozen=True, slots=True)
class Database:
    """A binding's database. `sessions` are the logins of its sessions, superusers' left out."""

    allows_connections: bool = False
    open_to_public: bool = True
    open_to_tenant: bool = False
    makes_schemas: bool = False
    mark: Mark | None = None
    sessions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservedRole:
    """A role as it is. `shape` and `secret` are the digests that its comment bears."""

    can_login: bool = False
    has_powers: bool = False
    memberships: frozenset[Membership] = frozenset()
    shape: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """One binding as its server has it. `away` is its database after deletion, under another name; `lived` says that it was ready once."""

    name: str
    now: datetime
    home: Database | None = None
    away: Database | None = None
    roles: Mapping[str, ObservedRole] = field(default_factory=dict)
    meta_may_own: bool = False
    lived: bool = False

    @property
    def state(self) -> State:
        """The state that this amounts to. A database that was never opened is prepared, whatever was wanted of it."""
        if self.home is None:
            return "purged" if self.away is None else "deleted"
        if self.home.open_to_tenant and self.home.allows_connections:
            return "ready"
        return "suspended" if self.lived else "prepared"

    @property
    def version(self) -> int:
        """The template version of the database; 0 where it has none yet."""
        mark = self.home.mark if self.home else None
        return mark.version if mark else 0


def away_name(name: str) -> str:
    """The name that a database bears between its deletion and its purge."""
    return f"{name}_deleted"


LIVED = "rowhouse lived"
"""The comment of a `…_con` role from the first opening of the door on: its database may hold data."""


async def observe(connection: Connection, name: str) -> Observed:
    """Read the state of one binding."""
    (row,) = await connection.fetch(_OBSERVE, name, away_name(name), META)
    databases = {database["name"]: _database(database) for database in json.loads(row["databases"])}
    roles = json.loads(row["roles"])
    return Observed(
        name=name,
        now=row["now"],
        home=databases.get(name),
        away=databases.get(away_name(name)),
        roles={role["name"]: _role(role) for role in roles},
        meta_may_own=row["meta_may_own"],
        lived=any(role["name"] == f"{name}_con" and role["note"] == LIVED for role in roles),
    )


def _database(found: Mapping[str, Any]) -> Database:
    return Database(
        allows_connections=found["allows_connections"],
        open_to_public=found["open_to_public"],
        open_to_tenant=found["open_to_tenant"],
        makes_schemas=found["makes_schemas"],
        mark=Mark.read(found["note"]),
        sessions=tuple(sorted(found["sessions"])),
    )


def _role(found: Mapping[str, Any]) -> ObservedRole:
    shape, secret = (*(found["note"] or "").removeprefix("rowhouse ").split(), "", "")[:2]
    return ObservedRole(
        can_login=found["can_login"],
        has_powers=found["powers"],
        memberships=frozenset(Membership(group, inherit, set) for group, inherit, set in found["memberships"]),
        shape=shape,
        secret=secret,
    )
