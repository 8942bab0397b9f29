"""What people do, from beginning to end, over HTTP and SQL."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from tests.fixtures.stack import Account, Installation, SignUp, client

CSV = 'id,title,rating,released\n1,Up,8.3,2009-05-29\n2,"Amélie, or",8.30,2001-04-25\n3,Heat,8.2,1995-12-15\n'
MOVIES = {
    "name": "movies",
    "columns": [
        {"name": "title", "kind": "text", "nullable": False},
        {"name": "rating", "type": "numeric(3,1)"},
        {"name": "seen", "kind": "boolean"},
    ],
}
ROWS = [
    {"title": "Up", "rating": 8.3, "seen": True},
    {"title": "Heat", "rating": 8.2, "seen": False},
    {"title": "Cats", "rating": 2.8, "seen": None},
]


class Home:
    """Somebody's workspace, by short paths."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.http = account.http
        self.root = f"/tenants/{account.slug}"
        self.tables = f"{self.root}/schemas/public/tables"

    async def ok(self, verb: str, path: str, **request: Any) -> Any:
        answer = await self.http.request(verb, path, **request)
        assert answer.is_success, f"{verb} {path}: {answer.text}"
        return answer.json() if answer.content else None

    async def refused(self, verb: str, path: str, status: int, **request: Any) -> Any:
        answer = await self.http.request(verb, path, **request)
        assert answer.status_code == status, f"{verb} {path}: {answer.text}"
        return answer.json()

    async def furnished(self) -> "Home":
        await self.ok("POST", self.tables, json=MOVIES)
        await self.ok("POST", f"{self.tables}/movies/records", json={"records": ROWS})
        return self

    async def titles(self, query: str = "") -> list[str]:
        page = await self.ok("GET", f"{self.tables}/movies/records?fields=title&{query}")
        return [record["title"] for record in page["records"]]

    async def connect(self, access: str) -> "asyncpg.Connection[asyncpg.Record]":
        login = await self.ok("POST", f"{self.root}/connections", json={"access": access})
        return await asyncpg.connect(login["connection_string"])


@pytest.fixture
async def home(sign_up: SignUp) -> Home:
    return Home(await sign_up())


async def until(condition: Any, seconds: float) -> None:
    """Ask again and again until it holds; at most `seconds`."""
    async with asyncio.timeout(seconds):
        while not await condition():
            pass


async def test_somebody_makes_a_table_fills_it_and_finds_things_in_it(home: Home) -> None:
    await home.furnished()

    assert await home.titles("sort=rating:desc") == ["Up", "Heat", "Cats"]
    assert await home.titles("sort=title&filter=" + quote('{"column":"rating","op":"ge","value":8}')) == ["Heat", "Up"]
    page = await home.ok(
        "POST",
        f"{home.tables}/movies/records/query",
        json={"filter": {"not": {"column": "seen", "op": "is_null"}}, "sort": "title:desc", "count": "exact"},
    )
    assert [record["title"] for record in page["records"]] == ["Up", "Heat"]
    assert page["count"] == {"value": 2, "exact": True}


async def test_pages_lead_to_the_end_and_back(home: Home) -> None:
    await home.furnished()
    first = await home.ok("GET", f"{home.tables}/movies/records?limit=2&sort=title")
    second = await home.ok("GET", f"{home.tables}/movies/records?limit=2&sort=title&cursor={first['next']}")
    back = await home.ok("GET", f"{home.tables}/movies/records?limit=2&sort=title&cursor={second['prev']}")

    assert [record["title"] for record in first["records"] + second["records"]] == ["Cats", "Heat", "Up"]
    assert second["next"] is None
    assert back["records"] == first["records"]


async def test_two_people_who_edit_the_same_record_do_not_overwrite_each_other(home: Home) -> None:
    await home.furnished()
    path = f"{home.tables}/movies/records/1"
    tag = (await home.http.get(path)).headers["etag"]
    mine = await home.http.patch(path, json={"rating": 9}, headers={"If-Match": tag})
    assert mine.json()["rating"] == 9
    assert mine.headers["etag"] != tag

    theirs = await home.refused("PATCH", path, 412, json={"rating": 1}, headers={"If-Match": tag})
    assert theirs["code"] == "VERSION_MISMATCH"
    assert theirs["context"]["record"]["rating"] == 9
    await home.ok("PATCH", path, json={"rating": 1}, headers={"If-Match": mine.headers["etag"]})


async def test_a_retry_under_the_same_key_writes_once(home: Home) -> None:
    await home.furnished()
    path, body = f"{home.tables}/movies/records", {"records": [{"title": "Once"}]}
    answers = [await home.http.post(path, json=body, headers={"Idempotency-Key": "k"}) for _ in range(3)]

    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert (await home.titles()).count("Once") == 1
    other = {"records": [{"title": "Other"}]}
    reused = await home.refused("POST", path, 422, json=other, headers={"Idempotency-Key": "k"})
    assert reused["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_file_becomes_a_table_and_comes_back_as_it_was(home: Home) -> None:
    path = f"{home.root}/schemas/public/imports?name=films"
    made = await home.http.post(path, content=CSV.encode())
    assert made.status_code == 201, made.text
    report = made.json()

    assert {column["name"]: column["kind"] for column in report["columns"]} == {
        "id": "number",
        "title": "text",
        "rating": "number",
        "released": "date",
    }
    assert (await home.ok("GET", made.headers["location"].removeprefix("/api/v1")))["rows"] == 3
    export = await home.http.get(f"{home.tables}/films/export")
    assert export.text.replace("\r\n", "\n") == CSV


async def test_an_import_can_be_undone_and_redone(home: Home) -> None:
    path = f"{home.root}/schemas/public/imports?name=films"
    step = (await home.ok("POST", path, content=CSV.encode()))["operation"]

    undo = await home.ok("POST", f"{home.root}/operations/{step}/undo")
    assert undo["undoes"] == step
    assert (await home.refused("GET", f"{home.tables}/films/records", 404))["code"] == "TABLE_NOT_FOUND"
    await home.ok("POST", f"{home.root}/operations/{step}/redo")
    assert len((await home.ok("GET", f"{home.tables}/films/records"))["records"]) == 3


async def test_a_file_that_cannot_be_read_leaves_nothing_and_says_where(home: Home) -> None:
    path = f"{home.root}/schemas/public/imports?name=bad"
    problem = await home.refused("POST", path, 422, content=b'a,b\n1,"two\n')

    assert problem["code"] == "QUOTE_UNTERMINATED"
    assert (await home.ok("GET", f"{home.root}/tables"))["tables"] == []


async def test_a_dropped_column_comes_back_with_its_values(home: Home) -> None:
    await home.furnished()
    before = await home.ok("GET", f"{home.tables}/movies/records?sort=id")
    dropped = await home.ok("DELETE", f"{home.tables}/movies/columns/rating")
    assert "rating" not in (await home.ok("GET", f"{home.tables}/movies/records"))["records"][0]

    await home.ok("POST", f"{home.root}/operations/{dropped['id']}/undo")
    assert await home.ok("GET", f"{home.tables}/movies/records?sort=id") == before


async def test_a_renamed_table_says_where_it_went(home: Home) -> None:
    await home.furnished()
    renamed = await home.http.patch(f"{home.tables}/movies", json={"name": "films"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "films")

    problem = await home.refused("GET", f"{home.tables}/movies/records", 404)
    assert (problem["code"], problem["context"]["table"]) == ("TABLE_RENAMED", "films")
    by_id = await home.ok("GET", f"{home.tables}/@{renamed.json()['id']}/records")
    assert len(by_id["records"]) == 3


@pytest.mark.parametrize("name", ["a/b", "a,b:c.d", "100%25", 'peo"ple; DROP', "日本 é", "records", "?#&"])
async def test_a_table_may_be_called_anything(home: Home, name: str) -> None:
    column = f"c {name}"
    body = {"name": name, "columns": [{"name": column, "kind": "text"}]}
    made = await home.http.post(home.tables, json=body)
    assert made.status_code == 201, made.text

    location = made.headers["location"].removeprefix("/api/v1")
    await home.ok("POST", f"{location}/records", json={"records": [{column: "x"}]})
    quoted = '"' + column.replace('"', '""') + '"'
    page = await home.ok("GET", f"{location}/records", params={"fields": quoted, "sort": f"{quoted}:desc"})
    assert page["records"] == [{column: "x"}]
    await home.ok("PATCH", f"{location}/columns/{quote(column, safe='')}", json={"name": "plain"})
    assert (await home.ok("GET", f"{location}/records/1"))["plain"] == "x"
    await home.ok("DELETE", location)


async def test_a_plan_shows_what_would_happen_and_a_stale_one_is_not_applied(home: Home) -> None:
    await home.furnished()
    operation = {"do": "drop_column", "schema": "public", "table": "movies", "column": "seen"}
    plan = await home.ok("POST", f"{home.root}/plans", json=operation)
    assert plan["effects"]

    await home.ok("POST", f"{home.tables}/movies/columns", json={"name": "year", "kind": "number"})
    stale = await home.refused("POST", f"{home.root}/operations", 409, json={"plan": plan["plan"]})
    assert stale["code"] == "STALE_PLAN"
    applied = await home.http.post(f"{home.root}/operations", json={"plan": stale["context"]["plan"]["plan"]})
    assert applied.status_code == 201, applied.text
    assert (await home.ok("GET", applied.headers["location"].removeprefix("/api/v1")))["do"] == "drop_column"


async def test_sql_and_rest_see_the_same_names_types_and_rows(home: Home) -> None:
    await home.furnished()
    sql = await home.connect("ddl")
    try:
        assert await sql.fetchval("SELECT rating::text FROM movies WHERE title = 'Up'") == "8.3"
        await sql.execute("INSERT INTO movies (title, rating) VALUES ('From SQL', 7)")
        await sql.execute("CREATE VIEW good AS SELECT title FROM movies WHERE rating > 8")
    finally:
        await sql.close()

    assert "From SQL" in await home.titles()
    good = await home.ok("GET", f"{home.tables}/good/records")
    assert {record["title"] for record in good["records"]} == {"Up", "Heat"}


async def test_a_sql_login_may_do_what_it_was_made_for_until_it_is_deleted(home: Home) -> None:
    await home.furnished()
    login = await home.ok("POST", f"{home.root}/connections", json={"access": "read"})
    sql = await asyncpg.connect(login["connection_string"])
    assert await sql.fetchval("SELECT count(*) FROM movies") == 3
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await sql.execute("DELETE FROM movies")
    listed = (await home.ok("GET", f"{home.root}/connections"))["connections"]
    assert [(one["login"], one["password"]) for one in listed] == [(login["login"], None)]

    await home.ok("DELETE", f"{home.root}/connections/{login['id']}")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await sql.fetchval("SELECT 1")
    with pytest.raises((asyncpg.PostgresError, ConnectionError)):
        await asyncpg.connect(login["connection_string"])


async def test_somebody_who_is_invited_joins_with_the_role_that_was_meant(home: Home, stack: Installation) -> None:
    await home.furnished()
    invited = {"email": f"guest-{home.account.slug}@example.com", "role": "viewer"}
    invitation = await home.ok("POST", f"{home.root}/invitations", json=invited)
    assert invitation["link"] == f"{stack.url}/invitations/{invitation['secret']}"

    async with client(stack.url) as guest:
        joined = {"invitation": invitation["secret"], "password": "correct horse guest", "name": "Guest"}
        accepted = await guest.post("/invitations/accept", json=joined)
        assert accepted.status_code == 200, accepted.text
        assert (await guest.get(f"{home.tables}/movies/records")).status_code == 200
        write = await guest.post(f"{home.tables}/movies/records", json={"records": ROWS})
        assert (write.status_code, write.json()["code"]) == (403, "ROLE_TOO_LOW")
        (member,) = [
            one for one in (await home.ok("GET", f"{home.root}/members"))["members"] if one["role"] == "viewer"
        ]

        await home.ok("DELETE", f"{home.root}/members/{member['user']['id']}")
        await until(lambda: _answers(guest, f"{home.tables}/movies/records", 404), 1.2)


async def test_a_token_does_no_more_than_it_was_made_for(home: Home, stack: Installation, sign_up: SignUp) -> None:
    await home.furnished()
    body = {"name": "reader", "tenant": home.account.slug, "scopes": ["records:read"]}
    token = await home.ok("POST", "/tokens", json=body)
    other = await sign_up()

    async with client(stack.url, token["token"]) as reader:
        assert (await reader.get(f"{home.tables}/movies/records")).status_code == 200
        for verb, path, status in (
            ("POST", f"{home.tables}/movies/records", 403),
            ("DELETE", f"{home.tables}/movies", 403),
            ("GET", f"/tenants/{other.slug}/tables", 404),
            ("PATCH", "/me", 403),
        ):
            carried = (
                {} if verb == "GET" or verb == "DELETE" else {"json": {"records": ROWS} if "records" in path else {}}
            )
            answer = await reader.request(verb, path, **carried)  # type: ignore[arg-type]
            assert answer.status_code == status, f"{verb} {path}: {answer.text}"
        await home.ok("DELETE", f"/tokens/{token['id']}")
        await until(lambda: _answers(reader, f"{home.tables}/movies/records", 401), 1.2)


async def test_a_new_password_ends_every_other_session(home: Home, stack: Installation) -> None:
    account = home.account
    async with client(stack.url) as elsewhere:
        credentials = {"email": account.email, "password": account.password}
        assert (await elsewhere.post("/sessions", json=credentials)).status_code == 201
        change = {"current_password": account.password, "new_password": "staple correct battery"}
        await home.ok("PATCH", "/me", json=change)

        await until(lambda: _answers(elsewhere, "/me", 401), 1.2)
        assert (await home.http.get("/me")).status_code == 200
        assert (await elsewhere.post("/sessions", json=credentials)).json()["code"] == "SIGN_IN_FAILED"


async def test_suspending_bites_within_a_second_by_rest_and_by_sql_and_resuming_gives_all_back(home: Home) -> None:
    await home.furnished()
    sql = await home.connect("read")
    await home.ok("POST", f"{home.root}/suspend")

    await until(lambda: _answers(home.http, f"{home.tables}/movies/records", 403), 1.2)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await sql.fetchval("SELECT 1")
    assert (await home.ok("GET", home.root))["state"] == "suspended"
    await home.ok("POST", f"{home.root}/resume")
    assert await home.titles("sort=id") == ["Up", "Heat", "Cats"]


async def test_a_deleted_workspace_can_be_had_back(home: Home) -> None:
    await home.furnished()
    deleted = await home.ok("DELETE", home.root)
    assert deleted["state"] == "deleting"
    assert deleted["purge_at"]

    await home.refused("GET", f"{home.tables}/movies/records", 409)
    await home.ok("POST", f"{home.root}/undelete")
    assert await home.titles("sort=id") == ["Up", "Heat", "Cats"]


async def test_a_client_that_hangs_up_ends_its_query_in_postgres(home: Home, stack: Installation) -> None:
    sql = await home.connect("ddl")
    await sql.execute(
        "CREATE VIEW slow AS "
        "SELECT g, (SELECT count(*) FROM generate_series(g, 2000000000)) FROM generate_series(1, 3) g"
    )
    database = await sql.fetchval("SELECT current_database()")
    await sql.close()
    admin = await asyncpg.connect(superuser(stack))

    async def running() -> bool:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND state = 'active'"
        return bool(await admin.fetchval(query, database))

    async def stopped() -> bool:
        return not await running()

    try:
        for path in (f"{home.tables}/slow/records?sort=g", f"{home.tables}/slow/export"):
            asked = asyncio.create_task(home.http.get(path))
            await until(running, 5)
            asked.cancel()
            await until(stopped, 2)
    finally:
        await admin.close()


async def test_the_answer_to_a_fault_of_the_caller_never_holds_sql(home: Home) -> None:
    await home.furnished()
    hostile = [
        "'",
        '"',
        "\\",
        "; DROP TABLE movies",
        "${7*7}",
        "%00",
        "1/0",
        "\u202e",
        "a" * 70,
        "-1",
        "NaN",
        "{}",
        "[]",
    ]
    for text in hostile:
        for parameter in ("fields", "sort", "filter", "cursor", "limit"):
            answer = await home.http.get(f"{home.tables}/movies/records", params={parameter: text})
            assert answer.status_code < 500, f"{parameter}={text}: {answer.text}"
            assert not [word for word in ("SELECT ", "Traceback", "asyncpg", "SQLSTATE") if word in answer.text]
        for body in (
            text.encode(),
            json.dumps({"records": text}).encode(),
            json.dumps({"records": [{text: text}]}).encode(),
        ):
            answer = await home.http.post(
                f"{home.tables}/movies/records", content=body, headers={"Content-Type": "application/json"}
            )
            assert 400 <= answer.status_code < 500, f"{body!r}: {answer.text}"
    assert await home.titles("sort=id") == ["Up", "Heat", "Cats"]


async def _answers(http: httpx.AsyncClient, path: str, status: int) -> bool:
    return (await http.get(path)).status_code == status


def superuser(stack: Installation) -> str:
    password = (Path(stack.home) / "secrets" / "postgres_password").read_text()
    return f"postgresql://postgres:{quote(password, safe='')}@127.0.0.1:{stack.postgres_port}/postgres"
