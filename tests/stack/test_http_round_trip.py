"""Values through the whole installation: written → read → exported → imported like the same table → read, and nothing altered."""

import base64
import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.stack import Installation

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "300"))
NUMBERS = itertools.count(1)
NASTY = [
    "", " ", "007", "1e5", "NULL", "null", r"\N", r"\.", '"', '""', "a,b", "a;b", "a\tb", "a\nb", "a\r\nb", "\r", "=1+1", "'; --",
    "\ufeff", "\u200b", "🏡", "e\u0301", "true", "infinity", "NaN", "{}", "[]", "\\x00", "\x01",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(NASTY),
)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
).filter(lambda document: document is not None)  # JSON's null is SQL's NULL over REST
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
MOMENTS = st.datetimes().map(lambda moment: moment.replace(fold=0).isoformat())


def special(*texts: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(texts)


# By type: what is written, and whether what is read means the same.
KINDS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any, Any], bool]]] = {
    "text": (TEXTS | st.just("x" * 10_000), lambda written, read: bool(written == read)),
    "bigint": (INTEGERS, lambda written, read: bool(written == read)),
    "integer": (st.integers(-(2**31), 2**31 - 1), lambda written, read: bool(written == read)),
    "numeric": (
        DECIMALS | special("NaN", "Infinity", "-Infinity"),
        lambda written, read: written == read if isinstance(written, str) else Decimal(written) == read,
    ),
    "double precision": (
        st.floats(allow_nan=False, allow_infinity=False) | special("NaN", "Infinity", "-Infinity"),
        lambda written, read: written == read if isinstance(written, str) else written == float(read),
    ),
    "boolean": (st.booleans(), lambda written, read: written is read),
    "date": (
        st.dates().map(lambda day: day.isoformat()) | special("infinity", "-infinity", "0044-03-15 BC"),
        lambda written, read: bool(written == read),
    ),
    "timestamp": (
        MOMENTS | special("infinity", "-infinity"),
        lambda written, read: written.rstrip("0") == read.rstrip("0") or written == read,
    ),
    "timestamptz": (
        MOMENTS.map(lambda text: text + "Z") | special("infinity", "-infinity"),
        lambda written, read: written.rstrip("Z").rstrip("0") == read.replace("+00:00", "Z").rstrip("Z").rstrip("0"),
    ),
    "time": (
        st.times().map(lambda time: time.replace(fold=0).isoformat()) | special("24:00:00"),
        lambda written, read: written.rstrip("0") == read.rstrip("0"),
    ),
    "uuid": (st.uuids().map(str), lambda written, read: bool(written == read)),
    "jsonb": (JSONS, lambda written, read: bool(json.loads(encoded(written), parse_float=Decimal) == read)),
    "bytea": (st.binary(max_size=30).map(lambda data: base64.b64encode(data).decode()), lambda w, r: bool(w == r)),
    "text[]": (st.lists(TEXTS | st.none(), max_size=4), lambda written, read: bool(written == read)),
    "inet": (st.ip_addresses(v=4).map(str), lambda written, read: bool(written == read)),
}
COLUMNS = {f"c{number}": type_ for number, type_ in enumerate(KINDS)}
RECORDS = st.lists(
    st.fixed_dictionaries({name: st.none() | KINDS[type_][0] for name, type_ in COLUMNS.items()}),
    min_size=1,
    max_size=4,
)


def encoded(value: Any) -> str:
    """JSON with every digit of a Decimal, which no encoder of Python's gives."""
    match value:
        case Decimal():
            return f"{value:f}"
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{encoded(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ",".join(map(encoded, value)) + "]"
    return json.dumps(value)


class Workspace:
    """Tables of the sample workspace: made, filled, read, exported, imported and dropped over HTTP."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.schema = "/tenants/sample/schemas/public"

    def make(self, table: str) -> None:
        columns = [{"name": name, "type": type_} for name, type_ in COLUMNS.items()]
        answer = self.http.post(f"{self.schema}/tables", json={"name": table, "columns": columns})
        assert answer.status_code == 201, answer.text

    def write(self, table: str, records: list[dict[str, Any]]) -> None:
        body = encoded({"records": records})
        headers = {"Content-Type": "application/json"}
        answer = self.http.post(f"{self.schema}/tables/{table}/records", content=body, headers=headers)
        assert answer.status_code == 201, answer.text

    def read(self, table: str) -> tuple[bytes, list[dict[str, Any]]]:
        answer = self.http.get(f"{self.schema}/tables/{table}/records", params={"limit": 1000, "sort": "id"})
        assert answer.status_code == 200, answer.text
        parsed = json.loads(answer.text, parse_float=Decimal, parse_int=lambda digits: Decimal(digits))
        return answer.content, parsed["records"]

    def copied(self, table: str, like: str, format_: str) -> None:
        exported = self.http.get(f"{self.schema}/tables/{like}/export", params={"format": format_})
        assert exported.status_code == 200, exported.text
        options = json.dumps({"like": like, "delimiter": "\t" if format_ == "tsv" else ","})
        answer = self.http.post(
            f"{self.schema}/imports", params={"name": table, "options": options}, content=exported.content
        )
        assert answer.status_code == 201, answer.text

    def drop(self, table: str) -> None:
        assert self.http.delete(f"{self.schema}/tables/{table}").is_success


def records_of(page: bytes) -> bytes:
    """The records of a page, as they were sent; cursors name the table."""
    return page[: page.rindex(b'"next":')]


@pytest.fixture(scope="module")
def workspace(stack: Installation) -> Iterator[Workspace]:
    headers = {"Authorization": f"Bearer {stack.token}"}
    with httpx.Client(base_url=f"{stack.url}/api/v1", headers=headers, timeout=60) as http:
        yield Workspace(http)


@pytest.mark.soak
def test_every_value_survives_writing_reading_exporting_and_importing(
    workspace: Workspace, counted: Callable[[str], None]
) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True
    )
    @given(records=RECORDS, format_=st.sampled_from(["csv", "tsv"]))
    def survives(records: list[dict[str, Any]], format_: str) -> None:
        table, copy = f"trip{next(NUMBERS)}", f"trip{next(NUMBERS)}"
        workspace.make(table)
        workspace.write(table, records)
        page, read = workspace.read(table)
        for written, found in zip(records, read, strict=True):
            for name, type_ in COLUMNS.items():
                value = written[name]
                means = KINDS[type_][1]
                assert found[name] is None if value is None else means(value, found[name]), (type_, value, found[name])
                seen[type_] += value is not None
        workspace.copied(copy, table, format_)
        assert records_of(workspace.read(copy)[0]) == records_of(page)
        workspace.drop(table)
        workspace.drop(copy)

    survives()
    counted(f"{sum(seen.values())} values of {len(seen)} types went round")
    assert all(seen[type_] for type_ in KINDS)
