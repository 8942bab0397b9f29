"""The JSON that callers get, put together from what Postgres made: nothing here reads a cell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson

from services.records.errors import AnswerTooLarge
from services.records.plans import Aggregate, Page, Searched
from services.records.reads import cursors, indexing
from services.records.reads.cursors import Cursor
from services.records.statement import MAX_CURSOR
from services.tenancy import indexes
from services.tenancy.catalog import Table

MAX_ANSWER = 30_000_000
"""Bytes of an answer: a gRPC message takes 32 MiB."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page as its statement answers: records joined by commas, keys and versions by `","`."""

    fetched: int
    included: int
    body: str | None
    keys: str | None
    versions: str | None
    truncated: str | None
    first: str | None
    last: str | None
    total: int | None

    @property
    def has_more(self) -> bool:
        """Whether records lie beyond the page, in the direction it was read."""
        return self.fetched > self.included


def page(plan: Page, found: Found, estimate: int | None) -> bytes:
    """A page in the shape that was asked for."""
    if plan.from_end and plan.start is not None and plan.start.backward and found.total is not None:
        plan = replace(plan, start=replace(plan.start, position=found.total), exact=True)
    previous, following, begins = _around(plan, found)
    tail: dict[str, object] = {
        "next": following and cursors.encode(following),
        "prev": previous and cursors.encode(previous),
        "start": {"value": begins, "exact": plan.exact or previous is None},
        "count": _count(plan, found, estimate),
        "truncated": _truncated(plan, found),
    }
    if plan.selection.searched is not None:
        tail["search"] = _search(plan.table, plan.selection.searched)
    return b"".join([b"{", _records(plan, found), b",", orjson.dumps(tail)[1:]])


def aggregates(plan: Aggregate, rows: int, values: Sequence[str | None]) -> bytes:
    """Figures, each with its value's JSON, and over how many records they are."""
    figures = [
        {"column": figure.column, "function": figure.function, "value": value and orjson.Fragment(value)}
        for figure, value in zip(plan.figures, values, strict=True)
    ]
    return orjson.dumps({"aggregates": figures, "rows": rows})


def _search(table: Table, searched: Searched) -> dict[str, object]:
    """Whether an index found the records, and the operation that makes one that would."""
    lacking = indexing.missing(table, searched.index)
    return {
        "indexed": bool(searched.index) and indexes.exists(table, searched.index),
        "operation": indexing.operation(table, lacking),
    }


def is_whole(plan: Page, found: Found) -> bool:
    """Whether the page holds all that there is."""
    return (plan.start is None or plan.from_end) and not found.has_more


def checked(body: bytes, table: str) -> bytes:
    """The body, if it fits into a message. Raises AnswerTooLarge."""
    if len(body) > MAX_ANSWER:
        raise AnswerTooLarge(table, MAX_ANSWER)
    return body


def _records(plan: Page, found: Found) -> bytes:
    records = (found.body or "").encode()
    if not plan.shape.as_arrays:
        return b'"records":[' + records + b"]"
    head = orjson.dumps({"columns": [field.name for field in plan.shape.rows.fields]})[1:-1]
    keys = _strings(found.keys) if found.included or not plan.shape.key else b"[]"
    versions = _strings(found.versions) if found.included or not plan.shape.rows.source.versioned else b"[]"
    return b"".join([head, b',"rows":[', records, b'],"keys":', keys, b',"versions":', versions])


def _around(plan: Page, found: Found) -> tuple[Cursor | None, Cursor | None, int]:
    """The cursors before and after the page, and the position of its first record."""
    start = plan.start
    if start is not None and start.backward:
        begins = max(0, start.position - found.included) if found.has_more else 0
        back = _cursor(plan, found.last, begins, backward=True) if found.has_more else None
        ahead = _cursor(plan, found.first, start.position) if found.included else start.reversed()
        return back, None if plan.from_end else ahead, begins
    begins = start.position if start else 0
    following = _cursor(plan, found.last, begins + found.included) if found.has_more else None
    if start is None or not (begins or start.values):
        return None, following, begins
    if not found.included and start.values is not None:
        return start.reversed(), following, begins
    return _cursor(plan, found.first, begins, backward=True), following, begins


def _cursor(plan: Page, values: str | None, position: int, *, backward: bool = False) -> Cursor:
    read = tuple(orjson.loads(values)) if values and plan.shape.key else None
    if read is not None and all(value is None or len(value) <= MAX_CURSOR for value in read):
        return Cursor(plan.table.id, plan.digest, position, read, backward)
    # By position alone: what has no key, or values too long to carry about.
    return Cursor(plan.table.id, plan.digest, max(0, position - plan.shape.limit) if backward else position)


def _count(plan: Page, found: Found, estimate: int | None) -> dict[str, int | bool] | None:
    if plan.count == "none":
        return None
    if found.total is not None:
        return {"value": found.total, "exact": True}
    if is_whole(plan, found):
        return {"value": found.included, "exact": True}
    return {"value": estimate or 0, "exact": False}


def _truncated(plan: Page, found: Found) -> list[dict[str, int | list[str]]]:
    """Which cells were cut, from «3:0,2;7:1»: the number of the row as it was read, and positions of columns."""
    cut: list[dict[str, int | list[str]]] = []
    backward = plan.start is not None and plan.start.backward
    for part in found.truncated.split(";") if found.truncated else ():
        number, positions = part.split(":")
        row = found.included - int(number) if backward else int(number) - 1
        names = [plan.shape.rows.fields[int(at)].name for at in positions.split(",")]
        cut.append({"row": row, "columns": names})
    return cut[::-1] if backward else cut


def _strings(joined: str | None) -> bytes:
    """A list of strings that are joined by `","` and need no escape; null for none."""
    return b"null" if joined is None else b'["' + joined.encode() + b'"]'
