"""Keys of records as they stand in paths: the values of the primary key joined by `,`, each percent-encoded first."""

from urllib.parse import unquote_to_bytes

from services.records import documents
from services.records.errors import NoPrimaryKey, RecordUnknown
from services.tenancy.catalog import Column, Table


def columns(table: Table) -> tuple[Column, ...]:
    """The columns of the primary key. Raises NoPrimaryKey."""
    if not table.primary_key:
        raise NoPrimaryKey(table.name)
    return tuple(table.column(name) for name in table.primary_key)


def values(key: str, table: Table, row: int | None = None) -> list[str]:
    """The texts in a key, one per column. Raises RecordUnknown for what cannot be a key of the table, NoPrimaryKey where there is none."""
    named = columns(table)
    parts = key.split(",")
    if len(parts) != len(named):
        why = f"; its key has {len(named)} part{'s' * (len(named) > 1)}: {', '.join(column.name for column in named)}."
        raise RecordUnknown(table.name, key, row, why)
    try:
        texts = [unquote_to_bytes(part).decode() for part in parts]
    except UnicodeDecodeError:
        raise RecordUnknown(table.name, key, row, "; the key is not UTF-8.") from None
    if any(documents.fault_in(text) for text in texts):
        raise RecordUnknown(table.name, key, row)
    return texts
