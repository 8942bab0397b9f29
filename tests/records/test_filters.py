"""Filters, sorts and cursors agree with a model in plain Python, and refuse what they cannot mean."""

import os
import random
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.fixtures.records import Records, column
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "300"))
TEXTS = [
    None,
    "",
    "a",
    "A",
    "á",
    "Ä",
    "b",
    "B",
    "ab",
    "AB c",
    "a%b",
    "a_b",
    "a\\b",
    "%",
    "_",
    "\\",
    "Straße",
    "strasse",
    "ø",
    "o",
    "日本",
    "🙂",
    " a",
]
NUMBERS = [None, "0", "-1", "1", "1.0", "1.50", "2", "10", "NaN", "99999999999999999999.5", "-0.0001"]
INTEGERS = [None, 0, -1, 1, 2, 10, 2**31 - 1, -(2**31)]
DATES = [None, "2024-02-29", "1999-12-31", "0001-01-01", "2024-03-01", "infinity"]
BOOLEANS = [None, True, False]
COLUMNS: dict[str, list[Any]] = {"t": TEXTS, "n": NUMBERS, "i": INTEGERS, "d": DATES, "b": BOOLEANS}
ORDERED = ("eq", "ne", "lt", "le", "gt", "ge")

Row = dict[str, Any]


def rows() -> list[Row]:
    """The same 150 rows each time: plenty of ties, and every value of every column."""
    chance = random.Random(7)
    made = [{name: values[at % len(values)] for name, values in COLUMNS.items()} for at in range(len(TEXTS))]
    made += [{name: chance.choice(values) for name, values in COLUMNS.items()} for _ in range(150 - len(made))]
    return [{"id": at, **row} for at, row in enumerate(made, 1)]


ROWS = rows()


# The model.


def folded(text: str) -> str:
    """Text as people compare it."""
    if text.isascii():
        return text.lower()
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    for letter, plain in {"ß": "ss", "ø": "o"}.items():
        bare = bare.replace(letter, plain)
    return bare


def comparable(name: str, value: Any) -> Any:
    """A value as the order of its column compares it."""
    match name:
        case "id":
            return value
        case "t":
            return folded(value), value
        case "n" | "i":
            return (1, Decimal(0)) if str(value) == "NaN" else (0, Decimal(str(value)))
        case "d":
            return date.max.toordinal() + 1 if value == "infinity" else date.fromisoformat(value).toordinal()
    return value


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}
PARTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda cell, part: folded(part) in folded(cell),
    "starts_with": lambda cell, part: folded(cell).startswith(folded(part)),
    "ends_with": lambda cell, part: folded(cell).endswith(folded(part)),
}


def holds(node: Any, row: Row) -> bool:
    """Whether the filter holds for the row."""
    if "and" in node:
        return all([holds(member, row) for member in node["and"]])
    if "or" in node:
        return any([holds(member, row) for member in node["or"]])
    if "not" in node:
        return not holds(node["not"], row)
    return compared(node["column"], node["op"], node.get("value"), row[node["column"]])


def compared(name: str, operator: str, value: Any, cell: Any) -> bool:
    if operator == "is_null":
        return (cell is None) is (value is not False)
    if operator == "is_empty":
        return (cell in (None, "")) is (value is not False)
    if cell is None:
        return operator == "ne"
    if operator in PARTS:
        return PARTS[operator](cell, value)
    here = comparable(name, cell)
    if operator == "in":
        return any(here == comparable(name, one) for one in value)
    if operator == "between":
        return bool(comparable(name, value[0]) <= here <= comparable(name, value[1]))
    return COMPARE[operator](here, comparable(name, value))


def sorted_by(found: list[Row], sort: list[tuple[str, str]]) -> list[Row]:
    """Rows in the order asked for, NULLs last both ways, the key deciding ties."""
    for name, how in reversed(sort):
        full = [row for row in found if row[name] is not None]
        if "raw" in how:
            full.sort(key=lambda row: row[name], reverse="desc" in how)
        else:
            full.sort(key=lambda row: comparable(name, row[name]), reverse="desc" in how)
        found = full + [row for row in found if row[name] is None]
    return found


# What people ask.


def conditions() -> Iterator[st.SearchStrategy[Any]]:
    for name, values in COLUMNS.items():
        value = st.sampled_from([value for value in values if value is not None])
        operators = ("eq", "ne") if name == "b" else ORDERED
        yield st.fixed_dictionaries({"column": st.just(name), "op": st.sampled_from(operators), "value": value})
        several = st.lists(value, max_size=4)
        yield st.fixed_dictionaries({"column": st.just(name), "op": st.just("in"), "value": several})
        if name != "b":
            pair = st.lists(value, min_size=2, max_size=2)
            yield st.fixed_dictionaries({"column": st.just(name), "op": st.just("between"), "value": pair})
        presence = {"column": st.just(name), "op": st.just("is_null")}
        yield st.fixed_dictionaries(presence, optional={"value": st.booleans()})
    text = st.sampled_from([text for text in TEXTS if text is not None])
    yield st.fixed_dictionaries({"column": st.just("t"), "op": st.sampled_from(tuple(PARTS)), "value": text})
    yield st.fixed_dictionaries({"column": st.just("t"), "op": st.just("is_empty")}, optional={"value": st.booleans()})


FILTERS = st.recursive(
    st.one_of(*conditions()),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"and": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"or": st.lists(inner, max_size=3)}),
    ),
    max_leaves=6,
)
SORTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("n", "i", "d", "b")), st.sampled_from(("", ":desc", ":asc"))),
        st.tuples(st.just("t"), st.sampled_from(("", ":desc", ":raw", ":raw:desc"))),
    ),
    max_size=3,
    unique_by=lambda sort: sort[0],
)


@pytest_asyncio.fixture
async def things(records: Records, tenant: Tenant) -> Records:
    await tenant.run(
        "CREATE TABLE things (id int PRIMARY KEY, t text, n numeric, i int, d date, b boolean); CREATE INDEX ON things (i, t)"
    )
    await records.of("things").create(*ROWS)
    return records.of("things")


@pytest.mark.soak
@given(filter_=st.none() | FILTERS, sort=SORTS, limit=st.sampled_from((11, 37, 75, 149, 150, 151)), long=st.booleans())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True)
async def test_lists_agree_with_the_model_and_the_cursor_walks_them_both_ways(
    things: Records, filter_: Any, sort: list[tuple[str, str]], limit: int, long: bool
) -> None:
    if long:  # a filter of so many conditions is asked for in another way
        filter_ = {"and": [{"column": "id", "op": "gt", "value": 0}] * 60 + ([filter_] if filter_ else [])}
    expected = column(sorted_by([row for row in ROWS if filter_ is None or holds(filter_, row)], sort), "id")
    query = {"filter": filter_ or "", "sort": ",".join(name + how for name, how in sort), "limit": limit}
    event(f"pages: {-(-len(expected) // limit)}")
    page = await things.page(**query, count="exact", fields="id")
    assert page["count"]["value"] == len(expected)
    seen = [column(page["records"], "id")]
    while page["next"]:
        page = await things.page(**query, cursor=page["next"], fields="id")
        seen.append(column(page["records"], "id"))
    assert [id_ for ids in seen for id_ in ids] == expected
    back = [seen[-1]]
    while page["prev"]:
        page = await things.page(**query, cursor=page["prev"], fields="id")
        back.insert(0, column(page["records"], "id"))
    assert back == seen


def _deep(levels: int) -> Any:
    return {"not": _deep(levels - 1)} if levels else {"column": "i", "op": "eq", "value": 1}


REFUSED_FILTERS: list[tuple[Any, str, tuple[str, ...]]] = [
    ("{", "MALFORMED", ("filter",)),
    ("[]", "FILTER_INVALID", ("is no filter",)),
    ("{}", "FILTER_INVALID", ("column",)),
    ({"column": "i", "op": "eq", "value": 1, "more": 2}, "FILTER_INVALID", ("more",)),
    ('{"column": "i", "column": "t", "op": "is_null"}', "FILTER_INVALID", ("repeats",)),
    ({"column": "tt", "op": "is_null"}, "COLUMN_UNKNOWN", ("did you mean 't'",)),
    ({"column": "t", "op": "startswith", "value": "a"}, "FILTER_INVALID", ("did you mean 'starts_with'",)),
    ({"column": "i", "op": "contains", "value": "1"}, "FILTER_INVALID", ("between",)),
    ({"column": "i", "op": "eq"}, "FILTER_INVALID", ("is_null",)),
    ({"column": "i", "op": "eq", "value": "x"}, "FILTER_INVALID", ("not a number",)),
    ({"column": "i", "op": "eq", "value": {"a": 1}}, "FILTER_INVALID", ("object",)),
    ({"column": "i", "op": "eq", "value": [1]}, "FILTER_INVALID", ("one value",)),
    ({"column": "i", "op": "in", "value": 1}, "FILTER_INVALID", ("list",)),
    ({"column": "i", "op": "in", "value": [None]}, "FILTER_INVALID", ("is_null",)),
    ({"column": "i", "op": "in", "value": [1] * 1001}, "FILTER_INVALID", ("1000",)),
    ({"column": "i", "op": "between", "value": [1]}, "FILTER_INVALID", ("two",)),
    ({"column": "i", "op": "is_null", "value": 3}, "FILTER_INVALID", ("true, false",)),
    ({"column": "d", "op": "eq", "value": "2024-02-30"}, "FILTER_INVALID", ("'d'", "2024-02-30")),
    ({"column": "d", "op": "gt", "value": "today"}, "FILTER_INVALID", ("YYYY-MM-DD",)),
    ({"column": "b", "op": "eq", "value": "maybe"}, "FILTER_INVALID", ("'b'", "boolean")),
    ({"column": "t", "op": "eq", "value": "a\0"}, "FILTER_INVALID", ("NUL",)),
    ({"column": "t", "op": "eq", "value": "\ud800"}, "FILTER_INVALID", ("surrogate",)),
    ({"column": "\ud800", "op": "eq", "value": "a"}, "FILTER_INVALID", ("cannot be read",)),
    ({"column": "t", "op": "matches", "value": "("}, "FILTER_INVALID", ("regular expression",)),
    ({"column": "t", "op": "matches", "value": "a" * 201}, "FILTER_INVALID", ("200",)),
    (_deep(10), "FILTER_INVALID", ("10 levels",)),
    ({"and": [{"column": "i", "op": "is_null"}] * 200}, "FILTER_INVALID", ("200",)),
]


async def test_a_filter_that_means_nothing_is_refused_with_a_cure(things: Records, subtests: pytest.Subtests) -> None:
    for filter_, reason, words in REFUSED_FILTERS:
        with subtests.test(filter=str(filter_)[:60]), refused(reason, *words):
            await things.page(filter=filter_)


async def test_filters_within_the_limits_are_answered(things: Records) -> None:
    assert (await things.page(filter=_deep(9)))["records"]
    assert (await things.page(filter={"or": [{"column": "i", "op": "is_null"}] * 199}))["records"]
    assert (await things.page(filter={"column": "i", "op": "in", "value": list(range(1000))}))["records"]
    whole = {"column": "i", "op": "gt", "value": 1.5}
    assert {row["i"] for row in (await things.page(filter=whole))["records"]} == {2, 10, 2**31 - 1}
    assert (await things.page(filter={"column": "i", "op": "lt", "value": "1e30"}, count="exact"))["count"][
        "value"
    ] > 100
    pattern = {"column": "t", "op": "matches", "value": "^[aA]b?$"}
    assert {row["t"] for row in (await things.page(filter=pattern))["records"]} == {"a", "A", "ab"}


REFUSED_QUERIES: list[tuple[dict[str, Any], str, tuple[str, ...]]] = [
    ({"fields": "id,,t"}, "FIELDS_INVALID", ("character 4",)),
    ({"fields": "id,"}, "FIELDS_INVALID", ()),
    ({"fields": 'id,"t'}, "FIELDS_INVALID", ("quote",)),
    ({"fields": "id,id"}, "FIELDS_INVALID", ("twice",)),
    ({"fields": "t.x"}, "FIELDS_INVALID", ("links",)),
    ({"fields": "t:desc"}, "FIELDS_INVALID", ("names only",)),
    ({"fields": "iid"}, "COLUMN_UNKNOWN", ("did you mean 'id'",)),
    ({"sort": "t:down"}, "SORT_INVALID", (":desc",)),
    ({"sort": "t:asc:desc"}, "SORT_INVALID", ()),
    ({"sort": "t,t:desc"}, "SORT_INVALID", ("twice",)),
    ({"sort": "i:raw"}, "SORT_INVALID", ("':raw' is for text",)),
    ({"sort": "nope"}, "COLUMN_UNKNOWN", ()),
    ({"sort": ",".join("abcdefghijk")}, "SORT_INVALID", ("10",)),
    ({"limit": 1001}, "LIMIT_INVALID", ("1000",)),
    ({"limit": -1}, "LIMIT_INVALID", ()),
    ({"count": "all"}, "PARAMETER_INVALID", ("estimate",)),
    ({"shape": "row"}, "PARAMETER_INVALID", ("did you mean 'rows'",)),
    ({"numbers": "text"}, "PARAMETER_INVALID", ("string",)),
    ({"search": "x" * 201}, "SEARCH_INVALID", ("200",)),
    ({"search": " ".join("abcdefghijk")}, "SEARCH_INVALID", ("10 words",)),
    ({"offset": -1}, "START_INVALID", ("0 to",)),
    ({"offset": 1, "at": "end"}, "START_INVALID", ("one of",)),
    ({"cursor": "x", "at": "end"}, "START_INVALID", ("one of",)),
    ({"at": "start"}, "START_INVALID", ("'end'",)),
    ({"cursor": "nonsense"}, "CURSOR_INVALID", ()),
    ({"cursor": "é"}, "CURSOR_INVALID", ()),
]


async def test_a_query_that_means_nothing_is_refused_with_a_cure(things: Records, subtests: pytest.Subtests) -> None:
    for query, reason, words in REFUSED_QUERIES:
        with subtests.test(query=query), refused(reason, *words):
            await things.page(**query)


async def test_a_cursor_serves_the_list_it_came_from_and_no_other(things: Records, tenant: Tenant) -> None:
    cursor = (await things.page(sort="t", limit=3))["next"]
    assert (await things.page(sort="t", limit=50, shape="rows", fields="id", cursor=cursor))["rows"]
    for other in ({"sort": "t:desc"}, {"sort": ""}, {"sort": "t", "filter": {"column": "i", "op": "is_null"}}):
        with refused("CURSOR_INVALID", "start again"):
            await things.page(**other, cursor=cursor)
    for mangled in (cursor[:-1], cursor + "A", cursor[:20] + "x" + cursor[21:]):
        with refused("CURSOR_INVALID"):
            await things.page(sort="t", cursor=mangled)
    await tenant.run("CREATE TABLE others (id int PRIMARY KEY, t text)")
    with refused("CURSOR_INVALID"):
        await things.of("others").page(sort="t", cursor=cursor)


async def test_what_has_no_order_cannot_be_sorted_but_can_be_found(records: Records, tenant: Tenant) -> None:
    await tenant.run("""
        CREATE TABLE people (id int PRIMARY KEY, p point, j json, x xml, a inet);
        INSERT INTO people VALUES (1, '(1,2)', '{}', '<a/>', '10.0.0.2'), (2, '(3,4)', '[]', '<b/>', '9.0.0.1');
    """)
    for name in ("p", "j", "x"):
        with refused("SORT_INVALID", name, "no order"):
            await records.page(sort=name)
    with refused("FILTER_INVALID", "no order"):
        await records.page(filter={"column": "p", "op": "gt", "value": "(1,2)"})
    assert column((await records.page(filter={"column": "p", "op": "eq", "value": "(3,4)"}))["records"], "id") == [2]
    assert column((await records.page(filter={"column": "p", "op": "ne", "value": "(3,4)"}))["records"], "id") == [1]
    assert column((await records.page(filter={"column": "j", "op": "is_null", "value": False}))["records"], "id") == [
        1,
        2,
    ]
    assert column((await records.page(sort="a"))["records"], "id") == [2, 1]
    assert column((await records.page(filter={"column": "a", "op": "gt", "value": "9.5.0.0"}))["records"], "id") == [1]
    with refused("FILTER_INVALID", "'a'", "inet"):
        await records.page(filter={"column": "a", "op": "eq", "value": "1.2.3.4.5"})


async def test_parts_of_texts_are_taken_literally(things: Records) -> None:
    for operator in PARTS:
        for part in ("%", "_", "\\", "a%", "a_b", "a\\b", "%%", "Ä", "ss", "ß", " ", "日", "％", "＿", "＼", "ﬁ"):
            found = await things.page(filter={"column": "t", "op": operator, "value": part}, limit=1000, fields="id")
            expected = [row["id"] for row in ROWS if compared("t", operator, part, row["t"])]
            assert column(found["records"], "id") == expected, (operator, part)
