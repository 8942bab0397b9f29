"""Every text that a format accepts is read by Postgres as the value that it says, and a format that can be had back comes back."""

import os
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services import kinds
from services.kinds import Format
from services.kinds.format import COMMA
from services.tenancy.pools import PINS
from tests.fixtures.postgres import MakeDatabase

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "300"))
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905

EFFORT = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # patterns this long take minutes to shrink
)
_SECONDS = {"w": 604800, "d": 86400, "day": 86400, "days": 86400, "h": 3600, "min": 60, "s": 1, "sec": 1}
BY_NAME = {format_.name: format_ for format_ in kinds.FORMATS}


def texts_of(format_: Format) -> st.SearchStrategy[str]:
    return st.from_regex(re.compile(format_.pattern, re.ASCII), fullmatch=True)


NASTY = [
    "007", "+5", "0x1F", "1_000", "1,000", "1e5", "1e400", "NaN", "Infinity", "-", "", " ", ".", "5.", "-.", "١٢", "1\n", "１２",
    "12345678901234567890", "now", "today", "epoch", "infinity", "0000-01-01", "2019-02-29", "1900-02-29", "2020-13-01", "2020-00-10",
    "31/04/2020", "30/02/2020", "01/02/03", "2020-01-01 24:00:00", "2020-01-01 23:59:60", "2020-01-01T00:00", "24:00:01", "25:00",
    "10:60", "0:30 AM", "13:00 PM", "allballs", "y", "on", "oui", "tRue", "tru", "00000000000000000000000000000000",
    "{00000000-0000-0000-0000-000000000000}", "Feb 30 2020", "Febr 1 2020", "1 Jan 2020 ", "2020-01-01+02", "2020-01-01 00:00:00+15",
]  # fmt: skip


@pytest_asyncio.fixture
async def database(make_database: MakeDatabase) -> AsyncIterator["asyncpg.Connection"]:
    connection = await asyncpg.connect(await make_database(), server_settings=PINS)
    yield connection
    await connection.close()


def some(strategy: Callable[[Format], st.SearchStrategy[str]]) -> st.SearchStrategy[tuple[Format, list[str]]]:
    """A format and five texts for it."""
    return st.sampled_from(kinds.FORMATS).flatmap(
        lambda format_: st.tuples(st.just(format_), st.lists(strategy(format_), min_size=5, max_size=5))
    )


@pytest.mark.soak
@EFFORT
@given(some(texts_of))
async def test_postgres_reads_what_a_format_accepts(
    database: "asyncpg.Connection", some: tuple[Format, list[str]]
) -> None:
    format_, texts = some
    value = format_.value.replace("{}", "v")
    back = format_.written.replace("{}", f"({value})") if format_.written else "NULL"
    copied = f"v::{format_.type}" if format_.written else "NULL"
    query = f"""
        SELECT ({value})::text, ({value}) = {copied} AS copied, {back} AS back
        FROM unnest($1::text[]) WITH ORDINALITY x(v, n) ORDER BY n
    """
    for text, row in zip(texts, await database.fetch(query, texts), strict=True):
        assert read(format_, text) == read_back(format_, row[0]), (text, row[0])
        if format_.written:
            assert row["copied"] is True
            assert row["back"] == text
        if format_.written and not format_.note:
            assert row[0] == text


@pytest.mark.soak
@EFFORT
@given(some(texts_of))
def test_a_format_lies_within_those_that_it_names(some: tuple[Format, list[str]]) -> None:
    format_, texts = some
    assert all(BY_NAME[wider].matches(text) for wider in format_.within for text in texts)


@pytest.mark.soak
@EFFORT
@given(some(lambda format_: st.one_of(texts_of(format_), st.sampled_from(NASTY))))
async def test_python_and_postgres_read_a_pattern_alike(
    database: "asyncpg.Connection", some: tuple[Format, list[str]]
) -> None:
    format_, texts = some
    found = await database.fetchval(
        "SELECT array_agg(v ~ $2 ORDER BY n) FROM unnest($1::text[]) WITH ORDINALITY x(v, n)",
        texts,
        f"^(?:{format_.pattern})$",
    )
    assert found == [format_.matches(text) for text in texts]


@pytest.mark.parametrize("text", NASTY)
def test_what_means_something_else_is_in_no_strict_format(text: str) -> None:
    accepted = {format_.name for format_ in kinds.FORMATS if format_.matches(text)} - {"y/n"}
    assert accepted <= {
        "true or false",
        "true or false, padded",
        "31 Jan 2020, padded",
        "date and time",
        "date and time, padded",
        "duration",
        "duration, padded",
    }


def read(format_: Format, text: str) -> Any:
    """What the text says, read by Python."""
    text = text.strip(" ")
    match format_.kind or kinds.of_type(format_.type).name:
        case "money":
            digits = re.sub("[^-0-9.,]", "", text)
            return Decimal(
                digits.replace(".", "").replace(",", ".") if format_.reading == COMMA else digits.replace(",", "")
            )
        case "percent":
            return Decimal(re.sub("[^-0-9.]", "", text.replace(",", ".")) + "e-2")
        case "duration":
            return _length(text)
        case "email" | "url":
            return text
        case "number":
            return Decimal(text)
        case "boolean":
            return text.lower() in ("true", "yes", "y", "t")
        case "uuid":
            return UUID(text)
        case "date":
            return _date(format_, text)
        case "time":
            return _time(text)
    return _instant(format_, text)


def read_back(format_: Format, printed: str) -> Any:
    """What Postgres printed, read by Python."""
    match format_.kind or kinds.of_type(format_.type).name:
        case "number" | "money" | "percent":
            return Decimal(printed)
        case "duration":
            return _length(printed)
        case "email" | "url":
            return printed
        case "boolean":
            return printed == "true"
        case "uuid":
            return UUID(printed)
        case "date":
            return date.fromisoformat(printed)
        case "time":
            return _time(printed)
    if "BC" in printed or len(printed.split("-")[0]) > 4:
        return None
    return datetime.fromisoformat(printed)


def _length(text: str) -> tuple[int, Decimal]:
    """Months, and seconds where a day has 24 hours, which is enough to tell two lengths of time apart here."""
    months, seconds = 0, Decimal(0)
    if clock := re.search(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)$", text):
        seconds += int(clock[1]) * 3600 + int(clock[2]) * 60 + Decimal(clock[3])
        text = text[: clock.start()]
    in_time = False
    for number, unit in re.findall(r"(\d*)([A-Z])" if text.startswith("P") else r"(\d*) ?([a-z]+)", text):
        in_time |= unit == "T"
        if number:
            word = (
                unit.lower() if not text.startswith("P") else {"M": "min" if in_time else "mon"}.get(unit, unit.lower())
            )
            months += int(number) * {"y": 12, "year": 12, "years": 12, "mon": 1, "mons": 1}.get(word, 0)
            seconds += int(number) * _SECONDS.get(word, 0)
    return months, seconds


def _date(format_: Format, text: str) -> date:
    parts = re.findall(r"\d+|[A-Z][a-z]+", text)
    month = next((part for part in parts if part.isalpha()), None)
    if month is not None:
        day, year = (int(part) for part in parts if part.isdigit())
        return date(year, _MONTHS.index(month[:3]) + 1, day)
    numbers = [int(part) for part in parts]
    if len(parts[0]) == 4:
        return date(*numbers)
    first, second, year = numbers
    return date(year, first, second) if format_.name.startswith("MM") else date(year, second, first)


def _time(text: str) -> Any:
    if text.startswith("24:"):
        return "24:00:00"
    half = text[-2:].upper() if text[-1:] in "mM" else ""
    hour, minute, *second = text.rstrip("aApPmM ").split(":")
    hours = int(hour) % 12 + (12 if half == "PM" else 0) if half else int(hour)
    seconds, _, fraction = (second or ["0"])[0].partition(".")
    return time(hours, int(minute), int(seconds), int(fraction.ljust(6, "0") or 0))


def _instant(format_: Format, text: str) -> datetime | None:
    if format_.type == "timestamp with time zone":
        head, zone = re.fullmatch(r"(.*?)(Z|[+-]\d\d(?::?\d\d)?)", text).groups()  # type: ignore[union-attr]
        iso = zone if zone == "Z" else f"{zone[:3]}:{zone[3:].lstrip(':') or '00'}"
        try:
            return datetime.fromisoformat(f"{head.replace('T', ' ')}{iso}").astimezone(UTC)
        except OverflowError:
            return None
    day, _, clock = re.sub("T(?=[0-9])", " ", text).partition(" ")
    return datetime.combine(_date(format_, day), _time(clock))
