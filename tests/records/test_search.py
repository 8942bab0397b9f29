"""Search over a table's text agrees with a model, and says whether an index found what it shows."""

from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.records.reads import searching
from tests.fixtures.records import Records, column, serving_records
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Keyring, Tenant
from tests.records.test_filters import EXAMPLES, TEXTS, folded

NAMES = [None, "Ada Lovelace", "ADÉLE", "Straße 5", "50 % off", "a_b", "\\", "Øystein", "日本 語"]
MOODS = [None, "sad", "Very Happy", "ok"]
ROWS: list[dict[str, Any]] = [
    {"id": at, "t": TEXTS[at % len(TEXTS)], "v": NAMES[at % len(NAMES)], "m": MOODS[at % len(MOODS)], "n": at}
    for at in range(1, 120)
]
WORDS = [
    "ada",
    "ÅDÁ",
    "lovelace",
    "strasse",
    "straße",
    "%",
    "_",
    "\\",
    "a",
    "ab",
    "happy",
    "ver",
    "oy",
    "日",
    "5",
    "zzz",
    "ﬀ",
    "off",
]


@pytest_asyncio.fixture
async def things(records: Records, tenant: Tenant) -> Records:
    await tenant.run("""
        CREATE TYPE mood AS ENUM ('sad', 'Very Happy', 'ok');
        CREATE TABLE things (id int PRIMARY KEY, t text, v varchar(50), m mood, n int);
    """)
    await records.of("things").create(*ROWS)
    return records.of("things")


def matches(row: dict[str, Any], words: list[str]) -> bool:
    texts = [folded(row[name]) for name in ("t", "v", "m") if row[name]]
    return all(any(folded(word) in text for text in texts) for word in words)


@pytest.mark.soak
@given(words=st.lists(st.sampled_from(WORDS), max_size=3, unique=True), filtered=st.booleans())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True)
async def test_every_word_is_in_some_text_of_a_record(things: Records, words: list[str], filtered: bool) -> None:
    query: dict[str, Any] = {"filter": {"column": "n", "op": "gt", "value": 40}} if filtered else {}
    page = await things.page(search="  ".join(words), fields="id", limit=1000, count="exact", **query)
    expected = [row["id"] for row in ROWS if matches(row, words) and (row["n"] > 40 or not filtered)]
    assert column(page["records"], "id") == expected
    assert page["count"]["value"] == len(expected)


async def test_options_are_searched_as_postgres_would(tenant: Tenant) -> None:
    texts = [text for text in [*TEXTS, *NAMES, *WORDS, "Æǿœþđħıŧł", "İ", "ŉ", "Σας", "ǅ", "ﷺ"] if text]
    async with tenant.psql() as connection:
        for text in texts:
            assert searching.folded(text) == await connection.fetchval("SELECT rowhouse.sort_key($1)", text)


async def test_a_cursor_serves_the_search_it_came_from(things: Records) -> None:
    page = await things.page(search="a", limit=1)
    assert (await things.page(search="a", limit=1, cursor=page["next"]))["records"]
    for other in ("", "b"):
        with refused("CURSOR_INVALID"):
            await things.page(search=other, cursor=page["next"])


async def test_a_search_says_that_no_index_helped_and_which_would(things: Records, tenant: Tenant) -> None:
    index = {
        "do": "create_index",
        "schema": "public",
        "table": "things",
        "columns": [{"column": "t", "by": "trigram"}, {"column": "v", "by": "trigram"}],
    }
    assert "search" not in await things.page()
    assert (await things.page(search="lovelace"))["search"] == {"indexed": False, "operation": index}
    assert (await things.page(search="ad lovelace"))["search"] == {"indexed": False, "operation": index}
    assert (await things.page(search="ad"))["search"] == {"indexed": False, "operation": None}
    assert (await things.page(search="happy"))["search"] == {"indexed": False, "operation": None}


@pytest.mark.parametrize("columns", [["t"], ["t", "v::text"]])
async def test_a_search_says_that_an_index_found_it(
    things: Records, tenant: Tenant, keyring: Keyring, columns: list[str]
) -> None:
    async with tenant.binding.connected("ddl_a") as connection:
        await connection.execute("SELECT rowhouse.enable_trigrams()")
    for expression in columns:
        await tenant.run(f"CREATE INDEX ON things USING gin (rowhouse.sort_key({expression}) rowhouse.gin_trgm_ops)")
    whole = len(columns) == 2  # one column without an index spoils it
    async with serving_records(keyring) as channel:  # that does not remember the table as it was
        for words in ("lovelace", "ad lovelace"):
            search = (await replace(things, channel=channel).page(search=words))["search"]
            assert (search["indexed"], search["operation"] is None) == (whole, whole)
        short = await replace(things, channel=channel).page(search="ad")
    assert short["search"] == {"indexed": False, "operation": None}


async def test_a_table_of_many_texts_is_searched_as_one(records: Records, tenant: Tenant) -> None:
    columns = ", ".join(f"c{at} text" for at in range(150))
    await tenant.run(
        f"CREATE TABLE people (id int PRIMARY KEY, {columns}); INSERT INTO people (id, c3, c149) VALUES (1, 'Ada', 'Zoë'), (2, 'Ada', NULL)"
    )
    assert column((await records.page(search="ada zoe", fields="id"))["records"], "id") == [1]
    assert (await records.page(search="adazoe"))["records"] == []


async def test_a_table_without_text_has_nothing_to_find(records: Records, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people VALUES (1)")
    page = await records.page(search="1")
    assert (page["records"], page["search"]) == ([], {"indexed": False, "operation": None})


async def test_a_search_has_bounds(things: Records) -> None:
    await things.page(search="x" * 200)
    await things.page(search=" ".join("abcdefghij"))
    with refused("SEARCH_INVALID", "200 characters"):
        await things.page(search="x" * 201)
    with refused("SEARCH_INVALID", "10 words"):
        await things.page(search=" ".join("abcdefghijk"))
    with refused("SEARCH_INVALID", "NUL"):
        await things.page(search="a\0")


async def test_figures_are_of_what_a_search_finds(things: Records) -> None:
    found = await things.figures(("n", "count"), search="ada lovelace")
    assert found["rows"] == len([row for row in ROWS if matches(row, ["ada", "lovelace"])])
