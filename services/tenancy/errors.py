"""What can go wrong on the way to a tenant's database and its tables."""

import difflib
from collections.abc import Iterable

from services.kit.errors import Conflict, Exhausted, Invalid, NotFound, Unavailable


def _closest(name: str, known: Iterable[str]) -> str | None:
    lowered = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def hint(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that says `name` is unknown: the likeliest meant name, if there is one."""
    closest = _closest(name, known)
    return f"; did you mean '{closest}'?" if closest else "."


class SchemaUnknown(NotFound):
    reason = "SCHEMA_NOT_FOUND"

    def __init__(self, schema: str, known: Iterable[str]) -> None:
        super().__init__(f"Schema '{schema}' does not exist{hint(schema, known)}", schema=schema)


class TableUnknown(NotFound):
    reason = "TABLE_NOT_FOUND"

    def __init__(self, schema: str, table: str, known: Iterable[str]) -> None:
        message = f"Table '{table}' does not exist in schema '{schema}'{hint(table, known)}"
        super().__init__(message, schema=schema, table=table)


class TableRenamed(NotFound):
    reason = "TABLE_RENAMED"

    def __init__(self, old: str, schema: str, table: str, identifier: int) -> None:
        message = (
            f"Table '{old}' is called '{table}' now; ask for that name, or for '@{identifier}', which survives renames."
        )
        super().__init__(message, schema=schema, table=table, id=str(identifier))


class ColumnUnknown(Invalid):
    reason = "COLUMN_UNKNOWN"

    def __init__(self, table: str, column: str, known: Iterable[str]) -> None:
        message = f"Column '{column}' does not exist on table '{table}'{hint(column, known)}"
        super().__init__(message, table=table, column=column)


class NameInvalid(Invalid):
    reason = "NAME_INVALID"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"The name {name!r} cannot be used: {why}", name=name)


class OperationUnknown(NotFound):
    reason = "OPERATION_NOT_FOUND"

    def __init__(self, identifier: int) -> None:
        super().__init__(f"There is no operation {identifier} on the timeline.", operation=str(identifier))


class AuthUnavailable(Unavailable):
    reason = "AUTH_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("The service that knows the workspaces does not answer; try again in a moment.")


class DatabaseBusy(Exhausted):
    reason = "DATABASE_BUSY"

    def __init__(self) -> None:
        super().__init__("All connections to the workspace's database are in use; try again in a moment.")


class DatabaseUnavailable(Unavailable):
    reason = "DATABASE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("The workspace's database cannot be reached; try again in a moment.")


class CatalogUnsettled(Conflict):
    reason = "CATALOG_UNSETTLED"

    def __init__(self) -> None:
        super().__init__("The shape of the workspace's database keeps changing; try again in a moment.")


class CatalogLocked(Conflict):
    reason = "LOCKED"

    def __init__(self) -> None:
        super().__init__("A table of the workspace is being changed by somebody else; try again in a moment.")
