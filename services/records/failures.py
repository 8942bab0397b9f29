"""What Postgres refuses, in our words: SQLSTATEs to domain errors. Looking up what stands in the way is `explain`'s affair."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import PostgresError

from services.kit.errors import AppError
from services.records import errors
from services.records.plans import Input, Role
from services.tenancy.catalog import Catalog, Constraint, Table

STALE = frozenset({"42703", "42P01", "42804", "42883", "0A000", "42P18", "26000"})
"""The statement no longer fits the table: a column or type has changed since the catalog was read."""

CONTENDED = frozenset({"40001", "40P01"})
"""Serialization failure, deadlock: the same again may well succeed."""

FIND_FAULTS = """
    SELECT x.n::int, e.message, e.sql_error_code
    FROM unnest($1::text[]) WITH ORDINALITY x(v, n), pg_input_error_info(x.v, $2) e
    WHERE e.sql_error_code IS NOT NULL ORDER BY x.n
"""
"""Which of these texts are no value of type $2: their positions from 1, and why."""

MOST_REFERRERS = 1000

_OF_RECORDS = frozenset({"22", "23", "44", "54", "P0", "09", "21", "27", "38", "39"})
"""Classes of errors that one record may be to blame for."""

_KEY = re.compile(r"Key \((?P<columns>.*)\)=\((?P<values>.*)\) (?P<rest>.*)", re.DOTALL)
_TABLE = re.compile(r'table "(.*)"\.$')
_NAMED = re.compile(r'"(.*)"')
_TOO_LONG, _OUT_OF_RANGE = "22001", ("22003", "22008")


@dataclass(frozen=True, slots=True)
class Fault:
    """A text that Postgres cannot read."""

    input: Input
    at: int
    message: str
    sqlstate: str

    @property
    def text(self) -> str:
        """That text."""
        return self.input.texts[self.at] or ""

    @property
    def row(self) -> int | None:
        """The number of its record."""
        return self.input.rows[self.at] if self.input.rows else None


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a refusal beyond its own words: which record, and what stands in its way."""

    row: int | None = None
    catalog: Catalog | None = None
    existing: str = ""
    """The key of the record that has the value already."""
    referrers: int | None = None
    """How many records refer to this one; MOST_REFERRERS + 1 for more."""


def blames_a_record(refused: PostgresError) -> bool:
    """Whether another record of the same statement might have passed."""
    policy = refused.sqlstate == "42501" and "row-level security" in refused.message
    return policy or (refused.sqlstate or "")[:2] in _OF_RECORDS or _is_raised(refused)


def is_unreadable(refused: PostgresError) -> bool:
    """Whether a text may be to blame that is no value of its column's type."""
    return (refused.sqlstate or "").startswith("22") and not _is_raised(refused)


def refers_to_itself(refused: PostgresError, table: Table) -> bool:
    """Whether a record was missed that may be one of the same request."""
    return refused.sqlstate == "23503" and _key(refused)[2].endswith(f'is not present in table "{table.name}".')


def is_referred_to(refused: PostgresError) -> bool:
    """Whether the record has to stay for the sake of others."""
    return refused.sqlstate in ("23503", "23001") and "referenced from table" in _key(refused)[2]


def of_fault(fault: Fault, table: Table, row: int | None) -> AppError:
    """The error for a text that cannot be read, by where it came from."""
    given, text = fault.input, fault.text
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


def of_refusal(refused: PostgresError, table: Table, about: About = About()) -> AppError | None:
    """The error for what Postgres refused; None for a fault of ours."""
    row, source = about.row, source_of(refused, table, about.catalog)
    if _is_raised(refused):
        return errors.TriggerRefused(source.name, refused.message, row)
    match refused.sqlstate:
        case "23505":
            columns, values, _ = _key(refused)
            return errors.DuplicateValue(source.name, columns, values, row, about.existing)
        case "23503" | "23001":  # RESTRICT, as Postgres 18 has it
            return _reference(refused, source, about)
        case "23502":
            return errors.ValueMissing(source.name, refused.column_name or "?", row)
        case "23514":
            return _check(refused, source, row)
        case "23P01":
            return errors.ExclusionFailed(source.name, refused.constraint_name or "", refused.detail or "", row)
        case "428C9":
            named, how = (
                _NAMED.search(refused.message),
                "computed" if "generated column" in (refused.detail or "") else "numbered",
            )
            return errors.ColumnGenerated(named[1] if named else "?", f"is always {how} by Postgres", row)
        case "44000":
            view = _NAMED.search(refused.message)
            return errors.ViewRefused(view[1] if view else table.name, row)
        case "42501":
            return (
                errors.PolicyRefused(source.name, row) if blames_a_record(refused) else errors.AccessDenied(table.name)
            )
        case "55000" | "42809":
            return errors.NotWritable(table.name, " ".join(filter(None, [refused.message + ".", refused.detail])))
        case "55P03":
            return errors.Locked(table.name)
        case "22023" if refused.message.startswith("time zone"):
            return errors.FilterInvalid(f"There is no such time zone: {refused.message}.")
        case "2201B":
            return errors.FilterInvalid(f"The pattern of 'matches' is no regular expression: {refused.message}.")
    return _of_class(refused, table, row)


def source_of(refused: PostgresError, table: Table, catalog: Catalog | None) -> Table:
    """The table whose rule it was: a partition, the table behind a view, or one that refers to this."""
    named = (refused.schema_name, refused.table_name)
    return next((t for t in catalog.tables if (t.schema, t.name) == named), table) if catalog and named[1] else table


def columns_of(refused: PostgresError, table: Table) -> tuple[str, ...]:
    """The columns of `table` that the broken rule is about, as far as it says."""
    if refused.column_name:
        return (refused.column_name,)
    if (constraint := constraint_of(refused, table)) is not None:
        return constraint.columns
    index = next((index for index in table.indexes if index.name == refused.constraint_name), None)
    return tuple(name for name in index.columns if name is not None) if index else ()


def written_columns_of(refused: PostgresError, table: Table) -> tuple[str, ...]:
    """The columns of the record that was written: where another refers to it, those that are referred to."""
    constraint = constraint_of(refused, table) if is_referred_to(refused) else None
    return constraint.references.columns if constraint and constraint.references else columns_of(refused, table)


def constraint_of(refused: PostgresError, table: Table) -> Constraint | None:
    """The constraint of `table` that was broken."""
    return next((c for c in table.constraints if c.name == refused.constraint_name), None)


def value_of(refused: PostgresError) -> str:
    """The values that the refusal quotes, joined by `, `."""
    return _key(refused)[1]


def readable(inputs: Sequence[Input]) -> Sequence[Input]:
    """The inputs that Postgres may fail to read: any text is a text."""
    return [given for given in inputs if given.type != "text"]


def _of_class(refused: PostgresError, table: Table, row: int | None) -> AppError | None:
    state = (refused.sqlstate or "")[:2]
    if state == "40":
        return errors.Contended(table.name)
    if state == "53":
        return errors.OutOfSpace()
    # What fails within a function is a fault of whoever wrote that.
    ours = state not in _OF_RECORDS and not refused.context
    return None if ours else errors.DatabaseRefused(table.name, refused.message, refused.sqlstate or "", row)


def _reference(refused: PostgresError, source: Table, about: About) -> AppError:
    columns, values, rest = _key(refused)
    constraint = constraint_of(refused, source)
    if is_referred_to(refused):
        named, of = _NAMED.search(refused.message), ", ".join(constraint.columns) if constraint else ""
        table = named[1].partition('"')[0] if named else "?"
        return errors.StillReferenced(table, values, source.name, of, about.referrers, MOST_REFERRERS, about.row)
    other = _TABLE.search(rest)
    far = constraint.references if constraint else None
    referenced = far.table if far else other[1] if other else "?"
    return errors.ReferenceUnknown(
        source.name, columns, values, referenced, ", ".join(far.columns) if far else "", about.row
    )


def _check(refused: PostgresError, source: Table, row: int | None) -> AppError:
    constraint = constraint_of(refused, source)
    definition, columns = (constraint.definition, constraint.columns) if constraint else ("", ())
    column = columns[0] if len(columns) == 1 else ""
    return errors.CheckFailed(source.name, refused.constraint_name or "", definition, column, row)


def _is_raised(refused: PostgresError) -> bool:
    """Whether a function says so in words of its own, whatever SQLSTATE it took."""
    return refused.sqlstate == "P0001" or " at RAISE" in (refused.context or "").partition("\n")[0]


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
