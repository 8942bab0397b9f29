"""Acts: the SQL of each step. Every act is idempotent and either one transaction or one statement; `decide` says when it is needed.

Names and verifiers stand in the text as they are: `wanted` has checked that they hold no character that means anything.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from services.provisioning import furnish, roles
from services.provisioning.decide import Do, Step
from services.provisioning.observe import LIVED, Observed, ObservedRole, away_name
from services.provisioning.roles import META, Role
from services.provisioning.sessions import TEMPLATE, Connection, Server
from services.provisioning.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Scene:
    """What an act needs: the session that holds the binding's lock, what is wanted and what was found."""

    server: Server
    connection: Connection
    wanted: Wanted
    observed: Observed

    @property
    def name(self) -> str:
        """The name of the binding's database."""
        return self.wanted.name

    @property
    def place(self) -> str:
        """The name that its database bears now."""
        return self.places[0]

    @property
    def places(self) -> list[str]:
        """The names of all its databases; more than one only where somebody else has been at work."""
        here = ((self.name, self.observed.home), (away_name(self.name), self.observed.away))
        return [name for name, database in here if database]


Act = Callable[[Scene, Step], Awaitable[None]]

_TERMINATE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = ANY($1::text[]) AND "


async def close_door(scene: Scene, _: Step) -> None:
    """Shut out every login at once; one statement, which needs no superuser."""
    await scene.connection.execute(f"REVOKE CONNECT ON DATABASE {scene.place} FROM {scene.name}_con")


async def stop_connections(scene: Scene, _: Step) -> None:
    """Let nobody in, superusers included."""
    for place in scene.places:
        await scene.connection.execute(f"ALTER DATABASE {place} ALLOW_CONNECTIONS false")


async def allow_connections(scene: Scene, _: Step) -> None:
    """Let the provisioner in. Whoever else may come is a matter of CONNECT, which nobody has before the door opens."""
    await scene.connection.execute(f"ALTER DATABASE {scene.name} ALLOW_CONNECTIONS true")


async def end_sessions(scene: Scene, _: Step) -> None:
    """End every session in the database that is not a superuser's, and wait until it is gone."""
    await scene.connection.execute(
        _TERMINATE + "(usename = session_user OR starts_with(usename, $2))", scene.places, f"{scene.name}_"
    )


async def end_logins(scene: Scene, step: Step) -> None:
    """End the sessions of some logins."""
    await scene.connection.execute(_TERMINATE + "usename = ANY($2::text[])", scene.places, step.names)


async def create_groups(scene: Scene, step: Step) -> None:
    """Make the NOLOGIN roles; schema rowhouse's owner may give schemas to the tenant's owner, and has none of its rights."""
    wanted = [role for role in roles.groups(scene.name) if role.name in step.names]
    async with scene.connection.transaction():
        for role in wanted:
            await scene.connection.execute("; ".join(_made(role, scene.observed.roles.get(role.name), "NOLOGIN")))
        await scene.connection.execute(f"GRANT {scene.name}_own TO {META} WITH INHERIT FALSE, SET TRUE")


async def create_logins(scene: Scene, step: Step) -> None:
    """Make logins, or give them what they should have. They stay as shut or open as they were; a new one is shut."""
    wanted = roles.logins(scene.wanted, scene.observed.now, scene.observed.roles)
    may_limit = await scene.connection.fetchval("SELECT has_parameter_privilege('temp_file_limit', 'SET')")
    async with scene.connection.transaction():
        for role in (role for role in wanted if role.name in step.names):
            found = scene.observed.roles.get(role.name)
            until = role.valid_until.isoformat() if role.valid_until else "infinity"
            settings = {key: value for key, value in role.settings.items() if may_limit or key != "temp_file_limit"}
            statements = (
                *_made(role, found, f"CONNECTION LIMIT {role.connections} VALID UNTIL '{until}'"),
                f"ALTER ROLE {role.name} RESET ALL",
                *(f"ALTER ROLE {role.name} SET {key} = {_value(value)}" for key, value in settings.items()),
                _noted(role.name, role.shape, found.secret if found else "shut"),
            )
            await scene.connection.execute("; ".join(statements))


def _made(role: Role, found: ObservedRole | None, options: str) -> Iterator[str]:
    if found is None:
        yield f"CREATE ROLE {role.name} NOLOGIN"
    powers = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS " if found and found.has_powers else ""
    yield f"ALTER ROLE {role.name} {powers}{options}"
    have = found.memberships if found else frozenset()
    for surplus in sorted({one.group for one in have} - {one.group for one in role.memberships}):
        yield f"REVOKE {surplus} FROM {role.name}"
    for one in sorted(role.memberships - have):
        yield f"GRANT {one.group} TO {role.name} WITH INHERIT {one.inherit}, SET {one.set}"


def _value(value: str) -> str:
    return ", ".join(f"'{part.strip()}'" for part in value.split(","))


def _noted(name: str, shape: str, secret: str) -> str:
    return f"COMMENT ON ROLE {name} IS 'rowhouse {shape} {secret}'"


async def shut_logins(scene: Scene, step: Step) -> None:
    """Take the secret from logins: nobody can come as them any more."""
    found = scene.observed.roles
    statements = (
        f"ALTER ROLE {name} NOLOGIN PASSWORD NULL; {_noted(name, found[name].shape, 'shut')}" for name in step.names
    )
    async with scene.connection.transaction():
        await scene.connection.execute("; ".join(statements))


async def set_verifiers(scene: Scene, step: Step) -> None:
    """Give logins the secret that is wanted of them, and open them."""
    wanted = roles.logins(scene.wanted, scene.observed.now, scene.observed.roles)
    statements = (
        f"ALTER ROLE {role.name} LOGIN PASSWORD '{role.verifier}'; "
        + _noted(role.name, scene.observed.roles[role.name].shape, role.secret)
        for role in wanted
        if role.name in step.names and role.verifier
    )
    async with scene.connection.transaction():
        await scene.connection.execute("; ".join(statements))


async def drop_logins(scene: Scene, step: Step) -> None:
    """Drop logins. What one owns goes to the tenant's owner first; the rest (grants, its default privileges) blocks the DROP."""
    await scene.connection.execute("; ".join(f"ALTER ROLE {name} NOLOGIN" for name in step.names))
    await end_logins(scene, step)
    names = ", ".join(step.names)
    async with scene.server.provisioner(scene.name) as inside, inside.transaction():
        await inside.execute(f"REASSIGN OWNED BY {names} TO {scene.name}_own; DROP OWNED BY {names}; DROP ROLE {names}")


async def create_database(scene: Scene, _: Step) -> None:
    """Copy the template. Nobody can connect yet: a new database lets PUBLIC in."""
    await scene.connection.execute(
        f"CREATE DATABASE {scene.name} TEMPLATE {TEMPLATE} STRATEGY wal_log ALLOW_CONNECTIONS false"
    )


async def shut_public(scene: Scene, _: Step) -> None:
    """Take CONNECT and TEMP from PUBLIC; schemas are made by a function of schema rowhouse's owner."""
    async with scene.connection.transaction():
        await scene.connection.execute(
            f"REVOKE ALL ON DATABASE {scene.place} FROM PUBLIC; GRANT CREATE ON DATABASE {scene.place} TO {META}"
        )


async def furnish_database(scene: Scene, _: Step) -> None:
    """Migrate the inside to the newest template and grant what the tenant's roles may do there; see `furnish`."""
    async with scene.server.provisioner(scene.name) as inside:
        await furnish.furnish(inside, scene.name)


async def open_door(scene: Scene, _: Step) -> None:
    """Let the tenant's logins in; from now on the database may hold data, and is never made anew."""
    async with scene.connection.transaction():
        await scene.connection.execute(
            f"GRANT CONNECT ON DATABASE {scene.name} TO {scene.name}_con; COMMENT ON ROLE {scene.name}_con IS '{LIVED}'"
        )


async def move_away(scene: Scene, _: Step) -> None:
    """Delete reversibly: under another name nobody finds it, and the way back is one rename."""
    await scene.connection.execute(f"ALTER DATABASE {scene.name} RENAME TO {away_name(scene.name)}")


async def bring_home(scene: Scene, _: Step) -> None:
    """Undo a deletion. Nobody can connect yet."""
    await scene.connection.execute(f"ALTER DATABASE {away_name(scene.name)} RENAME TO {scene.name}")


async def drop_database(scene: Scene, _: Step) -> None:
    """Drop the database, wherever it is. Not WITH (FORCE): that refuses where an autovacuum worker, which nobody owns, is inside."""
    for place in scene.places:
        await scene.connection.execute(f"DROP DATABASE IF EXISTS {place}")


async def drop_roles(scene: Scene, step: Step) -> None:
    """Drop every role of the binding; all that they could do was in the database that is gone."""
    await scene.connection.execute(f"DROP ROLE IF EXISTS {', '.join(step.names)}")


ACTS: Mapping[Do, Act] = {
    Do.CLOSE_DOOR: close_door,
    Do.STOP_CONNECTIONS: stop_connections,
    Do.END_SESSIONS: end_sessions,
    Do.CREATE_GROUPS: create_groups,
    Do.CREATE_DATABASE: create_database,
    Do.BRING_HOME: bring_home,
    Do.SHUT_PUBLIC: shut_public,
    Do.ALLOW_CONNECTIONS: allow_connections,
    Do.FURNISH: furnish_database,
    Do.SHUT_LOGINS: shut_logins,
    Do.END_LOGINS: end_logins,
    Do.DROP_LOGINS: drop_logins,
    Do.CREATE_LOGINS: create_logins,
    Do.SET_VERIFIERS: set_verifiers,
    Do.OPEN_DOOR: open_door,
    Do.MOVE_AWAY: move_away,
    Do.DROP_DATABASE: drop_database,
    Do.DROP_ROLES: drop_roles,
}
