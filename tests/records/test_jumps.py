"""Lists that start at a position or end at their end: the same list as ever, and both ways from there no record lost or shown twice."""

from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.records.reads import curves, jumps
from services.records.reads.curves import Curve, Spot
from tests.fixtures.records import Records, column
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant
from tests.records.test_filters import EXAMPLES, FILTERS, ROWS, SORTS, holds, sorted_by

WALKS = max(1, EXAMPLES // 3)
"""Each walks through a whole list, both ways."""

STARTS = st.one_of(st.builds(lambda offset: {"offset": offset}, st.integers(0, 160)), st.just({"at": "end"}))


@pytest_asyncio.fixture
async def things(records: Records, tenant: Tenant) -> Records:
    await tenant.run("""
        CREATE TABLE things (id int PRIMARY KEY, t text, n numeric, i int, d date, b boolean);
        CREATE INDEX ON things (i, t); CREATE INDEX ON things (n);
    """)
    await records.of("things").create(*ROWS)
    await tenant.run("ANALYZE things")
    return records.of("things")


async def walked(things: Records, page: Any, direction: str, query: dict[str, Any]) -> list[int]:
    """What lies beyond a page, in the order of the list."""
    found: list[int] = []
    while page[direction] is not None:
        page = await things.page(**query, cursor=page[direction], fields="id")
        ids = column(page["records"], "id")
        found = found + ids if direction == "next" else ids + found
    return found


@pytest.mark.soak
@given(
    filter_=st.none() | FILTERS, sort=SORTS, limit=st.sampled_from((1, 7, 40, 150)), start=STARTS, count=st.booleans()
)
@settings(max_examples=WALKS, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True)
async def test_a_list_from_any_position_is_the_same_list(
    things: Records, filter_: Any, sort: list[tuple[str, str]], limit: int, start: dict[str, Any], count: bool
) -> None:
    expected = column(sorted_by([row for row in ROWS if filter_ is None or holds(filter_, row)], sort), "id")
    query = {"filter": filter_ or "", "sort": ",".join(name + how for name, how in sort), "limit": max(limit, 30)}
    page = await things.page(**query | {"limit": limit}, **start, fields="id", count="exact" if count else "none")
    here = column(page["records"], "id")
    first = start.get("offset", max(0, len(expected) - limit))
    event("beyond the end" if first >= len(expected) else "inside")
    assert here == expected[first : first + limit]
    if "offset" in start or count or not page["prev"]:
        assert page["start"] == {"value": min(first, len(expected)), "exact": True}
    before, behind = await walked(things, page, "prev", query), await walked(things, page, "next", query)
    assert before + here + behind == expected


@pytest.mark.soak
@given(sort=SORTS, limit=st.sampled_from((1, 7, 40)), offset=st.integers(1, 149))
@settings(max_examples=WALKS, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True)
async def test_a_list_from_a_position_that_statistics_guess_is_the_same_list(
    things: Records, sort: list[tuple[str, str]], limit: int, offset: int
) -> None:
    expected = column(sorted_by(ROWS, sort), "id")
    query = {"sort": ",".join(name + how for name, how in sort), "limit": 30}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jumps, "MAX_EXACT", 0)
        page = await things.page(**query | {"limit": limit}, offset=offset, fields="id")
    assert page["start"] == {"value": offset, "exact": False}
    here = column(page["records"], "id")
    before, behind = await walked(things, page, "prev", query), await walked(things, page, "next", query)
    assert before + here + behind == expected
    event(f"off by {abs(len(before) - offset) // 15 * 15} or more of {len(expected)}")


async def test_a_guess_is_near_on_skewed_and_repeated_values(records: Records, tenant: Tenant) -> None:
    await tenant.run("""
        CREATE TABLE people (id int PRIMARY KEY, skew int, word text, state text, at timestamptz);
        INSERT INTO people SELECT i, CASE WHEN i % 10 > 0 THEN (power(i % 1000 / 1000.0, 4) * 1000)::int END, md5(i::text),
            (ARRAY['open', 'closed', 'done'])[1 + i % 7 % 3], '2020-01-01'::timestamptz + i * interval '1 hour'
        FROM generate_series(1, 60000) i;
        ANALYZE people;
    """)
    for sort in ("", "id:desc", "skew", "skew:desc", "word", "state", "state:desc,word", "at:desc", "state,skew:desc"):
        for offset in (10_001, 25_000, 42_000, 59_000):
            page = await records.page(sort=sort, offset=offset, limit=1, fields="id")
            assert page["start"] == {"value": offset, "exact": False}
            exact = await records.page(sort=sort, limit=1, fields="id", cursor=page["prev"] or "", count="none")
            assert exact["records"]
            place = await position(tenant, page["records"][0]["id"], sort)
            assert abs(place - offset) <= 60_000 * 0.03, (sort, offset, place)


async def position(tenant: Tenant, identifier: int, sort: str) -> int:
    order = ", ".join(f"{part.replace(':', ' ')} NULLS LAST" for part in sort.split(",") if part)
    numbered = f"SELECT id, row_number() OVER (ORDER BY {order + ',' if order else ''} id) - 1 AS n FROM people"
    found: int = await tenant.value(f"SELECT n FROM ({numbered}) x WHERE id = $1", identifier)
    return found


async def test_statistics_that_say_nothing_of_a_place_are_left_alone(
    records: Records, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jumps, "MAX_EXACT", 0)
    await tenant.run("""
        CREATE TABLE people (id int PRIMARY KEY, l int[], n int, never int);
        INSERT INTO people SELECT i, ARRAY[i % 7, i], nullif(i % 5, 0) FROM generate_series(1, 100) i; ANALYZE people;
        UPDATE people SET n = 0 WHERE n IS NULL; ALTER TABLE people ALTER n SET NOT NULL;
    """)
    for sort, exact in (
        ("l", True),
        ("n", False),
        ("n:desc", False),
        ("n,l", False),
        ("never", False),
        ("never:desc", False),
    ):
        for offset in (1, 50, 99):
            page = await records.page(sort=sort, offset=offset, limit=1)
            assert (page["start"], len(page["records"])) == ({"value": offset, "exact": exact}, 1), (sort, offset)


async def test_a_filtered_list_is_counted_out(records: Records, tenant: Tenant) -> None:
    await tenant.run("""
        CREATE TABLE people (id int PRIMARY KEY, n int); INSERT INTO people SELECT i, i % 2 FROM generate_series(1, 30000) i;
        ANALYZE people;
    """)
    page = await records.page(filter={"column": "n", "op": "eq", "value": 1}, offset=12_000, limit=1)
    assert (page["start"], page["records"]) == ({"value": 12_000, "exact": True}, [{"id": 24_001, "n": 1}])
    beyond = await records.page(offset=1_000_000)
    assert (beyond["records"], beyond["next"], beyond["start"]) == ([], None, {"value": 30_000, "exact": True})
    assert (await records.page(cursor=beyond["prev"], limit=2))["records"][-1]["id"] == 30_000


@pytest.mark.parametrize("start", [{"offset": 2}, {"at": "end"}])
@pytest.mark.parametrize(
    "shape",
    [
        "CREATE TABLE people (n int); INSERT INTO people SELECT generate_series(0, 4)",
        "CREATE VIEW people AS SELECT generate_series(0, 4) AS n",
        "CREATE TABLE people (k text PRIMARY KEY, n int); "
        "INSERT INTO people SELECT repeat(i::text, 1600), i FROM generate_series(0, 4) i",
    ],
)
async def test_what_has_no_short_key_is_found_by_position(
    records: Records, tenant: Tenant, shape: str, start: dict[str, Any]
) -> None:
    await tenant.run(shape)
    page = await records.page(**start, limit=3, fields="n")
    assert column(page["records"], "n") == [2, 3, 4]
    assert (page["start"], page["next"]) == ({"value": 2, "exact": True}, None)
    assert column((await records.page(cursor=page["prev"], limit=3, fields="n"))["records"], "n") in ([0, 1, 2], [0, 1])
    beyond = await records.page(offset=7, limit=3)
    assert (beyond["records"], beyond["start"]) == ([], {"value": 5, "exact": True})
    assert column((await records.page(cursor=beyond["prev"], limit=3, fields="n"))["records"], "n") == [2, 3, 4]


async def test_an_empty_list_has_no_end(records: Records, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY)")
    for start in ({"offset": 0}, {"offset": 5}, {"at": "end"}):
        page = await records.page(**start)
        assert (page["records"], page["next"], page["prev"]) == ([], None, None)
        assert page["start"] == {"value": 0, "exact": True}


async def test_positions_beyond_all_bounds_are_refused(records: Records, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY)")
    assert (await records.page(offset=2**53))["records"] == []
    for offset in (2**53 + 1, -1):
        with refused("START_INVALID", "'offset'"):
            await records.page(offset=offset)


def test_a_curve_joins_common_values_and_bounds() -> None:
    # A tenth is NULL, half is 5, and two fifths lie between 0 and 10 and 20.
    curve = Curve(0.1, [("0", None), ("5", 0.5), ("10", None), ("20", None)], "integer", False)
    (five,) = curves.spots([curve], 0.25)
    assert five == Spot("5", 0.5)
    assert list(curves.spots([curve], 0.6)) == [Spot("5", None)]
    assert list(curves.spots([curve], 0.8)) == [Spot("15", None)]
    (null,) = curves.spots([curve], 0.95)
    assert null.value is None
    assert null.share == pytest.approx(0.5)
    downwards = Curve(0.1, curve.points, "integer", True)
    assert list(curves.spots([downwards], 0.1)) == [Spot("15", None)]
    assert list(curves.spots([Curve(0, [], "integer", False)], 0.5)) == []
    state, key = (
        Curve(0, [("a", 0.4), ("b", 0.6)], "text", False),
        Curve(0, [("0", None), ("100", None)], "integer", False),
    )
    assert [spot.value for spot in curves.spots([state, key], 0.7)] == ["b", "50"]
