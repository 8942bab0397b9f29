"""Operators of lists, documents, options and relative dates agree with a model in plain Python."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import kinds
from tests.fixtures.records import Records, column
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant
from tests.records.test_filters import EXAMPLES

LISTS: list[list[str | None] | None] = [
    None,
    [],
    ["a"],
    ["A"],
    ["a", "b"],
    ["b", "a", "a"],
    [None],
    ["a", None],
    ['"', "{}", ","],
]
INTEGERS: list[list[int] | None] = [None, [], [1], [1, 2], [2, 3], [-1]]
DOCUMENTS: list[Any] = [
    None,
    {},
    [],
    {"a": 1},
    {"a": {"b": [1, 2]}},
    {"a": {"b": [2]}, "c": "x"},
    [1, "a"],
    "a",
    1.5,
    ["a", {"a": 1}],
    True,
]
MOODS = [None, "sad", "ok", "Happy"]
ROWS = [
    {
        "id": at,
        "l": LISTS[at % len(LISTS)],
        "n": INTEGERS[at % len(INTEGERS)],
        "j": DOCUMENTS[at % len(DOCUMENTS)],
        "m": MOODS[at % len(MOODS)],
    }
    for at in range(1, 60)
]


def contained(part: Any, whole: Any, top: bool = True) -> bool:
    """Whether a document contains another one, as jsonb's `@>` has it."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and contained(value, whole[name], False) for name, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(contained(one, other, False) for other in whole) for one in part)
    if isinstance(whole, list) and top:
        return any(contained(part, member, False) for member in whole)
    return type(part) is type(whole) and bool(part == whole)


def has_key(key: str, document: Any) -> bool:
    """Whether it is a member's name, or a string in the list, or the string itself."""
    return document == key if isinstance(document, str) else isinstance(document, list | dict) and key in document


def holds(test: dict[str, Any], cell: Any) -> bool:
    value: Any = test.get("value")
    match test["op"]:
        case "is_empty":
            return cell in (None, [])
        case _ if cell is None:
            return False
        case "contains" if test["column"] == "j":
            return contained(value, cell)
        case "has_key":
            return has_key(value, cell)
        case "contains":
            return value in cell
        case "contains_any":
            return any(member in cell for member in value if member is not None)
        case "contains_all":
            return all(member in cell for member in value)
        case "eq":
            return bool(cell == value)
        case "in":
            return cell in value
        case "lt":
            return MOODS.index(cell) < MOODS.index(value)
    raise AssertionError(test)


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    def condition(name: str, operator: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({"column": st.just(name), "op": st.just(operator), "value": values})

    letters, numbers = st.sampled_from(["a", "A", "b", '"', "{}", ",", "z", ""]), st.integers(-1, 4)
    documents = st.sampled_from([document for document in DOCUMENTS if document is not None])
    moods = st.sampled_from(["sad", "ok", "Happy"])
    found = [
        condition("j", "contains", documents),
        condition("j", "has_key", letters),
        condition("m", "eq", moods),
        condition("m", "lt", moods),
        condition("m", "in", st.lists(moods)),
    ]
    for name, members in (("l", letters), ("n", numbers)):
        found.append(condition(name, "contains", members))
        found += [
            condition(name, operator, st.lists(members, max_size=3)) for operator in ("contains_any", "contains_all")
        ]
        whole = st.lists(members, max_size=2)
        found += [condition(name, "eq", whole), condition(name, "in", st.lists(whole, max_size=3))]
        found.append(st.just({"column": name, "op": "is_empty"}))
    return st.one_of(*found)


@pytest_asyncio.fixture
async def things(records: Records, tenant: Tenant) -> Records:
    await tenant.run("""
        CREATE TYPE mood AS ENUM ('sad', 'ok', 'Happy');
        CREATE TABLE things (id int PRIMARY KEY, l text[], n int[], j jsonb, m mood);
        CREATE INDEX ON things USING gin (l); CREATE INDEX ON things USING gin (j);
    """)
    await records.of("things").create(*ROWS)
    return records.of("things")


@pytest.mark.soak
@given(test=conditions(), negated=st.booleans())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True)
async def test_lists_documents_and_options_are_filtered_as_the_model_has_it(
    things: Records, test: dict[str, Any], negated: bool
) -> None:
    expected = [row["id"] for row in ROWS if holds(test, row[test["column"]]) is not negated]
    page = await things.page(filter={"not": test} if negated else test, fields="id", limit=1000)
    assert column(page["records"], "id") == expected


async def test_an_enumeration_is_ordered_by_its_labels_places(things: Records) -> None:
    for sort, order in (("m", ["sad", "ok", "Happy", None]), ("m:desc", ["Happy", "ok", "sad", None])):
        moods = column((await things.page(sort=sort, limit=1000))["records"], "m")
        assert list(dict.fromkeys(moods)) == order


ZONES = ["UTC", "Europe/Oslo", "Pacific/Kiritimati", "America/St_Johns", "Etc/GMT+11"]
UNITS = ("day", "week", "month", "quarter", "year")


def first_of(day: date, unit: str) -> date:
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


def moved(first: date, unit: str, steps: int) -> date:
    if unit in ("day", "week"):
        return first + timedelta(days=steps * (7 if unit == "week" else 1))
    months = first.year * 12 + first.month - 1 + steps * {"month": 1, "quarter": 3, "year": 12}[unit]
    return date(months // 12, months % 12 + 1, 1)


def stretch(value: Any, today: date) -> tuple[date, date]:
    """The first day of a stretch, and the first one after it."""
    if isinstance(value, str):
        words = {"today": "this day", "yesterday": "last day", "tomorrow": "next day"}.get(value, value).split()
        value = {words[0]: 1, "unit": words[1]}
    unit, current = value["unit"], value.get("current", False)
    this = first_of(today, unit)
    if "last" in value:
        return moved(this, unit, -value["last"]), moved(this, unit, int(current))
    if "next" in value:
        return moved(this, unit, int(not current)), moved(this, unit, value["next"] + 1)
    return this, moved(this, unit, 1)


STRETCHES = st.one_of(
    st.sampled_from(["today", "yesterday", "tomorrow"]),
    st.builds("{} {}".format, st.sampled_from(("last", "this", "next")), st.sampled_from(UNITS)),
    st.builds(
        lambda direction, count, unit, current: {direction: count, "unit": unit, "current": current},
        st.sampled_from(("last", "next")),
        st.integers(1, 12),
        st.sampled_from(UNITS),
        st.booleans(),
    ),
    st.builds(lambda unit: {"this": None, "unit": unit}, st.sampled_from(UNITS)),
)


@pytest_asyncio.fixture
async def days(records: Records, tenant: Tenant) -> Records:
    """Every day of eight years around now, and its first and last moments."""
    await tenant.run("""
        CREATE TABLE days (id int PRIMARY KEY, d date, z timestamptz, l timestamp);
        INSERT INTO days SELECT i, current_date + i, date_trunc('day', now()) + i * interval '1 day' + i % 24 * interval '1 hour',
            date_trunc('day', localtimestamp) + i * interval '1 day' - i % 2 * interval '1 us' FROM generate_series(-1500, 1500) i;
        INSERT INTO days VALUES (9999, 'infinity', '-infinity', NULL);
    """)
    return records.of("days")


@pytest.mark.soak
@given(value=STRETCHES, zone=st.sampled_from([*ZONES, None]), name=st.sampled_from(["d", "z", "l"]))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True)
async def test_relative_dates_are_those_of_the_calendar_in_the_time_zone(
    days: Records, tenant: Tenant, value: Any, zone: str | None, name: str
) -> None:
    test = {"column": name, "op": "within", "value": value} | ({"time_zone": zone} if zone else {})
    info = ZoneInfo(zone or "UTC")
    while True:  # midnight may strike between the two
        today = datetime.now(info).date()
        found = {row["id"]: row[name] for row in await days.all(filter=test, limit=1000)}
        if datetime.now(info).date() == today:
            break
    first, end = stretch(value, today)

    def lies_within(cell: str) -> bool:
        if "infinity" in cell:
            return False
        moment = datetime.fromisoformat(cell)
        return first <= (moment.astimezone(info) if moment.tzinfo else moment).date() < end

    expected = {row["id"] for row in await every(days, name) if row[name] and lies_within(row[name])}
    assert set(found) == expected


_known: dict[str, list[Any]] = {}


async def every(days: Records, name: str) -> list[Any]:
    key = f"{days.caller.tenant}{name}"
    if key not in _known:
        _known[key] = await days.all(fields=f"id,{name}", limit=1000)
    return _known[key]


REFUSED: list[tuple[Any, tuple[str, ...]]] = [
    ({"column": "d", "op": "within"}, ("today",)),
    ({"column": "d", "op": "within", "value": "soon"}, ("today",)),
    ({"column": "d", "op": "within", "value": {"last": 0, "unit": "day"}}, ("1,000",)),
    ({"column": "d", "op": "within", "value": {"last": 1001, "unit": "day"}}, ("1,000",)),
    ({"column": "d", "op": "within", "value": {"last": 1.5, "unit": "day"}}, ("whole number",)),
    ({"column": "d", "op": "within", "value": {"last": 1, "unit": "hour"}}, ("quarter",)),
    ({"column": "d", "op": "within", "value": {"last": 1, "next": 1, "unit": "day"}}, ("'last' or 'next'",)),
    ('{"column": "d", "op": "within", "value": {"last": 1, "last": 2, "unit": "day"}}', ("today",)),
    ({"column": "d", "op": "within", "value": "today", "time_zone": "Nowhere+3"}, ("time zone", "Europe/Oslo")),
    ({"column": "d", "op": "within", "value": "today", "time_zone": "Not/There"}, ("time zone", "Not/There")),
    ({"column": "d", "op": "within", "value": "today", "time_zone": 3}, ("time zone",)),
    ({"column": "d", "op": "eq", "value": "2024-01-01", "time_zone": "UTC"}, ("'within'",)),
    ({"column": "id", "op": "within", "value": "today"}, ("cannot be filtered by",)),
]


async def test_a_stretch_that_means_nothing_is_refused(days: Records, subtests: pytest.Subtests) -> None:
    for filter_, words in REFUSED:
        with subtests.test(filter=str(filter_)), refused("FILTER_INVALID", *words):
            await days.page(filter=filter_)
    assert (await days.page(filter={"column": "d", "op": "within", "value": {"last": 1000, "unit": "year"}}))["records"]


REFUSED_MEMBERS: list[tuple[Any, tuple[str, ...]]] = [
    ({"column": "l", "op": "contains", "value": ["a"]}, ("not a list",)),
    ({"column": "l", "op": "contains_any", "value": "a"}, ("takes a list",)),
    ({"column": "n", "op": "contains", "value": "x"}, ("'n'", "integer")),
    ({"column": "n", "op": "contains_all", "value": [1, None]}, ("needs a value",)),
    ({"column": "l", "op": "contains_any", "value": ["a"] * 1001}, ("1000",)),
    ({"column": "l", "op": "eq", "value": {"a": 1}}, ("object",)),
    ({"column": "m", "op": "eq", "value": "furious"}, ("furious", "mood")),
    ({"column": "j", "op": "contains"}, ("needs a value",)),
    ('{"column": "j", "op": "contains", "value": {"a": 1, "a": 2}}', ("repeats",)),
    ({"column": "j", "op": "has_key", "value": ["a"]}, ("not a list",)),
    ({"column": "j", "op": "eq", "value": 1}, ("contains",)),
]


async def test_members_that_mean_nothing_are_refused(things: Records, subtests: pytest.Subtests) -> None:
    for filter_, words in REFUSED_MEMBERS:
        with subtests.test(filter=str(filter_)), refused("FILTER_INVALID", *words):
            await things.page(filter=filter_)


@pytest.mark.parametrize(
    "pattern", ["a" * 200, "(a{1,100}){1,50}", r"^\w+@[a-z.]{2,20}$", "[[:alpha:]]{255}", "(?i)A|b"]
)
async def test_patterns_within_the_limits_are_matched(things: Records, pattern: str) -> None:
    await things.page(filter={"column": "m", "op": "matches", "value": pattern})


@pytest.mark.parametrize(
    "pattern", ["((a{1,100}){1,100}){1,100}", "(a{1,100}){1,51}", "(([a-z]x){50}){51}", "(a{255}b?|[]{]{255}){20}"]
)
async def test_patterns_that_would_grow_without_bounds_are_refused(things: Records, pattern: str) -> None:
    with refused("FILTER_INVALID", "repeats too much"):
        await things.page(filter={"column": "m", "op": "matches", "value": pattern})


def test_the_days_of_the_model_are_right() -> None:
    today = datetime(2024, 2, 29, tzinfo=UTC).date()
    assert stretch("last month", today) == (date(2024, 1, 1), date(2024, 2, 1))
    assert stretch({"next": 1, "unit": "week"}, today) == (date(2024, 3, 4), date(2024, 3, 11))
    assert stretch({"last": 2, "unit": "quarter", "current": True}, today) == (date(2023, 7, 1), date(2024, 4, 1))
    assert json.dumps(has_key("a", ["a"])) == "true"


CHOOSING = """
    CREATE TABLE tasks (id int PRIMARY KEY, size text, tags text[]);
    INSERT INTO tasks SELECT i, (ARRAY['small', 'medium', 'large', 'huge', 'Antique', NULL])[1 + i % 6],
        (ARRAY['{small}', '{large,small}', NULL])[1 + i % 3]::text[] FROM generate_series(1, 30) i;
    SELECT rowhouse.reconcile();
"""
OPTIONS = ["small", "medium", "large", "huge"]


@pytest_asyncio.fixture
async def tasks(records: Records, tenant: Tenant) -> Records:
    """Tasks whose size is a choice that people put in order; one size is none of the options."""
    await tenant.run(CHOOSING)
    display = json.dumps({"options": [{"value": option} for option in OPTIONS]})
    async with tenant.binding.connected("ddl_a") as connection:
        for name, kind in (("size", "choice"), ("tags", "choices")):
            await connection.execute(
                "SELECT rowhouse.set_display(id, kind => $2, display => $3) FROM rowhouse.attribute WHERE name = $1",
                *(name, kind, display),
            )
    return records.of("tasks")


@pytest.mark.parametrize("limit", [1, 4, 30])
async def test_a_choice_is_sorted_in_the_order_of_its_options(tasks: Records, limit: int) -> None:
    order = [*OPTIONS, "Antique"]
    for sort, expected in (("size", [*order, None]), ("size:desc", [*order[::-1], None])):
        sizes = column(await tasks.all(sort=sort, limit=limit), "size")
        assert list(dict.fromkeys(sizes)) == expected
        end = await tasks.page(sort=sort, at="end", limit=limit)
        assert column(end["records"], "size") == sizes[-limit:]
        jump = await tasks.page(sort=sort, offset=7, limit=limit)
        assert column(jump["records"], "size") == sizes[7 : 7 + limit]
    raw = column(await tasks.all(sort="size:raw", limit=limit), "size")
    assert list(dict.fromkeys(raw)) == ["Antique", "huge", "large", "medium", "small", None]


async def test_choices_are_searched_by_their_options(tasks: Records) -> None:
    def found(row: dict[str, Any], word: str) -> bool:
        chosen = [row["size"], *(row["tags"] or ())]
        return any(word in option for option in chosen if option in OPTIONS)

    rows = await tasks.all()
    for word in ("small", "larg", "e", "zzz"):
        page = await tasks.page(search=word.upper())
        assert column(page["records"], "id") == [row["id"] for row in rows if found(row, word)], word


VALUES: dict[str, Any] = {
    "text": "a", "character varying(9)": "a", "name": "a", "bigint": 1, "numeric": "1.5", "money": "1.50", "real": 1.5, "boolean": True,
    "date": "2024-01-01", "timestamp with time zone": "2024-01-01T10:00:00Z", "timestamp without time zone": "2024-01-01T10:00:00",
    "time without time zone": "10:00", "time with time zone": "10:00+01", "interval": "5 minutes", "smallint": 3,
    "uuid": "00000000-0000-0000-0000-000000000000", "jsonb": {"a": 1}, "json": {"a": 1}, "text[]": "a", "integer[]": 1, "inet": "1.2.3.4",
    "point": "(1,2)", "int4range": "[1,2)", "bytea": "AAEC", "mood": "sad",
}  # fmt: skip
WITHIN_KIND = {
    "choice": ["mood", "text"],
    "array": ["text[]", "integer[]"],
    "other": ["inet", "point", "int4range", "bytea"],
}


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.name)
async def test_every_operator_of_every_kind_is_understood(
    records: Records, tenant: Tenant, kind: kinds.Kind, subtests: pytest.Subtests
) -> None:
    await tenant.run("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    types = WITHIN_KIND.get(kind.name) or [type_ for type_ in VALUES if kind.holds(type_.partition("(")[0])]
    assert types
    for type_ in types:
        await tenant.run(f"DROP TABLE IF EXISTS people; CREATE TABLE people (id int PRIMARY KEY, c {type_})")
        await tenant.run("INSERT INTO people VALUES (1, NULL); SELECT rowhouse.reconcile()")
        async with tenant.binding.connected("ddl_a") as connection:
            set_kind = "SELECT rowhouse.set_display(id, kind => $1) FROM rowhouse.attribute WHERE name = 'c'"
            await connection.execute(set_kind, kind.name)
        for operator in kind.operators:
            with subtests.test(type=type_, operator=operator):
                whole = type_.endswith("[]") and not operator.startswith("contains")
                test = {"column": "c", "op": operator} | operand(operator, [VALUES[type_]] if whole else VALUES[type_])
                if type_ == "point" and operator in ("lt", "le", "gt", "ge", "between"):
                    with refused("FILTER_INVALID", "no order"):
                        await records.page(filter=test)
                else:
                    found = [row["id"] for row in (await records.page(filter=test))["records"]]
                    assert found == ([1] if operator in ("ne", "is_null", "is_empty") else [])


def operand(operator: str, value: Any) -> dict[str, Any]:
    match operator:
        case "is_null" | "is_empty":
            return {}
        case "between":
            return {"value": [value, value]}
        case "in" | "contains_any" | "contains_all":
            return {"value": [value]}
        case "within":
            return {"value": "today"}
        case "has_key":
            return {"value": "a"}
    return {"value": value}
