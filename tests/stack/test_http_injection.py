"""Attackers' texts in every place of every request: refused with a word on why or kept as they are, and never run.

`make test` sends each text at least once and each place at least two; `ROWHOUSE_EXAMPLES=1000000` sends every text in every place.
"""

import csv
import io
import os
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import chain, cycle, islice, repeat
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

import asyncpg
import httpx
import pytest
import pytest_asyncio

from services.tenancy import names
from tests.fixtures.openapi import DOCUMENT, fits
from tests.fixtures.stack import Installation, signing_up
from tests.stack.inputs import Input, inputs, request_with
from tests.stack.payloads import MARK, OTHERS, TEXTS
from tests.stack.world import LEFT_OUT, Workspace, World

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "400"))
SEED = int(os.environ.get("ROWHOUSE_SEED", "3"))
# Words of ours and of Postgres that no answer has: what ran, or did not, because of a text that was not quoted.
INSIDE = re.compile(
    r'Traceback|asyncpg|psycopg|SQLSTATE|File \\"|services/|syntax error at|unterminated|multiple commands'
)
CANARY = """
    CREATE SEQUENCE canary.witness;
    CREATE TABLE canary.birds (id int PRIMARY KEY, name text NOT NULL);
    INSERT INTO canary.birds SELECT n, 'bird ' || n FROM generate_series(1, 50) n;
    GRANT USAGE ON SCHEMA canary TO PUBLIC;
    GRANT ALL ON ALL TABLES IN SCHEMA canary TO PUBLIC;
    GRANT ALL ON SEQUENCE canary.witness TO PUBLIC;
"""
# What is there, in one text: all rows and all that the catalog knows of this schema, and what may run anywhere in the database.
SEEN = """
    SELECT concat_ws(E'\\n',
        (SELECT string_agg(birds::text, ';' ORDER BY id) FROM canary.birds),
        (SELECT format('%s %s', last_value, is_called) FROM canary.witness),
        (SELECT string_agg(c.relname || c.relacl::text || c.relowner || a.attnames, ';' ORDER BY c.relname)
         FROM pg_class c, LATERAL (SELECT string_agg(attname || atttypid, ',' ORDER BY attnum)
                                   FROM pg_attribute WHERE attrelid = c.oid) a (attnames)
         WHERE c.relnamespace = 'canary'::regnamespace),
        (SELECT string_agg(proname || md5(prosrc), ';' ORDER BY proname, oid) FROM pg_proc WHERE oid >= 16384),
        (SELECT string_agg(extname, ';' ORDER BY extname) FROM pg_extension),
        (SELECT string_agg(tgname || tgrelid::regclass, ';' ORDER BY tgname) FROM pg_trigger
         WHERE tgrelid::regclass::text LIKE ANY ('{canary.%,rowhouse.%}')))
"""


class Canary:
    """A schema of a workspace that nothing but SQL can reach, and what it looked like."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.connection = connection
        self.before = ""

    @classmethod
    async def of(cls, workspace: Workspace) -> "Canary":
        await workspace.call("POST", "/schemas", json={"name": "canary"})
        login = await workspace.call("POST", "/connections", json={"access": "ddl"})
        made = cls(await asyncpg.connect(login["connection_string"]))
        await made.connection.execute(CANARY)
        made.before = await made.seen()
        return made

    async def seen(self) -> str:
        found: str = await self.connection.fetchval(SEEN)
        return found


@pytest_asyncio.fixture(scope="module")
async def world(stack: Installation) -> AsyncIterator[World]:
    async with signing_up(stack.url) as sign_up:
        newcomer = await sign_up()
        both = [
            Workspace(await sign_up(), {"schema": "public", "table": "movies", "column": "rating", "key": "1"})
            for _ in "12"
        ]
        for workspace in both:
            await workspace.furnish(newcomer)
        home, neighbour = both
        yield World(stack.url, home, neighbour, newcomer, {"owner": home.http}, {"owner": home.owner})


@pytest_asyncio.fixture(scope="module")
async def canaries(world: World) -> AsyncIterator[list[Canary]]:
    made = [await Canary.of(workspace) for workspace in (world.home, world.suspended)]
    yield made
    for canary in made:
        await canary.connection.close()


def chosen(places: list[Input]) -> list[tuple[Input, Any]]:
    """Pairs of a place and a value: each place twice and each text once, and as many of all pairs as are asked for."""
    dice = random.Random(SEED)
    count = max(2 * len(places), len(TEXTS))
    every = [(place, value) for place in places for value in (TEXTS if place.only_text else TEXTS + OTHERS)]
    return [
        *zip(dealt(dice, places, count), dealt(dice, TEXTS, count), strict=True),
        *dice.sample(every, min(EXAMPLES, len(every))),
    ]


def dealt(dice: random.Random, values: list[Any], count: int) -> Iterator[Any]:
    """As many of the values, none of them once more before all of them came up."""
    return islice(chain.from_iterable(dice.sample(values, len(values)) for _ in repeat(None)), count)


@pytest.mark.soak
async def test_no_text_anywhere_is_run_or_a_fault(
    world: World, canaries: list[Canary], counted: Callable[[str], None]
) -> None:
    places = inputs(LEFT_OUT)
    statuses: Counter[int] = Counter()
    faults = []
    pairs = chosen(places)
    for at, value in pairs:
        path, request = await request_with(world, at, value)
        answer = await world.home.http.request(at.route.partition(" ")[0], path, **request)
        statuses[answer.status_code] += 1
        if answer.is_success and "/records" not in at.route and not at.route.startswith("GET"):
            await world.home.movies()
        if why := what_is_wrong_with(answer):
            faults.append(f"{at} = {str(value)[:80]!a}: {why}: {answer.text[:300]}")
    counted(f"{len(TEXTS)} texts in {len(places)} places, {len(pairs)} requests, seed {SEED}: {dict(statuses)}")
    assert not faults, "\n".join(faults)
    for canary in canaries:
        assert await canary.seen() == canary.before


def what_is_wrong_with(answer: httpx.Response) -> str:
    """Why this is no way to answer an attack; empty if it is one."""
    if answer.status_code >= 500:
        return "a fault"
    if answer.status_code >= 400:
        if answer.headers["content-type"] != "application/problem+json":
            return "not a problem"
        problem = answer.json()
        if not fits(problem, DOCUMENT["components"]["schemas"]["Problem"]):
            return "not of a problem's shape"
        if INSIDE.search(answer.text):
            return "the inside turned out"
        if problem["code"] in ("QUERY_TOO_SLOW", "TIMED_OUT", "DATABASE_BUSY"):
            return "something ran"
    return ""


KEPT = [text for text in TEXTS if text and "\0" not in text and "\ud800" not in text]


async def test_texts_are_kept_found_and_named_by_as_they_are(world: World, canaries: list[Canary]) -> None:
    tables = "/schemas/public/tables"
    columns = [{"name": "text", "kind": "text"}, {"name": "more", "kind": "json"}]
    await world.home.call("POST", tables, json={"name": "texts", "columns": columns, "primary_key": ["text"]})
    path = f"{tables}/texts/records"
    await world.home.call("POST", path, json={"records": [{"text": text, "more": {text: [text]}} for text in KEPT]})

    ways = cycle(["eq", "contains", "starts_with", "ends_with", "in", "ge", "le"])
    for text, op in zip(KEPT, ways, strict=False):
        assert await world.home.call("GET", f"{path}/{segment(text)}") == {"text": text, "more": {text: [text]}}
        value = [text] if op == "in" else text
        query = {"filter": {"column": "text", "op": op, "value": value}, "fields": "text", "limit": 1000}
        found = (await world.home.call("POST", f"{path}/query", json=query))["records"]
        assert {"text": text[:10_000]} in found
        assert len(found) == 1 or op not in ("eq", "in")
    export = (await world.home.http.get(f"/tenants/{world.home.owner.slug}{tables}/texts/export?fields=text")).text
    assert sorted(row[0] for row in csv.reader(io.StringIO(export, newline=""))) == sorted([*KEPT, "text"])
    for canary in canaries:
        assert await canary.seen() == canary.before


async def test_texts_that_can_be_names_name_columns_and_tables(world: World, canaries: list[Canary]) -> None:
    able = [text for text in KEPT if names.fault(normalize("NFC", text)) is None and not text.startswith("__rh_")]
    able = list(dict.fromkeys(normalize("NFC", text) for text in able if text not in ("ctid", "xmin", "tableoid")))[
        :499
    ]
    row = {name: f"<{name}>" for name in able}
    tables = "/schemas/public/tables"
    columns = [{"name": name, "kind": "text", "default": {"value": row[name]}} for name in able]
    for table in ("named", *able[::25]):
        made = await world.home.call(
            "POST", tables, json={"name": table, "columns": columns[: 1 if table != "named" else None]}
        )
        assert made["name"] == table
    path = f"{tables}/named/records"
    made = await world.home.call("POST", path, json={"records": [row, {}]})
    assert [{**record, "id": None} for record in made["records"]] == [{"id": None, **row}] * 2

    for some in (able[at : at + 10] for at in range(0, len(able), 10)):
        quoted = ",".join('"' + name.replace('"', '""') + '"' for name in some)
        one_by_one = [{"column": name, "op": "eq", "value": row[name]} for name in some]
        query = {"fields": quoted, "sort": quoted, "filter": {"and": one_by_one}}
        found = (await world.home.call("POST", f"{path}/query", json=query))["records"]
        assert found == [{name: row[name] for name in some}] * 2
    for table in able[::25]:
        assert (await world.home.call("GET", f"{tables}/{segment(table)}/records"))["records"] == []
        await world.home.call("DELETE", f"{tables}/{segment(table)}")
    for canary in canaries:
        assert await canary.seen() == canary.before


def segment(text: str) -> str:
    """A text as one segment of a path; `.` and `..` would be steps of the path to a client."""
    return quote(text, safe="").replace(".", "%2E")


async def test_a_text_that_is_run_leaves_a_mark(canaries: list[Canary]) -> None:
    ours = canaries[0]
    await ours.connection.execute(f"BEGIN; SELECT 1 WHERE 'x' = '' OR {MARK} > 0 --'; \n ; ROLLBACK")

    assert await ours.seen() != ours.before
