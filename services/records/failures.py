"""What Postgres refuses, in our words: SQLSTATEs to domain errors. A value it cannot read is traced to its record and column."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import PostgresError

from services.kit.errors import AppError
from services.records import errors
from services.records.plans import Input, Role
from services.tenancy.catalog import Table

STALE = frozenset({"42703", "42P01", "42804", "42883", "0A000", "42P18", "26000"})
"""The statement no longer fits the table: a column or type has changed since the catalog was read."""

CONTENDED = frozenset({"40001", "40P01"})
"""Serialization failure, deadlock: the same again may well succeed."""

UNREADABLE = "22"
"""The class of errors in data."""

FIND_FAULT = """
    SELECT x.n::int, e.message, e.sql_error_code
    FROM unnest($1::text[]) WITH ORDINALITY x(v, n), pg_input_error_info(x.v, $2) e
    WHERE e.sql_error_code IS NOT NULL ORDER BY x.n LIMIT 1
"""
"""Which of these texts is no value of type $2: its position from 1, and why."""

_KEY = re.compile(r"Key \((?P<columns>.*)\)=\((?P<values>.*)\) (?P<rest>.*)", re.DOTALL)
_TABLE = re.compile(r'table "(.*)"\.$')
_TOO_LONG, _OUT_OF_RANGE = "22001", ("22003", "22008")


@dataclass(frozen=True, slots=True)
class Fault:
    """A text that Postgres cannot read."""

    input: Input
    at: int
    message: str
    sqlstate: str


def of_fault(fault: Fault, table: Table) -> AppError:
    """The error for a text that cannot be read, by where it came from."""
    given, text = fault.input, fault.input.texts[fault.at] or ""
    row = given.rows[fault.at] if given.rows else None
    match given.role:
        case Role.CURSOR:
            return errors.CursorInvalid()
        case Role.KEY:
            return errors.RecordUnknown(table.name, text, row)
        case Role.FILTER:
            return errors.FilterInvalid(
                f"Column '{given.column}' cannot be compared with {errors.shown(text)}: {_why(fault)}",
                column=given.column,
            )
    return errors.ValueInvalid(given.column, text, _why(fault), row)


def of_refusal(refused: PostgresError, table: Table) -> AppError | None:
    """The error for what Postgres refused; None for a fault of ours."""
    match refused.sqlstate:
        case "23505":
            return _duplicate(refused, table)
        case "23503":
            return _reference(refused, table)
        case "23502":
            return errors.ValueMissing(refused.table_name or table.name, refused.column_name or "?")
        case "23514":
            return _check(refused, table)
        case "23P01":
            return errors.ExclusionFailed(table.name, refused.constraint_name or "", refused.detail or "")
        case "428C9":
            return errors.DatabaseRefused(table.name, refused.message, refused.sqlstate)
        case "42501":
            return errors.AccessDenied(table.name)
        case "55000" | "42809":
            return errors.NotWritable(table.name, refused.message + ".")
        case "55P03":
            return errors.Locked(table.name)
        case "P0001":
            return errors.TriggerRefused(refused.table_name or table.name, refused.message)
        case "22023" if refused.message.startswith("time zone"):
            return errors.FilterInvalid(f"There is no such time zone: {refused.message}.")
        case "2201B":
            return errors.FilterInvalid(f"The pattern of 'matches' is no regular expression: {refused.message}.")
    return _of_class(refused, table)


def _of_class(refused: PostgresError, table: Table) -> AppError | None:
    match refused.sqlstate[:2]:
        case "40":
            return errors.Contended(table.name)
        case "53":
            return errors.OutOfSpace()
        case "22" | "23" | "44" | "54" | "P0" | "09" | "21" | "27" | "39":
            return errors.DatabaseRefused(table.name, refused.message, refused.sqlstate)
    return None


def _duplicate(refused: PostgresError, table: Table) -> AppError:
    columns, values, _ = _key(refused)
    return errors.DuplicateValue(refused.table_name or table.name, columns, values)


def _reference(refused: PostgresError, table: Table) -> AppError:
    columns, values, rest = _key(refused)
    other = _TABLE.search(rest)
    named = other[1] if other else refused.table_name or "?"
    if "still referenced" in rest:
        return errors.StillReferenced(table.name, values, named, "", None, 0)
    return errors.ReferenceUnknown(refused.table_name or table.name, columns, values, named, "")


def _check(refused: PostgresError, table: Table) -> AppError:
    name = refused.constraint_name or ""
    definition = next((c.definition for c in table.constraints if c.name == name), "")
    return errors.CheckFailed(refused.table_name or table.name, name, definition)


def _key(refused: PostgresError) -> tuple[str, str, str]:
    """Columns, their values and the rest of «Key (a, b)=(1, x) already exists.»."""
    match = _KEY.match(refused.detail or "")
    return (match["columns"], match["values"], match["rest"]) if match else (refused.constraint_name or "?", "?", "")


def _why(fault: Fault) -> str:
    type_ = fault.input.type
    if fault.sqlstate == _TOO_LONG:
        return f"it is longer than type {type_} allows."
    if fault.sqlstate in _OUT_OF_RANGE:
        return f"it is out of range for type {type_}."
    return f"it is no value of type {type_}."


def readable(inputs: Sequence[Input]) -> Sequence[Input]:
    """The inputs that Postgres may fail to read: any text is a text."""
    return [given for given in inputs if given.type != "text"]
