"""Whatever JSON says is in the rows that its reader writes: any values under any names, in any shape of document."""

import io
import json
import os
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.records.imports.dialect import Dialect
from services.records.imports.readers import documents
from services.records.imports.readers.lines import Lines

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "300"))
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.one_of(
    st.integers(-(10**22), 10**22).map(str),
    st.decimals(-(10**6), 10**6, places=4).map(str),
    st.sampled_from(["-0", "1e5", "1.50E-7", "0.10", "123456789012345678901234567890", "1e-400", "5e2000"]),
).map(lambda text: ("number", text))
SCALARS = st.one_of(st.none(), st.booleans(), TEXTS, NUMBERS)
SMALL = st.one_of(st.none(), st.booleans(), TEXTS, st.integers(-9, 9).map(lambda n: ("number", str(n))))
NESTED = st.recursive(
    SMALL, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from("abcde"), st.one_of(SCALARS, SCALARS, NESTED), min_size=1), min_size=1, max_size=8
)


@pytest.mark.soak
@settings(max_examples=EXAMPLES, deadline=None)
@given(rows=ROWS, shape=st.sampled_from(["array", "lines", "member"]), blank=st.sampled_from(["", " ", "\n"]))
def test_every_value_is_in_its_row_and_column(rows: list[dict[str, Any]], shape: str, blank: str) -> None:
    told = [written(row) for row in rows]
    joined = f",{blank}".join(told)
    text = {"array": f"[{joined}]", "lines": "\n".join(told), "member": f'{{"x": 1, "t": [{joined}]}}'}[shape]
    if shape == "lines" and len(rows) == 1:
        text = f"[{text}]"
    introduction, cells = read(text.encode())
    names = list(dict.fromkeys(name for row in rows for name in row))
    assert cells[0] == names
    for row, found in zip(rows, cells[1:], strict=True):
        for name, hint, cell in zip(names, introduction["hints"], found, strict=True):
            assert same(row.get(name), cell, hint), (row, name, cell, hint)


def written(value: Any) -> str:
    """The value as JSON, numbers as they are given."""
    match value:
        case ("number", text):
            return str(text)
        case dict():
            return f"{{{', '.join(f'{json.dumps(name)}: {written(item)}' for name, item in value.items())}}}"
        case list():
            return f"[{', '.join(map(written, value))}]"
    return json.dumps(value, ensure_ascii=False)


def read(data: bytes) -> tuple[Any, list[list[str | None]]]:
    """What the reader says of the table, and its header and rows."""
    out = io.BytesIO()
    to = Lines(out)
    documents.read(io.BytesIO(data), io.BytesIO(), to, member=None, header=None, whole=True, types={})
    to.flush()
    introduction, _, text = out.getvalue().partition(b"\n")
    return json.loads(introduction), [list(row.cells) for row in Dialect(",", "\n").rows(text)]


def same(value: Any, cell: str | None, hint: Any) -> bool:
    if value is None or cell is None:
        return value is None and cell is None
    if hint.get("type") == "jsonb":
        found = json.loads(cell, parse_int=Decimal, parse_float=Decimal)
        return type(found) is type(plain(value)) and bool(found == plain(value))
    match value:
        case ("number", text):
            return Decimal(cell) == Decimal(text) and (hint.get("texts", False) or "e" not in cell.lower())
        case bool():
            return cell == str(value).lower()
    return bool(cell == value)


def plain(value: Any) -> Any:
    match value:
        case ("number", text):
            return Decimal(text)
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case list():
            return [plain(item) for item in value]
    return value
