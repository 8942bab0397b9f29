"""Columns as Arrow has them: which type holds every value of a column exactly, and how the text that Postgres prints becomes it.

Where no type does (infinity among dates, a day before the year 1, NaN among decimals, bounds of an array), the whole column is text.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import orjson
import pyarrow as pa

from services.tenancy.catalog import Column

_DIGITS, _MOST_DIGITS = 38, 76
"""Of decimals, in 128 and in 256 bits."""

_DECLARED = re.compile(r"numeric\((\d+),(\d+)\)")
_FACTS = "coalesce(max(scale({})), 0) || ' ' || max(abs({}))"
"""The digits behind the point, and the greatest number: an infinity, and above that NaN, is greater than any."""

_YEARS = "bool_and({} >= '0001-01-01' AND {} < '10000-01-01')"
_ONE_DIMENSION = "bool_and(cardinality({}) = 0 OR array_ndims({}) = 1 AND array_lower({}, 1) = 1)"


@dataclass(frozen=True, slots=True)
class Kept:
    """A column in the file: COPY writes `sql` of it, which Arrow reads as `read`, and `made` makes the `type` of that."""

    type: pa.DataType
    read: pa.DataType
    made: Callable[[Iterable[str | None]], pa.Array] | None = None
    sql: str = "{}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked before a column is read: fetched as the type `cast`, whether every value `fits`; nothing where all do."""

    kept: Kept
    fits: str = ""
    cast: str = ""


def _as(type_: pa.DataType, sql: str = "{}") -> Kept:
    return Kept(type_, type_, sql=sql)


def _bytes(cells: Iterable[str | None]) -> pa.Array:
    return pa.array([None if cell is None else bytes.fromhex(cell[2:]) for cell in cells], pa.binary())


def _list(element: pa.DataType) -> Kept:
    def made(cells: Iterable[str | None]) -> pa.Array:
        lists = [None if cell is None else orjson.loads(cell) for cell in cells]
        return pa.array(lists, pa.list_(pa.string())).cast(pa.list_(element))

    return Kept(pa.list_(element), pa.string(), made, "to_json({}::text[])")


def _decimal(digits: int, scale: int) -> Kept:
    if digits <= _DIGITS:
        return _as(pa.decimal128(digits, scale))
    type_ = pa.decimal256(digits, scale)
    # From CSV Arrow reads no decimals of 256 bits.
    return Kept(type_, pa.string(), lambda cells: pa.array(cells, pa.string()).cast(type_))


_TEXT = _as(pa.string(), "{}::text")
_SIMPLE = {
    "smallint": _as(pa.int16()),
    "integer": _as(pa.int32()),
    "bigint": _as(pa.int64()),
    "real": _as(pa.float32()),
    "double precision": _as(pa.float64()),
    "boolean": _as(pa.bool_(), "{}::text"),
}
_PLANS = {name: Plan(kept) for name, kept in _SIMPLE.items()} | {
    "numeric": Plan(_TEXT, _FACTS),
    "money": Plan(_as(pa.decimal128(19, 2)), cast="numeric"),
    "date": Plan(_as(pa.date32()), _YEARS),
    "timestamp without time zone": Plan(_as(pa.timestamp("us")), _YEARS),
    "timestamp with time zone": Plan(_as(pa.timestamp("us", "UTC")), _YEARS),
    "time without time zone": Plan(_as(pa.time64("us")), "bool_and({} < '24:00')"),
    "bytea": Plan(Kept(pa.binary(), pa.string(), _bytes)),
}


def plan(column: Column) -> Plan:
    """What is to be asked of a column."""
    element = column.base_type.removesuffix("[]")
    if element != column.base_type:
        return Plan(_list(_SIMPLE[element].type if element in _SIMPLE else pa.string()), _ONE_DIMENSION)
    return _PLANS.get(column.base_type, Plan(_TEXT, cast="text"))


def kept(column: Column, fact: str | None) -> Kept:
    """What becomes of it, with the answer; without one nothing was asked, or there is no value."""
    if column.base_type == "numeric":
        return _numeric(column.type, fact or "0 0")
    return _TEXT if fact == "false" else plan(column).kept


def _numeric(type_: str, fact: str) -> Kept:
    scale, greatest = fact.split(" ")
    if not greatest[0].isdigit():
        return _TEXT
    declared = _DECLARED.fullmatch(type_)
    if declared and int(declared[2]) <= int(declared[1]) <= _MOST_DIGITS:
        return _decimal(int(declared[1]), int(declared[2]))
    needed = len(greatest.partition(".")[0].lstrip("0")) + int(scale)
    for digits in (_DIGITS, _MOST_DIGITS):
        if needed <= digits:
            return _decimal(digits, int(scale))
    return _TEXT
