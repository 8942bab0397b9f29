"""Two workspaces with everybody in them who may knock, and a fitting request for every route."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.kit.ids import opaque_name
from tests.fixtures.stack import Account, SignUp, client
from tests.stack.matrix import RECORDS, ROLES, TABLE, TABLES, T

Json = dict[str, Any]

# No request that is made by the hundred: they count against whoever calls, make databases, or take the ground from under others.
LEFT_OUT = {
    "POST /api/v1/signup",
    "POST /api/v1/sessions",
    "POST /api/v1/tenants",
    "POST /api/v1/invitations/accept",
    "DELETE /api/v1/sessions/current",
    "PATCH /api/v1/me",
    *(f"{verb} {T}{path}" for verb, path in (("DELETE", ""), ("POST", "/suspend"), ("POST", "/resume"))),
}


@dataclass
class Workspace:
    """A workspace as its owner sees it, with one of each thing that a path can name."""

    owner: Account
    parameters: dict[str, str]

    @property
    def http(self) -> httpx.AsyncClient:
        return self.owner.http

    async def call(self, verb: str, path: str, **request: Any) -> Json:
        answer = await self.http.request(verb, f"/tenants/{self.owner.slug}{path}", **request)
        assert answer.is_success, answer.text
        found: Json = answer.json() if answer.content else {}
        return found

    async def furnish(self, member: Account) -> None:
        """Make one of each."""
        await self.movies()
        imported = await self.call("POST", "/schemas/public/imports?name=imported", content=b"a,b\n1,x\n")
        added = await self.call("POST", "/members", json={"email": member.email, "role": "viewer"})
        self.parameters |= {
            "user": added["user"]["id"],
            "import": imported["id"],
            "operation": str(imported["operation"]),
            "invitation": await self.invitation(),
            "connection": (await self.call("POST", "/connections", json={"access": "read"}))["id"],
        }

    async def movies(self) -> None:
        """Make the table that paths name, with a record, unless it is there."""
        path = f"/tenants/{self.owner.slug}/schemas/public/tables"
        there = (await self.http.get(f"{path}/movies")).json()
        if [column["name"] for column in there.get("columns", ())] == ["id", "title", "rating"]:
            return
        await self.http.delete(f"{path}/movies")
        columns = [{"name": "title", "kind": "text"}, {"name": "rating", "kind": "number"}]
        await self.call("POST", "/schemas/public/tables", json={"name": "movies", "columns": columns})
        records = [{"title": "Up", "rating": 8.3}]
        await self.call("POST", "/schemas/public/tables/movies/records", json={"records": records})

    async def invitation(self, member: str = "id") -> str:
        made = await self.call("POST", "/invitations", json={"email": some_email(), "role": "viewer"})
        found: str = made[member]
        return found

    async def table(self) -> str:
        name = opaque_name("t_", 6)
        column = {"name": "c", "kind": "text"}
        await self.call("POST", "/schemas/public/tables", json={"name": name, "columns": [column]})
        return name

    async def record(self) -> str:
        made = await self.call("POST", "/schemas/public/tables/movies/records", json={"records": [{"title": "New"}]})
        found: str = made["keys"][0]
        return found

    async def operation(self) -> str:
        made = await self.call("POST", "/operations", json={"do": "create_schema", "name": opaque_name("s_", 6)})
        return str(made["id"])

    async def undone(self) -> str:
        step = await self.operation()
        await self.call("POST", f"/operations/{step}/undo")
        return step


@dataclass
class World:
    """Everybody, and everything they may ask for."""

    url: str
    home: Workspace
    suspended: Workspace
    newcomer: Account
    clients: dict[str, httpx.AsyncClient]
    accounts: dict[str, Account]

    @classmethod
    async def made(cls, url: str, sign_up: SignUp) -> "World":
        accounts = {name: await sign_up() for name in (*ROLES, "stranger", "suspended")}
        newcomer = await sign_up()
        home, suspended = (
            Workspace(accounts[name], {"schema": "public", "table": "movies", "column": "rating", "key": "1"})
            for name in ("owner", "suspended")
        )
        await home.furnish(newcomer)
        await suspended.furnish(newcomer)
        for role in ROLES[:-1]:
            await home.call("POST", "/members", json={"email": accounts[role].email, "role": role})
        await suspended.call("POST", "/suspend")
        clients = {name: account.http for name, account in accounts.items()}
        clients |= {"anonymous": client(url), "expired": client(url, await expired_token(home.http))}
        return cls(url, home, suspended, newcomer, clients, accounts)

    async def close(self) -> None:
        for name in ("anonymous", "expired"):
            await self.clients[name].aclose()

    def workspace(self, principal: str) -> Workspace:
        return self.suspended if principal == "suspended" else self.home


def some_email() -> str:
    return f"{opaque_name('somebody-', 6)}@example.com"


async def expired_token(http: httpx.AsyncClient) -> str:
    """A token that was good until a moment ago."""
    expires = datetime.now(UTC) + timedelta(seconds=1)
    made = (await http.post("/tokens", json={"name": "short", "expires": expires.isoformat()})).json()
    async with client(str(http.base_url).removesuffix("/api/v1/"), made["token"]) as short:
        while (await short.get("/me")).is_success:
            pass
    found: str = made["token"]
    return found


@dataclass
class Asked:
    """A request: what its path names, and what it carries."""

    parameters: dict[str, str]
    query: str = ""
    carried: dict[str, Any] | None = None


def body(**members: Any) -> dict[str, Any]:
    return {"json": members}


Fresh = Callable[[World, str], Awaitable[dict[str, str]]]
Body = Callable[[World], dict[str, Any]]

BODIES: dict[str, Body] = {
    "POST /api/v1/signup": lambda _: body(
        email=some_email(), password="correct horse battery", tenant={"slug": opaque_name("w", 6), "name": "W"}
    ),
    "POST /api/v1/sessions": lambda world: body(email=world.newcomer.email, password=world.newcomer.password),
    "PATCH /api/v1/me": lambda _: body(name="Somebody"),
    "POST /api/v1/tokens": lambda _: body(name="a token"),
    "POST /api/v1/tenants": lambda _: body(slug=opaque_name("w", 6), name="W"),
    f"PATCH {T}": lambda _: body(name="Another name"),
    f"POST {T}/members": lambda world: body(email=world.newcomer.email, role="viewer"),
    f"PATCH {T}/members/{{user}}": lambda _: body(role="editor"),
    f"POST {T}/invitations": lambda _: body(email=some_email(), role="viewer"),
    f"POST {T}/connections": lambda _: body(access="read"),
    f"POST {T}/schemas": lambda _: body(name=opaque_name("s_", 6)),
    f"POST {TABLES}": lambda _: body(name=opaque_name("t_", 6), columns=[{"name": "c", "kind": "text"}]),
    f"PATCH {TABLE}": lambda _: body(name=opaque_name("t_", 6)),
    f"POST {TABLE}/columns": lambda _: body(name=opaque_name("c_", 6), kind="text"),
    f"PATCH {TABLE}/columns/{{column}}": lambda _: body(name=opaque_name("c_", 6)),
    f"POST {T}/plans": lambda _: body(do="create_schema", name=opaque_name("s_", 6)),
    f"POST {T}/operations": lambda _: body(do="create_schema", name=opaque_name("s_", 6)),
    f"POST {RECORDS}/query": lambda _: body(limit=1),
    f"POST {RECORDS}": lambda _: body(records=[{"title": "New"}]),
    f"PATCH {RECORDS}": lambda _: body(records=[{"key": "1", "set": {"rating": 9}}]),
    f"PATCH {RECORDS}/{{key}}": lambda _: body(rating=9),
    f"POST {T}/schemas/{{schema}}/imports": lambda _: {"content": b"a,b\n1,x\n"},
    f"POST {T}/schemas/{{schema}}/imports/preview": lambda _: {"content": b"a,b\n1,x\n"},
}


async def _own_token(world: World, who: str) -> dict[str, str]:
    return {"id": (await world.clients[who].post("/tokens", json={"name": "to go"})).json()["id"]}


async def _own_connection(world: World, who: str) -> dict[str, str]:
    path = f"/tenants/{world.home.owner.slug}/connections"
    return {"id": (await world.clients[who].post(path, json={"access": "read"})).json()["id"]}


async def _signed_in_anew(world: World, who: str) -> dict[str, str]:
    account = world.accounts[who]
    again = await world.clients[who].post("/sessions", json={"email": account.email, "password": account.password})
    assert again.status_code == 201, again.text
    return {}


async def _not_yet_member(world: World, who: str) -> dict[str, str]:
    workspace = world.workspace(who)
    members = (await workspace.call("GET", "/members"))["members"]
    for member in members:
        if member["user"]["email"] == world.newcomer.email:
            await workspace.call("DELETE", f"/members/{member['user']['id']}")
    return {}


async def _fresh_member(world: World, who: str) -> dict[str, str]:
    await _not_yet_member(world, who)
    newcomer = {"email": world.newcomer.email, "role": "viewer"}
    return {"user": (await world.workspace(who).call("POST", "/members", json=newcomer))["user"]["id"]}


async def _suspended(world: World, who: str) -> dict[str, str]:
    await world.workspace(who).call("POST", "/suspend")
    return {}


async def _deleted(world: World, who: str) -> dict[str, str]:
    await world.workspace(who).call("DELETE", "")
    return {}


FRESH: dict[str, Fresh] = {
    "DELETE /api/v1/tokens/{id}": _own_token,
    "DELETE /api/v1/sessions/current": _signed_in_anew,
    f"POST {T}/members": _not_yet_member,
    f"PATCH {T}/members/{{user}}": _fresh_member,
    f"DELETE {T}/members/{{user}}": _fresh_member,
    f"DELETE {T}/connections/{{id}}": _own_connection,
    f"POST {T}/resume": _suspended,
    f"POST {T}/undelete": _deleted,
}


async def made_for(world: World, route: str, who: str) -> dict[str, str]:
    """What a request that shall succeed needs to be there, and that only it may use up."""
    if route in FRESH and not (who == "suspended" and FRESH[route] is _own_connection):
        return await FRESH[route](world, who)
    home = world.workspace(who)
    if route in (f"PATCH {TABLE}", f"DELETE {TABLE}"):
        return {"table": await home.table()}
    if route in (f"PATCH {TABLE}/columns/{{column}}", f"DELETE {TABLE}/columns/{{column}}"):
        return {"table": await home.table(), "column": "c"}
    if route == f"DELETE {RECORDS}/{{key}}":
        return {"key": await home.record()}
    if route == f"DELETE {T}/invitations/{{id}}":
        return {"id": await home.invitation()}
    if route == f"POST {T}/operations/{{id}}/undo":
        return {"id": await home.operation()}
    if route == f"POST {T}/operations/{{id}}/redo":
        return {"id": await home.undone()}
    return {}


def resource_of(path: str) -> str:
    """What the `{id}` of a path is the id of, in the singular."""
    return path.partition("/{id}")[0].rpartition("/")[2].removesuffix("s")


async def request_for(world: World, route: str, who: str, *, succeeds: bool) -> tuple[str, dict[str, Any]]:
    """The path and the contents of a fitting request of `who`; nothing but the right to it may be missing."""
    template = route.partition(" ")[2].removeprefix("/api/v1")
    workspace = world.workspace(who)
    named = {"tenant": workspace.owner.slug, "slug": "free-for-all", **workspace.parameters}
    named["id"] = workspace.parameters.get(resource_of(template), "0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a10")
    if succeeds:
        named |= await made_for(world, route, who)
    carried = BODIES[route](world) if route in BODIES else {}
    if route == f"POST {RECORDS}/delete":
        carried = body(keys=[await world.home.record() if succeeds else "1"])
    if route == "POST /api/v1/invitations/accept":
        carried = body(invitation=await world.home.invitation("secret"), password="correct horse battery")
    path = template.format(**named)
    if route == f"POST {T}/schemas/{{schema}}/imports":
        path += f"?name={opaque_name('i_', 6)}"
    return path, carried


async def put_back(world: World, route: str, who: str) -> None:
    """Bring a workspace whose state was changed back to the state that it had."""
    workspace = world.workspace(who)
    if route == f"DELETE {T}":
        await workspace.call("POST", "/undelete")
    if who == "suspended" and route == f"POST {T}/resume":
        await workspace.call("POST", "/suspend")
    if who != "suspended" and route == f"POST {T}/suspend":
        await workspace.call("POST", "/resume")
