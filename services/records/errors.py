"""What can go wrong with records, in words for people. What Postgres refuses becomes one of these in `failures`."""

from collections.abc import Iterable

from services.kit.errors import Conflict, Forbidden, Invalid, NotFound, Precondition, Unavailable
from services.kit.paging import CursorInvalid, LimitInvalid
from services.tenancy.errors import ColumnUnknown, hint

__all__ = ["ColumnUnknown", "CursorInvalid", "LimitInvalid", "hint"]

_SHOWN = 100


def shown(value: str) -> str:
    """A value as a message quotes it: the start of it, on one line."""
    cut = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
    return repr(cut)


def _safe(value: str) -> str:
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


class RecordTwice(Invalid):
    reason = "RECORD_TWICE"

    def __init__(self, table: str, key: str, row: int) -> None:
        super().__init__(
            f"Record {row}: {shown(key)} of table '{table}' is in this list already; name each record once.",
            **_about(row, table=table, key=key),
        )


class NoPrimaryKey(Precondition):
    reason = "NO_PRIMARY_KEY"

    def __init__(self, table: str) -> None:
        super().__init__(
            f"'{table}' has no primary key, so its records cannot be named one by one; give the table a primary key first.",
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
            **_about(row, column=column, value=_safe(value)),
        )


class ValueMissing(Invalid):
    reason = "NOT_NULL_VIOLATION"

    def __init__(self, table: str, column: str) -> None:
        super().__init__(f"Column '{column}' of table '{table}' needs a value.", table=table, column=column)


class ColumnGenerated(Invalid):
    reason = "COLUMN_GENERATED"

    def __init__(self, column: str, how: str, row: int | None = None) -> None:
        super().__init__(f"{_at(row)}Column '{column}' {how}; leave it out.", **_about(row, column=column))


class DuplicateValue(Conflict):
    reason = "UNIQUE_VIOLATION"

    def __init__(self, table: str, columns: str, value: str) -> None:
        super().__init__(
            f"Table '{table}' has a record with {columns} {shown(value)} already, and no two may have the same.",
            table=table, column=columns, value=_safe(value),
        )  # fmt: skip


class ReferenceUnknown(Conflict):
    reason = "FOREIGN_KEY_VIOLATION"

    def __init__(self, table: str, columns: str, value: str, referenced: str) -> None:
        super().__init__(
            f"Column '{columns}' of table '{table}' refers to '{referenced}', which has no record {shown(value)}.",
            table=table, column=columns, value=_safe(value), referenced=referenced,
        )  # fmt: skip


class StillReferenced(Conflict):
    reason = "FOREIGN_KEY_VIOLATION"

    def __init__(self, table: str, value: str, by: str) -> None:
        super().__init__(
            f"Record {shown(value)} of table '{table}' is still referred to by table '{by}'; change or delete those records first.",
            table=table, value=_safe(value), referenced_by=by,
        )  # fmt: skip


class CheckFailed(Invalid):
    reason = "CHECK_VIOLATION"

    def __init__(self, table: str, constraint: str, definition: str) -> None:
        super().__init__(
            f"A record breaks the rule '{constraint}' of table '{table}'{f': {definition}' if definition else '.'}",
            table=table, constraint=constraint,
        )  # fmt: skip


class ExclusionFailed(Conflict):
    reason = "EXCLUSION_VIOLATION"

    def __init__(self, table: str, constraint: str, detail: str) -> None:
        super().__init__(
            f"A record collides with another one under the rule '{constraint}' of table '{table}'. {detail}",
            table=table, constraint=constraint,
        )  # fmt: skip


class TriggerRefused(Invalid):
    reason = "TRIGGER_REFUSED"

    def __init__(self, table: str, words: str) -> None:
        super().__init__(f"A trigger of table '{table}' refuses this: {words}", table=table)


class DatabaseRefused(Invalid):
    reason = "DATABASE_REFUSED"

    def __init__(self, table: str, words: str, sqlstate: str) -> None:
        super().__init__(f"The database refuses this for table '{table}': {words}", table=table, sqlstate=sqlstate)


class QueryTooSlow(Invalid):
    reason = "QUERY_TOO_SLOW"

    def __init__(self, table: str, seconds: float, columns: Iterable[str]) -> None:
        named = ", ".join(columns)
        cure = f"an index on ({named}) would help" if named else "ask for less"
        super().__init__(f"Table '{table}' did not answer within {seconds:g} s; {cure}.", table=table, columns=named)


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
