"""What can go wrong with records, in words for people. What Postgres refuses becomes one of these in `failures`."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from services.kit.errors import Conflict, Forbidden, Invalid, NotFound, Precondition, Unavailable
from services.kit.paging import CursorInvalid, LimitInvalid
from services.tenancy.errors import ColumnUnknown, hint

__all__ = ["ColumnUnknown", "CursorInvalid", "LimitInvalid", "hint"]

_SHOWN = 100


def shown(value: str) -> str:
    """A value as a message quotes it: the start of it, on one line."""
    cut = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
    return repr(cut)


def safe(value: str) -> str:
    """The start of a value, fit to travel: half a surrogate pair is no UTF-8."""
    return value[:_SHOWN].encode(errors="backslashreplace").decode()


def _at(row: int | None) -> str:
    return "" if row is None else f"Record {row}: "


def _about(row: int | None, **names: str) -> dict[str, str]:
    return names if row is None else {**names, "row": str(row)}


class Malformed(Invalid):
    reason = "MALFORMED"


class BodyInvalid(Invalid):
    reason = "BODY_INVALID"


class BodyTooLarge(Invalid):
    reason = "TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit // 1_000_000} MB; send it in parts, or import a file.")


class TooManyRecords(Invalid):
    reason = "TOO_MANY_RECORDS"

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"{count} records are more than the {limit} that one call may write; send them in parts.")


class ParameterInvalid(Invalid):
    reason = "PARAMETER_INVALID"

    def __init__(self, parameter: str, value: str, known: Iterable[str]) -> None:
        known = tuple(known)
        super().__init__(
            f"'{parameter}' is one of {', '.join(known)}, not {shown(value)}{hint(value, known)}", parameter=parameter
        )


class SearchInvalid(Invalid):
    reason = "SEARCH_INVALID"


class StartInvalid(Invalid):
    reason = "START_INVALID"


class AggregateInvalid(Invalid):
    reason = "AGGREGATE_INVALID"


class FieldsInvalid(Invalid):
    reason = "FIELDS_INVALID"


class SortInvalid(Invalid):
    reason = "SORT_INVALID"


class FilterInvalid(Invalid):
    reason = "FILTER_INVALID"


class RecordUnknown(NotFound):
    reason = "RECORD_NOT_FOUND"

    def __init__(self, table: str, key: str, row: int | None = None, why: str = "") -> None:
        sentence = f"{_at(row)}Table '{table}' has no record {shown(key)}{why or '.'}"
        super().__init__(sentence, **_about(row, table=table, key=key))


class ConflictInvalid(Invalid):
    reason = "CONFLICT_INVALID"

    def __init__(self, table: str, columns: Iterable[str], known: Iterable[tuple[str, ...]]) -> None:
        sets = [f"({', '.join(one)})" for one in known]
        has = f"those of '{table}' are {', '.join(sets)}" if sets else f"'{table}' has none"
        super().__init__(
            f"'on_conflict' takes the columns of a key or of a unique index, and ({', '.join(columns)}) is neither: {has}. "
            "A unique index on the columns makes them one.",
            table=table,
        )


class ConflictTwice(Invalid):
    reason = "CONFLICT_TWICE"

    def __init__(self, columns: Iterable[str], row: int | None, first: int) -> None:
        super().__init__(
            f"{_at(row)}It has the same {', '.join(columns)} as record {first} of this list; name each record once.",
            **_about(row, first=str(first)),
        )


class TooManyFound(Invalid):
    reason = "TOO_MANY_RECORDS"

    def __init__(self, table: str, count: int, limit: int) -> None:
        super().__init__(
            f"The filter finds {count} records of table '{table}', more than the {limit} that one call may delete; nothing was done. "
            "Narrow the filter, and delete them in parts.",
            table=table, count=str(count),
        )  # fmt: skip


class RecordTwice(Invalid):
    reason = "RECORD_TWICE"

    def __init__(self, table: str, key: str, row: int) -> None:
        super().__init__(
            f"Record {row}: {shown(key)} of table '{table}' is in this list already; name each record once.",
            **_about(row, table=table, key=key),
        )


class NoPrimaryKey(Precondition):
    reason = "NO_PRIMARY_KEY"

    def __init__(self, table: str, cure: str) -> None:
        super().__init__(
            f"'{table}' has no primary key, so its records cannot be named one by one. {cure}",
            table=table,
        )


class NotWritable(Precondition):
    reason = "NOT_WRITABLE"

    def __init__(self, table: str, why: str) -> None:
        super().__init__(f"'{table}' cannot be written: {why}", table=table)


class VersionMismatch(Precondition):
    reason = "VERSION_MISMATCH"

    def __init__(self, table: str, key: str, version: str, record: str, row: int | None = None) -> None:
        super().__init__(
            f"{_at(row)}{shown(key)} of table '{table}' was changed since you read it; look at it as it stands now and try again.",
            **_about(row, table=table, key=key, version=version, record=record),
        )


class RecordUntouched(Conflict):
    reason = "RECORD_UNTOUCHED"

    def __init__(self, table: str, row: int | None = None) -> None:
        super().__init__(
            f"{_at(row)}Nothing was written to table '{table}': a trigger skipped the record, or it is in this list under two spellings.",
            **_about(row, table=table),
        )


class AccessDenied(Forbidden):
    reason = "ACCESS_DENIED"

    def __init__(self, table: str) -> None:
        super().__init__(
            f"The database does not let this role use '{table}'; its owner can grant it.",
            table=table,
        )


class IdempotencyKeyReused(Precondition):
    reason = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Idempotency key {shown(key)} was used for another request; take a new key for a new request."
        )


class IdempotencyKeyInvalid(Invalid):
    reason = "IDEMPOTENCY_KEY_INVALID"

    def __init__(self, limit: int) -> None:
        super().__init__(f"An idempotency key has at most {limit} characters, none of them NUL.")


class AnswerTooLarge(Invalid):
    reason = "ANSWER_TOO_LARGE"

    def __init__(self, table: str, limit: int) -> None:
        super().__init__(
            f"The answer would be larger than {limit // 1_000_000} MB; ask for fewer columns or records of table '{table}' at once.",
            table=table,
        )


class ValueInvalid(Invalid):
    reason = "VALUE_INVALID"

    def __init__(self, column: str, value: str, why: str, row: int | None = None) -> None:
        super().__init__(
            f"{_at(row)}Column '{column}' cannot take {shown(value)}: {why}",
            **_about(row, column=column, value=safe(value)),
        )


class ValueMissing(Invalid):
    reason = "NOT_NULL_VIOLATION"

    def __init__(self, table: str, column: str, row: int | None = None) -> None:
        super().__init__(
            f"{_at(row)}Column '{column}' of table '{table}' needs a value.", **_about(row, table=table, column=column)
        )


class ColumnGenerated(Invalid):
    reason = "COLUMN_GENERATED"

    def __init__(self, column: str, how: str, row: int | None = None) -> None:
        super().__init__(f"{_at(row)}Column '{column}' {how}; leave it out.", **_about(row, column=column))


class DuplicateValue(Conflict):
    reason = "UNIQUE_VIOLATION"

    def __init__(self, table: str, columns: str, value: str, row: int | None = None, existing: str = "") -> None:
        which = f"record {shown(existing)} has" if existing else "there is a record with"
        super().__init__(
            f"{_at(row)}In table '{table}' {which} {columns} {shown(value)} already, and no two may have the same.",
            **_about(row, table=table, column=columns, value=safe(value), **({"existing": existing} if existing else {})),
        )  # fmt: skip


class ReferenceUnknown(Conflict):
    reason = "FOREIGN_KEY_VIOLATION"

    def __init__(
        self, table: str, columns: str, value: str, referenced: str, far_columns: str, row: int | None = None
    ) -> None:
        there = f"'{referenced}' ({far_columns})" if far_columns else f"'{referenced}'"
        super().__init__(
            f"{_at(row)}Column '{columns}' of table '{table}' refers to table {there}, which has no record {shown(value)}; "
            "add it there first, or take one that is there.",
            **_about(row, table=table, column=columns, value=safe(value), referenced=referenced),
        )


class StillReferenced(Conflict):
    reason = "FOREIGN_KEY_VIOLATION"

    def __init__(
        self, table: str, value: str, by: str, columns: str, count: int | None, most: int, row: int | None = None
    ) -> None:
        many = "records" if count is None else "1 record" if count == 1 else f"{count} records"
        many = f"more than {most} records" if count is not None and count > most else many
        super().__init__(
            f"{_at(row)}{shown(value)} of table '{table}' has to stay: {many} of table '{by}'"
            f"{f' ({columns})' if columns else ''} still {'refers' if count == 1 else 'refer'} to it. Change or delete those first.",
            **_about(row, table=table, value=safe(value), referenced_by=by, **({} if count is None else {"count": str(count)})),
        )  # fmt: skip


class CheckFailed(Invalid):
    reason = "CHECK_VIOLATION"

    def __init__(self, table: str, constraint: str, definition: str, column: str = "", row: int | None = None) -> None:
        super().__init__(
            f"{_at(row)}This breaks the rule '{constraint}' of table '{table}'{f': {definition}' if definition else '.'}",
            **_about(row, table=table, constraint=constraint, **({"column": column} if column else {})),
        )


class ExclusionFailed(Conflict):
    reason = "EXCLUSION_VIOLATION"

    def __init__(self, table: str, constraint: str, detail: str, row: int | None = None) -> None:
        super().__init__(
            f"{_at(row)}This collides with another record under the rule '{constraint}' of table '{table}'. {detail}",
            **_about(row, table=table, constraint=constraint),
        )


class ViewRefused(Invalid):
    reason = "VIEW_REFUSED"

    def __init__(self, view: str, row: int | None = None) -> None:
        super().__init__(
            f"{_at(row)}View '{view}' would not show this record, and takes only what it shows; write to the table behind it instead.",
            **_about(row, table=view),
        )


class PolicyRefused(Forbidden):
    reason = "POLICY_REFUSED"

    def __init__(self, table: str, row: int | None = None) -> None:
        super().__init__(
            f"{_at(row)}A policy of table '{table}' does not let this role write such a record.",
            **_about(row, table=table),
        )


class TriggerRefused(Invalid):
    reason = "TRIGGER_REFUSED"

    def __init__(self, table: str, words: str, row: int | None = None) -> None:
        super().__init__(f"{_at(row)}A trigger of table '{table}' refuses this: {words}", **_about(row, table=table))


class DatabaseRefused(Invalid):
    reason = "DATABASE_REFUSED"

    def __init__(self, table: str, words: str, sqlstate: str, row: int | None = None) -> None:
        super().__init__(
            f"{_at(row)}The database refuses this for table '{table}': {words}",
            **_about(row, table=table, sqlstate=sqlstate),
        )


class QueryTooSlow(Invalid):
    reason = "QUERY_TOO_SLOW"

    def __init__(self, table: str, seconds: float, operation: Mapping[str, Any] | None) -> None:
        if operation is None:
            super().__init__(f"Table '{table}' did not answer within {seconds:g} s; ask for less.", table=table)
            return
        named = ", ".join(column["column"] for column in operation["columns"])
        super().__init__(
            f"Table '{table}' did not answer within {seconds:g} s; an index on ({named}) would help, "
            "which the operation beside this makes.",
            table=table, columns=named, operation=orjson.dumps(operation).decode(),
        )  # fmt: skip


class Locked(Conflict):
    reason = "LOCKED"

    def __init__(self, table: str) -> None:
        super().__init__(f"Table '{table}' is being changed by somebody else; try again in a moment.", table=table)


class Contended(Unavailable):
    reason = "CONTENDED"

    def __init__(self, table: str) -> None:
        super().__init__(f"Too many changes to table '{table}' at once; try again in a moment.", table=table)


class OutOfSpace(Unavailable):
    reason = "DATABASE_FULL"

    def __init__(self) -> None:
        super().__init__("The database server is out of space or memory; try again later.")


class SchemaUnavailable(Unavailable):
    reason = "SCHEMA_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__(
            "The service that keeps the tables does not answer; nothing was imported. Try again in a moment."
        )
