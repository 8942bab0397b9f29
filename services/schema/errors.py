"""What can go wrong when a database's shape is changed."""

from collections.abc import Iterable, Sequence

import asyncpg

from services.kit.errors import AppError, Conflict, Forbidden, Invalid, NotFound, Precondition
from services.schema.locks import Holder
from services.tenancy.errors import ColumnUnknown, hint


class OperationInvalid(Invalid):
    reason = "OPERATION_INVALID"

    def __init__(self, why: str, field: str = "") -> None:
        super().__init__(why, field=field)


class OperationUnknown(Invalid):
    reason = "OPERATION_UNKNOWN"

    def __init__(self, do: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no operation {do!r}; the operations are {', '.join(known)}.", do=do)


class NotATable(Invalid):
    reason = "NOT_A_TABLE"

    def __init__(self, table: str, relation: str) -> None:
        super().__init__(f"'{table}' is a {relation.replace('_', ' ')}; this can be done to tables only.", table=table)


class PartOfAnother(Conflict):
    reason = "TABLE_IS_PARTITION"

    def __init__(self, table: str) -> None:
        super().__init__(
            f"'{table}' is a partition of another table; change that one, or detach it in SQL first.", table=table
        )


class SchemaExists(Conflict):
    reason = "SCHEMA_EXISTS"

    def __init__(self, schema: str) -> None:
        super().__init__(f"There is a schema '{schema}' already; choose another name.", schema=schema)


class TableExists(Conflict):
    reason = "TABLE_EXISTS"

    def __init__(self, schema: str, table: str) -> None:
        super().__init__(
            f"There is a table '{table}' in schema '{schema}' already; choose another name.", schema=schema, table=table
        )


class ColumnExists(Conflict):
    reason = "COLUMN_EXISTS"

    def __init__(self, table: str, column: str) -> None:
        super().__init__(
            f"Table '{table}' has a column '{column}' already; choose another name.", table=table, column=column
        )


class ColumnNotFound(NotFound):
    reason = "COLUMN_NOT_FOUND"

    def __init__(self, unknown: ColumnUnknown) -> None:
        super().__init__(unknown.message, **unknown.metadata)


class NameTaken(Conflict):
    reason = "NAME_EXISTS"

    def __init__(self, message: str) -> None:
        super().__init__(f"The name is taken: {message}. Choose another one.")


class NameChanged(Conflict):
    reason = "NAME_CHANGED"

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"It is not called '{expected}' any more, but '{found}'.", expected=expected, found=found)


class TooManyColumns(Invalid):
    reason = "TOO_MANY_COLUMNS"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A table has at most {limit} columns.")


class ColumnTwice(Invalid):
    reason = "COLUMN_TWICE"

    def __init__(self, column: str) -> None:
        super().__init__(f"The column '{column}' is listed twice; give each its own name.", column=column)


class DefaultInvalid(Invalid):
    reason = "DEFAULT_INVALID"

    def __init__(self, column: str, why: str) -> None:
        super().__init__(f"The default of column '{column}' is not possible: {why}.", column=column)


class RowsWithoutValue(Conflict):
    reason = "ROWS_WITHOUT_VALUE"

    def __init__(self, table: str, column: str) -> None:
        super().__init__(
            f"Table '{table}' has records already, which would have no value in '{column}'; give it a default, or let it be empty.",
            table=table,
            column=column,
        )


class RowsBreakKind(Conflict):
    """Values that are there already are none of the kind, or none of the options, that the column is to have."""

    reason = "ROWS_BREAK_KIND"

    def __init__(self, column: str, kind: str, count: int, examples: Sequence[str]) -> None:
        listed = ", ".join(f"'{example}'" for example in examples)
        what = "value is" if count == 1 else "values are"
        super().__init__(
            f"Column '{column}' cannot be of kind {kind} with these settings: {count:,} {what} not allowed then, such as {listed}. "
            "Change them first, or allow them.",
            column=column,
            count=str(count),
        )


class ColumnInUse(Conflict):
    reason = "COLUMN_IN_USE"

    def __init__(self, column: str, why: str) -> None:
        super().__init__(f"Column '{column}' cannot be dropped: {why}.", column=column)


class ImportOver(Conflict):
    """An import that has been cancelled, or given up, before its table was there."""

    reason = "IMPORT_ENDED"

    def __init__(self, identifier: int) -> None:
        super().__init__(f"Import '{identifier}' has ended without a table; send the file again.", id=str(identifier))


class LoadUnknown(NotFound):
    reason = "LOAD_NOT_FOUND"

    def __init__(self, load: str) -> None:
        super().__init__(f"There is no load '{load}' to adopt; import the file again.", load=load)


class Locked(Conflict):
    reason = "LOCKED"

    def __init__(self, tables: Sequence[tuple[str, str]], holder: Holder | None, seconds: float) -> None:
        what = holder.table if holder else " and ".join(f"'{name}'" for _, name in tables) or "what this changes"
        super().__init__(
            f"Table {what} is in use by {holder or 'another session'}, which did not let go within {seconds:.0f} seconds; "
            "nothing was changed. Wait for it to finish, or end it, and try again.",
            table=what,
            **({"pid": str(holder.pid)} if holder else {}),
        )


class TookTooLong(Conflict):
    reason = "TOOK_TOO_LONG"

    def __init__(self) -> None:
        super().__init__(
            "This took longer than one statement may, and nothing was changed. Try it when the table is less busy."
        )


class ShapeMoves(Conflict):
    reason = "SHAPE_CHANGING"

    def __init__(self) -> None:
        super().__init__(
            "Others are changing the shape of this database at this moment; nothing was changed. Try again."
        )


class PlanInvalid(Invalid):
    reason = "PLAN_INVALID"

    def __init__(self) -> None:
        super().__init__("This is not a plan of this workspace; make one with POST …/plans.")


class StalePlan(Conflict):
    reason = "STALE_PLAN"

    def __init__(self, why: str, plan: str) -> None:
        super().__init__(f"{why} Look at the new plan, and apply that one.", plan=plan)


class IdempotencyKeyReused(Precondition):
    reason = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used with another request within the last 24 hours; choose a new one."
        )


class CannotUndo(Precondition):
    reason = "CANNOT_UNDO"

    def __init__(self, operation: int, why: str) -> None:
        super().__init__(f"Operation {operation} cannot be undone: {why}.", operation=str(operation))


class AlreadyUndone(Precondition):
    reason = "ALREADY_UNDONE"

    def __init__(self, operation: int, by: int) -> None:
        super().__init__(
            f"Operation {operation} has been undone already, by operation {by}.", operation=str(operation), by=str(by)
        )


class NotUndone(Precondition):
    reason = "NOT_UNDONE"

    def __init__(self, operation: int) -> None:
        super().__init__(
            f"Operation {operation} has not been undone, so there is nothing to redo.", operation=str(operation)
        )


class UndoConflict(Conflict):
    reason = "UNDO_CONFLICT"

    def __init__(self, verb: str, operation: int, why: str, later: Sequence[tuple[int, str]]) -> None:
        listed = ", ".join(f"{identifier} ({did})" for identifier, did in later)
        cure = (
            f"Undo these first: {listed}."
            if later
            else "What was changed since, outside the timeline, stands in the way."
        )
        super().__init__(
            f"Operation {operation} cannot be {verb} as things stand. {why} {cure}",
            operation=str(operation),
            operations=",".join(str(identifier) for identifier, _ in later),
        )


class IndexUnknown(NotFound):
    reason = "INDEX_NOT_FOUND"

    def __init__(self, schema: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"Schema '{schema}' has no index '{name}'{hint(name, known)}", schema=schema, index=name)


class IndexExists(Conflict):
    reason = "INDEX_EXISTS"

    def __init__(self, table: str, columns: tuple[str, ...], name: str = "") -> None:
        what = f"an index on ({', '.join(columns)})" if columns else f"something called '{name}'"
        super().__init__(f"There is {what} already.", table=table, index=name)


class IndexOfConstraint(Conflict):
    reason = "INDEX_OF_CONSTRAINT"

    def __init__(self, name: str, table: str) -> None:
        super().__init__(
            f"Index '{name}' belongs to a key or constraint of table '{table}'; it goes when that goes.", index=name
        )


class IndexBlocked(Conflict):
    reason = "LOCKED"

    def __init__(self) -> None:
        super().__init__("Somebody held the table, or a transaction from before, all the while; try again later.")


class TooManyIndexes(Conflict):
    reason = "TOO_MANY_INDEXES"

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} indexes are being made or dropped already; try again when one of them is done.")


class Refused(Conflict):
    reason = "REFUSED_BY_POSTGRES"

    def __init__(self, message: str) -> None:
        super().__init__(f"Postgres refuses: {message}.")


class NotOwner(Forbidden):
    reason = "NOT_OWNER"

    def __init__(self, message: str) -> None:
        super().__init__(f"This belongs to another role of the database: {message}. Its owner can hand it over in SQL.")


def of_postgres(error: asyncpg.PostgresError) -> AppError | None:
    """What Postgres refused, as an error of ours; None for what is a fault."""
    message = (error.message or "").rstrip(".")
    match error:
        case (
            asyncpg.DuplicateTableError()
            | asyncpg.DuplicateObjectError()
            | asyncpg.DuplicateSchemaError()
            | asyncpg.DuplicateColumnError()
        ):
            return NameTaken(message)
        case asyncpg.QueryCanceledError():
            return TookTooLong()
        case asyncpg.InsufficientPrivilegeError():
            return NotOwner(message)
        case asyncpg.DependentObjectsStillExistError():
            return Refused(f"{message} ({error.detail})" if error.detail else message)
        case (
            asyncpg.SyntaxOrAccessError()
            | asyncpg.InvalidSchemaNameError()
            | asyncpg.FeatureNotSupportedError()
            | asyncpg.ObjectNotInPrerequisiteStateError()
            | asyncpg.IntegrityConstraintViolationError()
            | asyncpg.DataError()
            | asyncpg.ProgramLimitExceededError()
        ):
            return Refused(message)
    return None
