"""What a kind reads, Postgres reads as the same value; what Postgres shows, the kind reads; and its rule is one, here and there."""

import json
import os
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.kinds import KINDS, Kind, lists, phone, url
from services.kit.quoting import literal
from services.tenancy.pools import PINS
from tests.fixtures.postgres import MakeDatabase

EFFORT = settings(
    max_examples=int(os.environ.get("ROWHOUSE_EXAMPLES", "200")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
OPTIONS = ["open", "Won't do", "a, b", "c;d", '"', "\\", "{}", "NULL", "ä", "Straße"]
SETTINGS: dict[str, dict[str, Any]] = {
    "choice": {"options": [{"value": value} for value in OPTIONS]},
    "choices": {"options": [{"value": value} for value in OPTIONS]},
    "rating": {"max": 7},
    "money": {"currency": "EUR"},
}
OUT_OF_RANGE = {"22003", "22008", "22015", "22009"}
UNJUDGED = {"other", "array"}
"""Kinds that leave it to Postgres whether a text in its own spelling is a value."""
BIG = st.integers(-(2**200), 2**200)
DECIMALS = st.builds(lambda n, scale: f"{n}e{-scale}", BIG, st.integers(-20, 60)) | st.sampled_from(
    ["NaN", "Infinity", "-Infinity"]
)
DAYS = st.integers(-2_400_000, 2_100_000_000).map(lambda n: f"(date '2000-01-01' + {n})") | st.just("date 'infinity'")
SECONDS = st.integers(-(2 * 10**11), 9 * 10**12)
MOMENTS = st.builds(
    lambda n, us: f"(timestamp '2000-01-01' + {n} * interval '1 s' + {us} * interval '1 us')",
    SECONDS,
    st.integers(0, 999_999),
)
SPANS = st.builds(
    lambda months, days, us: f"(interval '{months} months {days} days' + {us} * interval '1 us')",
    *(st.integers(-20_000, 20_000), st.integers(-20_000, 20_000), st.integers(-(10**15), 10**15)),
)
TIMES = st.integers(0, 86_399_999_999).map(lambda us: f"(time '00:00' + {us} * interval '1 us')")
CHARACTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | CHARACTERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "ä"]), inner, max_size=3),
).map(json.dumps)


def quoted(strategy: st.SearchStrategy[Any], type_: str) -> st.SearchStrategy[str]:
    """SQL of values that are written as these texts."""
    return strategy.map(lambda value: f"{literal(str(value))}::{type_}")


def arrays(strategy: st.SearchStrategy[str], type_: str) -> st.SearchStrategy[str]:
    members = st.lists(st.none() | strategy, max_size=4).map(lists.to_postgres)
    return quoted(members, type_)


ATOMS = st.text(st.sampled_from("abcXYZ012!#$%&'*+/=?^_`{|}~-é用"), min_size=1, max_size=20)
LABELS = st.from_regex(r"[a-zA-Z0-9é用](?:-{0,2}[a-zA-Z0-9é用]){0,20}", fullmatch=True)
ADDRESSES = st.builds(
    lambda local, domain, last: f"{'.'.join(local)}@{'.'.join([*domain, last])}",
    *(
        st.lists(ATOMS, min_size=1, max_size=3),
        st.lists(LABELS, min_size=1, max_size=4),
        LABELS.filter(lambda label: not label[0].isdigit()),
    ),
)
URLS = st.from_regex(url.ADDRESS.regex, fullmatch=True).filter(lambda text: "\0" not in text)
NUMBERS = st.from_regex(phone.NUMBER.regex, fullmatch=True)
CENTS = st.integers(-(2**60), 2**60).map(lambda cents: str(Decimal(cents).scaleb(-2)))
ZONED = st.builds(lambda time, zone: f"({time}::text || '{zone:+03}:30')::timetz", TIMES, st.integers(-14, 14))
UNUSUAL = ["'{{1,2},{3,4}}'::int[]", "'[-1:0]={1,2}'::int[]"]
VALUES: list[tuple[str, str, st.SearchStrategy[str]]] = [
    ("number", "smallint", quoted(st.integers(-(2**15), 2**15 - 1), "smallint")),
    ("number", "integer", quoted(st.integers(-(2**31), 2**31 - 1), "integer")),
    ("number", "bigint", quoted(st.integers(-(2**63), 2**63 - 1), "bigint")),
    ("number", "numeric", quoted(DECIMALS, "numeric")),
    ("number", "double precision", quoted(st.floats(), "double precision")),
    ("number", "real", quoted(st.floats(width=32), "real")),
    ("money", "numeric", quoted(DECIMALS, "numeric")),
    ("money", "money", quoted(CENTS, "money")),
    ("percent", "numeric", quoted(DECIMALS, "numeric")),
    ("boolean", "boolean", quoted(st.booleans(), "boolean")),
    ("date", "date", DAYS),
    ("datetime", "timestamp without time zone", MOMENTS | st.just("timestamp '-infinity'")),
    ("datetime", "timestamp with time zone", MOMENTS.map(lambda moment: f"({moment} AT TIME ZONE 'UTC')")),
    ("time", "time without time zone", TIMES | st.just("time '24:00'")),
    ("time", "time with time zone", ZONED),
    ("duration", "interval", SPANS | st.just("interval '-infinity'")),
    ("uuid", "uuid", quoted(st.uuids(), "uuid")),
    ("member", "uuid", quoted(st.uuids(), "uuid")),
    ("json", "jsonb", quoted(DOCUMENTS, "jsonb")),
    ("json", "json", quoted(DOCUMENTS, "json")),
    ("array", "integer[]", arrays(st.integers(-9, 9).map(str), "integer[]") | st.sampled_from(UNUSUAL)),
    ("array", "text[]", arrays(st.sampled_from(OPTIONS), "text[]")),
    ("choice", "text", quoted(st.sampled_from(OPTIONS), "text")),
    ("choices", "text[]", quoted(st.lists(st.sampled_from(OPTIONS), unique=True).map(lists.to_postgres), "text[]")),
    ("rating", "smallint", quoted(st.integers(1, 7), "smallint")),
    ("text", "text", quoted(CHARACTERS, "text")),
    ("email", "text", quoted(ADDRESSES, "text")),
    ("url", "text", quoted(URLS, "text")),
    ("phone", "text", quoted(NUMBERS, "text")),
    ("other", "point", quoted(st.tuples(st.integers(), st.integers()), "point")),
]
COLUMNS = [(KINDS[kind], type_) for kind, type_, _ in VALUES]
SIGNS = list("0123456789.,'’ \u00a0-−+()eE%€$/:TZ*★☆{}[]\"\\;@#x")
WORDS = ["12", "2024", "31", "Dec", "März", " am", "PM", "h", "min", "P", "PT", "1H", "EUR", "day", "BC", "a", "NULL"]
SCRAPS = st.lists(st.sampled_from([*SIGNS, *WORDS]), min_size=1, max_size=8).map("".join).filter(str.strip)
ODD = ["", " ", "\n", ".", "@", "-", "\u00ad", "\u202e", "é", "\u0301", "🏡", "(", "/", "\x7f", "\u3000", "\\"]


def given_settings(kind: Kind, type_: str) -> dict[str, Any]:
    """Those of the kind; Postgres' own money has no currency."""
    return {} if type_ == "money" else SETTINGS.get(kind.name, {})


@pytest_asyncio.fixture
async def database(make_database: MakeDatabase) -> AsyncIterator["asyncpg.Connection"]:
    connection = await asyncpg.connect(await make_database(), server_settings=PINS)
    yield connection
    await connection.close()


@pytest.mark.soak
@EFFORT
@given(values=st.tuples(*(strategy for _, _, strategy in VALUES)))
async def test_what_postgres_shows_is_read_as_the_same_value(
    database: "asyncpg.Connection", values: tuple[str, ...]
) -> None:
    shown = await database.fetchrow(f"SELECT {', '.join(f'({value})::text' for value in values)}")
    assert shown is not None
    read = [
        kind.read(text, given_settings(kind, type_), type_) for (kind, type_), text in zip(COLUMNS, shown, strict=True)
    ]
    casts = ", ".join(f"${number}::text::{type_}::text" for number, (_, type_) in enumerate(COLUMNS, 1))
    assert list(await database.fetchrow(f"SELECT {casts}", *read) or ()) == list(shown)


@pytest.mark.soak
@EFFORT
@given(text=SCRAPS)
async def test_what_is_read_is_a_value_that_postgres_takes_and_the_rule_allows(
    database: "asyncpg.Connection", text: str
) -> None:
    for kind, type_ in COLUMNS:
        read = _read(kind, text, type_)
        if read is None:
            continue
        fault = await database.fetchval("SELECT sql_error_code FROM pg_input_error_info($1, $2)", read, type_)
        assert fault is None or kind.name in UNJUDGED or fault in OUT_OF_RANGE, (kind.name, type_, read)
        if rule := kind.rule("v", given_settings(kind, type_)):
            assert await database.fetchval(f"SELECT {rule} FROM (SELECT $1::text::{type_} AS v) x", read) is True


@pytest.mark.soak
@EFFORT
@given(texts=st.tuples(ADDRESSES, URLS, NUMBERS), odd=st.sampled_from(ODD), at=st.floats(0, 1))
async def test_a_pattern_is_read_alike_by_python_and_by_postgres(
    database: "asyncpg.Connection", texts: tuple[str, ...], odd: str, at: float
) -> None:
    for kind, whole in zip((KINDS["email"], KINDS["url"], KINDS["phone"]), texts, strict=True):
        place = round(at * len(whole))
        for text in (whole, whole[:place] + odd + whole[place:]):
            holds = await database.fetchval(f"SELECT {kind.rule('v', {})} FROM (SELECT $1::text AS v) x", text)
            assert holds == (_read(kind, text, "text") == text), text


def _read(kind: Kind, text: str, type_: str) -> str | None:
    try:
        return kind.read(text, given_settings(kind, type_), type_)
    except ValueError:
        return None


async def test_a_rule_costs_little(database: "asyncpg.Connection") -> None:
    addresses = "SELECT 'user' || g || '@mail.example.com' AS v FROM generate_series(1, 20000) g"
    await database.execute("SET statement_timeout = '1s'")  # it takes 0.1 s; with a look-ahead 2.6 s
    assert await database.fetchval(f"SELECT bool_and({KINDS['email'].rule('v', {})}) FROM ({addresses}) x") is True
    await database.execute("SET statement_timeout = '5s'")
    for kind, text in (
        ("email", "a" * 50_000),
        ("email", "a.a" * 20_000 + "@"),
        ("url", "https://" + "a" * 50_000 + " b"),
        ("phone", "1 " * 20_000),
    ):
        assert (
            await database.fetchval(f"SELECT {KINDS[kind].rule('v', {})} FROM (SELECT $1::text AS v) x", text) is False
        )
        assert _read(KINDS[kind], text, "text") is None


def test_invisible_signs_are_in_no_pattern() -> None:
    for sign in ("\u00ad", "\u200b", "\u200e", "\u202e", "\u2060", "\ufeff", "\u3000", "\u2028"):
        for kind, text in (
            ("email", f"a{sign}b@example.com"),
            ("url", f"https://example.com/{sign}a"),
            ("phone", f"22{sign}123456"),
        ):
            assert _read(KINDS[kind], text, "text") is None
