"""Every limit, asked one below, exactly at and one above; and the page of documentation that lists them."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
import xlsxwriter  # type: ignore[import-untyped]  # it has no stubs

from services.auth import passwords, slugs, texts
from services.gateway.bodies import parameters
from services.gateway.settings import MEGABYTE
from services.kinds import options
from services.kit import paging
from services.kit.ids import opaque_name
from services.records import bodies, documents, request, values
from services.records.imports import limits as files
from services.records.reads import filters, ordering, patterns, relative
from services.records.statement import pages
from services.records.writes import edits
from services.schema import columns
from services.tenancy import names
from tests.fixtures.openapi import DOCUMENT
from tests.fixtures.stack import Account, Installation, signing_up

REST = Path(__file__).parents[2] / "docs" / "rest.md"
SORTED = [f"c{number}" for number in range(ordering.MAX_SORT + 1)]
LISTS = [
    path
    for path, item in DOCUMENT["paths"].items()
    if any(parameter["name"] == "limit" for parameter in item.get("get", {}).get("parameters", ()))
]


class Home:
    """A workspace with a table `t`, by short words."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.http = account.http
        self.root = f"/tenants/{account.slug}"
        self.tables = f"{self.root}/schemas/public/tables"
        self.records = f"{self.tables}/t/records"

    async def furnished(self) -> "Home":
        numbers = [{"name": name, "kind": "number"} for name in SORTED]
        own = [{"name": name, "kind": kind} for name, kind in (("body", "text"), ("more", "json"), ("day", "date"))]
        assert (await self.make("t", [*own, *numbers])).is_success
        return self

    async def make(self, table: str, own: list[Any]) -> httpx.Response:
        return await self.http.post(self.tables, json={"name": table, "columns": own})

    async def create(self, *records: Any, **more: Any) -> httpx.Response:
        return await self.http.post(self.records, json={"records": records}, **more)

    async def filtered(self, tree: Any) -> httpx.Response:
        return await self.http.post(f"{self.records}/query", json={"filter": tree, "limit": 1})

    async def load(self, file: bytes, name: str = "") -> httpx.Response:
        path = f"{self.root}/schemas/public/imports"
        return await self.http.post(path, params={"name": name or opaque_name("i", 6)}, content=file)


@dataclass(frozen=True)
class Limit:
    """The most of something that one request may have, and with what one more is refused."""

    what: str
    most: int
    code: str
    ask: Callable[[Home, int], Awaitable[httpx.Response]]


def nested(depth: int, inner: Any = 1) -> Any:
    return [nested(depth - 1, inner)] if depth > 0 else inner


def within(depth: int) -> Any:
    """A filter of so many levels."""
    return {"not": within(depth - 1)} if depth > 1 else {"column": "c0", "op": "eq", "value": 1}


def body(size: int) -> bytes:
    """A body that makes a record, of exactly so many bytes."""
    frame = b'{"records":[{"body":"%s"}]}'
    return frame % (b"x" * (size - len(frame) + 2))


async def keys(home: Home, count: int) -> list[str]:
    """So many keys of records; of the last it only looks like one where no call can make as many."""
    made = await home.create(*[{}] * min(count, edits.MAX_RECORDS))
    found: list[str] = made.json()["keys"]
    return found + ["0"] * (count - len(found))


async def change(home: Home, count: int) -> httpx.Response:
    changes = [{"key": key, "set": {"c0": 1}} for key in await keys(home, count)]
    return await home.http.patch(home.records, json={"records": changes})


async def delete(home: Home, count: int) -> httpx.Response:
    return await home.http.post(f"{home.records}/delete", json={"keys": await keys(home, count)})


async def rename(home: Home, size: int) -> httpx.Response:
    await home.make("before", [])
    answer = await home.http.patch(f"{home.tables}/before", json={"name": opaque_name("n", 6).ljust(size, "n")})
    await home.http.delete(f"{home.tables}/before")
    return answer


async def found_a_workspace(home: Home, size: int) -> httpx.Response:
    return await home.http.post("/tenants", json={"slug": opaque_name("w", 6).ljust(size, "w")[:size], "name": "W"})


async def new_password(home: Home, size: int) -> httpx.Response:
    """Each time under the same old one: what is too long or too short is refused before anything is compared or changed."""
    old, new = home.account.password, ("correct horse é " * 20).encode()[:size].decode(errors="replace")
    answer = await home.http.patch("/me", json={"current_password": old, "new_password": new})
    if answer.is_success:
        back = await home.http.patch("/me", json={"current_password": new, "new_password": old})
        assert back.is_success, back.text
    return answer


def workbook(columns: int) -> bytes:
    """A workbook with a sheet of so many columns."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held)
    book.add_worksheet().write_row(0, 0, [f"c{number}" for number in range(columns)])
    book.close()
    return held.getvalue()


async def choice(home: Home, count: int) -> httpx.Response:
    offered = [{"value": str(number)} for number in range(count)]
    return await home.make(opaque_name("t", 6), [{"name": "c", "kind": "choice", "display": {"options": offered}}])


LIMITS = [
    Limit(
        "records of a page",
        paging.MAX_LIMIT,
        "LIMIT_INVALID",
        lambda home, n: home.http.get(home.records, params={"limit": n}),
    ),
    Limit("records made by one call", edits.MAX_RECORDS, "TOO_MANY_RECORDS", lambda home, n: home.create(*[{}] * n)),
    Limit("records changed by one call", edits.MAX_RECORDS, "TOO_MANY_RECORDS", change),
    Limit("records deleted by one call", edits.MAX_RECORDS, "TOO_MANY_RECORDS", delete),
    Limit(
        "bytes of a JSON body",
        10 * MEGABYTE,
        "TOO_LARGE",
        lambda home, n: home.http.post(home.records, content=body(n), headers={"Content-Type": "application/json"}),
    ),
    Limit(
        "levels of a JSON value", documents.MAX_DEPTH, "VALUE_INVALID", lambda home, n: home.create({"more": nested(n)})
    ),
    Limit(
        "columns of a table",
        columns.MAX_COLUMNS,
        "TOO_MANY_COLUMNS",
        lambda home, n: home.make(
            opaque_name("t", 6), [{"name": f"c{number}", "kind": "number"} for number in range(n - 1)]
        ),
    ),
    Limit("options of a choice", options.MAX_OPTIONS, "DISPLAY_INVALID", choice),
    Limit("bytes of a name in SQL", names.MAX_BYTES, "NAME_INVALID", rename),
    Limit("levels of a filter", filters.MAX_DEPTH, "FILTER_INVALID", lambda home, n: home.filtered(within(n))),
    Limit(
        "nodes of a filter",
        filters.MAX_NODES,
        "FILTER_INVALID",
        lambda home, n: home.filtered({"or": [within(1)] * (n - 1)}),
    ),
    Limit(
        "values of `in`",
        filters.MAX_VALUES,
        "FILTER_INVALID",
        lambda home, n: home.filtered({"column": "c0", "op": "in", "value": list(range(n))}),
    ),
    Limit(
        "characters of a regular expression",
        patterns.MAX_PATTERN,
        "FILTER_INVALID",
        lambda home, n: home.filtered({"column": "body", "op": "matches", "value": "x" * n}),
    ),
    Limit(
        "columns of a sort",
        ordering.MAX_SORT,
        "SORT_INVALID",
        lambda home, n: home.http.get(home.records, params={"sort": ",".join(SORTED[:n])}),
    ),
    Limit(
        "records passed over by `offset`",
        request.MAX_OFFSET,
        "PARAMETER_INVALID",
        lambda home, n: home.http.get(home.records, params={"offset": n}),
    ),
    Limit(
        "units of a relative date",
        relative.MOST,
        "FILTER_INVALID",
        lambda home, n: home.filtered({"column": "day", "op": "within", "value": {"last": n, "unit": "day"}}),
    ),
    Limit(
        "characters of a search",
        request.MAX_SEARCH,
        "SEARCH_INVALID",
        lambda home, n: home.http.get(home.records, params={"search": "x" * n}),
    ),
    Limit(
        "words of a search",
        request.MAX_WORDS,
        "SEARCH_INVALID",
        lambda home, n: home.http.get(home.records, params={"search": " ".join(map(str, range(n)))}),
    ),
    Limit(
        "figures of one query",
        request.MAX_FIGURES,
        "AGGREGATE_INVALID",
        lambda home, n: home.http.post(
            f"{home.records}/query", json={"aggregate": [{"column": "c0", "function": "sum"}] * n}
        ),
    ),
    Limit(
        "characters of an Idempotency-Key",
        parameters.KEY_LONGEST,
        "IDEMPOTENCY_KEY_INVALID",
        lambda home, n: home.create({}, headers={"Idempotency-Key": opaque_name("k", 6).ljust(n, "k")}),
    ),
    Limit("characters of a slug", slugs.LONGEST, "SLUG_INVALID", found_a_workspace),
    Limit(
        "characters of a name for people",
        texts.NAME_LIMIT,
        "INVALID",
        lambda home, n: home.http.patch("/me", json={"name": "é" * n}),
    ),
    Limit(
        "characters of an e-mail address",
        texts.EMAIL_LIMIT,
        "INVALID",
        lambda home, n: home.http.post(
            f"{home.root}/invitations",
            json={"email": f"{opaque_name('a', 6)}@{'e' * 60}".ljust(n - 4, "e") + ".com", "role": "viewer"},
        ),
    ),
    Limit("bytes of a password", passwords.MAX_BYTES, "PASSWORD_WEAK", new_password),
    Limit(
        "columns of a file",
        files.COLUMNS,
        "TOO_MANY_COLUMNS",
        lambda home, n: home.load(",".join(f"c{number}" for number in range(n)).encode() + b"\n"),
    ),
    Limit(
        "columns of a JSON file",
        files.COLUMNS,
        "TOO_MANY_COLUMNS",
        lambda home, n: home.load(json.dumps([{f"c{number}": 1 for number in range(n)}]).encode()),
    ),
    Limit("columns of a workbook", files.COLUMNS, "TOO_MANY_COLUMNS", lambda home, n: home.load(workbook(n))),
    Limit(
        "levels of a value in a JSON file",
        files.DEPTH,
        "RECORD_INVALID",
        lambda home, n: home.load(json.dumps([{"a": nested(n)}]).encode()),
    ),
    Limit(
        "bytes of a record in a JSON file",
        files.ROW_BYTES,
        "ROW_TOO_LONG",
        lambda home, n: home.load(b'[{"a":"%b"}]' % (b"x" * (n - 8))),
    ),
    Limit(
        "bytes of a row of a file",
        files.ROW_BYTES,
        "ROW_TOO_LONG",
        lambda home, n: home.load(b"a,b\n1," + b"x" * (n - 3) + b"\n"),
    ),
]
LEAST = [
    Limit("records of a page", 1, "LIMIT_INVALID", LIMITS[0].ask),
    Limit("characters of a slug", slugs.SHORTEST, "SLUG_INVALID", found_a_workspace),
    Limit("bytes of a password", passwords.MIN_BYTES, "PASSWORD_WEAK", new_password),
]


@pytest_asyncio.fixture(scope="module")
async def home(stack: Installation) -> AsyncIterator[Home]:
    async with signing_up(stack.url) as sign_up:
        yield await Home(await sign_up()).furnished()


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.what)
async def test_as_many_as_may_be_pass_and_one_more_is_refused(home: Home, limit: Limit) -> None:
    for size in (limit.most - 1, limit.most):
        answer = await limit.ask(home, size)
        assert answer.is_success, f"{size}: {answer.text[:500]}"

    refused(await limit.ask(home, limit.most + 1), limit)


@pytest.mark.parametrize("limit", LEAST, ids=lambda limit: limit.what)
async def test_as_few_as_may_be_pass_and_one_less_is_refused(home: Home, limit: Limit) -> None:
    for size in (limit.most + 1, limit.most):
        answer = await limit.ask(home, size)
        assert answer.is_success, f"{size}: {answer.text[:500]}"

    refused(await limit.ask(home, limit.most - 1), limit)


def refused(answer: httpx.Response, limit: Limit) -> None:
    """As the table says, in words that name the limit."""
    problem = answer.json()
    assert (answer.is_client_error, problem["code"]) == (True, limit.code), problem
    told = {f"{limit.most}", f"{limit.most:,}", f"{limit.most // MEGABYTE} MB", f"{limit.most >> 20} MB"}
    assert any(number in problem["detail"] for number in told), problem["detail"]


@pytest.mark.parametrize("path", [path for path in LISTS if "{id}" not in path and "{key}" not in path])
async def test_every_list_has_the_same_bounds(home: Home, path: str) -> None:
    where = path.removeprefix("/api/v1").format(tenant=home.account.slug, schema="public", table="t")
    for limit in (1, paging.MAX_LIMIT):
        assert (await home.http.get(where, params={"limit": limit})).is_success
    for limit in (0, -1, paging.MAX_LIMIT + 1, 2**63):
        answer = await home.http.get(where, params={"limit": limit})
        assert (answer.status_code, answer.json()["code"]) == (400, "LIMIT_INVALID")
    for cursor in ("x", "W10", "bnVsbA", "💥", "a" * 10_000):
        answer = await home.http.get(where, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "CURSOR_INVALID")


async def test_a_cell_of_the_limit_is_whole_in_a_page_and_a_longer_one_is_cut_and_listed(home: Home) -> None:
    await home.make("cells", [{"name": "body", "kind": "text"}])
    path = f"{home.tables}/cells/records"
    sizes = [values.MAX_CELL - 1, values.MAX_CELL, values.MAX_CELL + 1]
    made = (await home.http.post(path, json={"records": [{"body": "é" * size} for size in sizes]})).json()
    page = (await home.http.get(path, params={"sort": "id"})).json()

    assert [len(record["body"]) for record in page["records"]] == [
        values.MAX_CELL - 1,
        values.MAX_CELL,
        values.MAX_CELL,
    ]
    assert page["truncated"] == [{"row": 2, "columns": ["body"]}]
    whole = (await home.http.get(f"{path}/{made['keys'][2]}")).json()
    assert whole["body"] == "é" * (values.MAX_CELL + 1)


async def test_a_page_below_its_bytes_is_whole_and_one_above_ends_early_and_goes_on(home: Home) -> None:
    await home.make("pages", [{"name": "body", "kind": "text"}])
    path, count = f"{home.tables}/pages/records", 900
    size = pages.MAX_PAGE // count
    assert size < values.MAX_CELL
    for fill, is_whole in ((size - 50, True), (size + 50, False)):
        records = [{"body": "x" * fill}] * count
        made = (await home.http.post(path, json={"records": records})).json()["keys"]
        seen, cursor, answers = [], "", []
        while cursor is not None:
            answers.append(
                await home.http.get(
                    path, params={"limit": count, "cursor": cursor or ""} if cursor else {"limit": count}
                )
            )
            seen += [str(record["id"]) for record in answers[-1].json()["records"]]
            cursor = answers[-1].json()["next"]
        assert seen == made
        assert (len(answers) == 1) == is_whole
        assert all(len(answer.content) <= pages.MAX_PAGE + values.MAX_CELL for answer in answers)
        await home.http.post(f"{path}/delete", json={"keys": made})


async def test_a_record_of_the_largest_answer_is_answered_and_a_larger_one_is_refused(home: Home) -> None:
    await home.make("answers", [{"name": "body", "kind": "text"}])
    path = f"{home.tables}/answers/records"
    await home.http.post(path, json={"records": [{"body": ""}]})
    frame = len((await home.http.get(f"{path}/1")).content)
    login = (await home.http.post(f"{home.root}/connections", json={"access": "write"})).json()
    connection = await asyncpg.connect(login["connection_string"])
    for size, is_refused in ((bodies.MAX_ANSWER - 1, False), (bodies.MAX_ANSWER, False), (bodies.MAX_ANSWER + 1, True)):
        await connection.execute("UPDATE answers SET body = repeat('x', $1)", size - frame)
        answer = await home.http.get(f"{path}/1")
        if is_refused:
            assert (answer.status_code, answer.json()["code"]) == (422, "ANSWER_TOO_LARGE")
        else:
            assert len(answer.content) == size
    await connection.close()


def test_the_documentation_lists_the_limits() -> None:
    listed = REST.read_text().partition("## Limits")[2].partition("\n## ")[0]
    for limit in LIMITS:
        assert f"| {limit.what} | {limit.most:,} | `{limit.code}` |" in listed
