"""Which names people may give to schemas, tables and columns: nearly all that Postgres takes, none that would mislead or hide."""

import unicodedata

from services.tenancy.catalog import HIDDEN_COLUMN
from services.tenancy.errors import NameInvalid

MAX_BYTES = 63
_SYSTEM_COLUMNS = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
_MISLEADING = frozenset("\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Invisible, or they turn what follows around. Joiners stay: emoji and many scripts need them."""


def fault(name: str) -> str | None:
    """Why `name` cannot be used for anything, or None."""
    if not name or name != name.strip():
        return "it is empty, or has spaces at its ends."
    if any(unicodedata.category(c) in {"Cc", "Cs"} or c in _MISLEADING for c in name):
        return "it contains a line break or another invisible character."
    if len(name.encode()) > MAX_BYTES:
        return (
            f"it is {len(name.encode())} bytes long; at most {MAX_BYTES} are possible. The whole text can be its label."
        )
    if name[0] == "@" and name[1:].isdigit():
        return "'@' and a number name things by id."
    return None


def table(name: str) -> str:
    """`name` as a table's, in normal form (NFC); raises NameInvalid."""
    return _checked(name, None)


def column(name: str) -> str:
    """`name` as a column's, in normal form (NFC); raises NameInvalid."""
    why = None
    if name.startswith(HIDDEN_COLUMN):
        why = f"names that begin with '{HIDDEN_COLUMN}' are those of dropped columns."
    if name in _SYSTEM_COLUMNS:
        why = "Postgres has a system column of that name."
    return _checked(name, why)


def schema(name: str) -> str:
    """`name` as a schema's, in normal form (NFC); raises NameInvalid."""
    reserved = name.startswith(("pg_", "rowhouse")) or name == "information_schema"
    return _checked(name, "names that begin with 'pg_' or 'rowhouse' are reserved." if reserved else None)


def shortened(name: str, limit: int = MAX_BYTES) -> str:
    """The longest beginning of `name` that fits `limit` bytes, cut between characters, without spaces at its end."""
    return name.encode()[:limit].decode(errors="ignore").rstrip()


def _checked(name: str, why: str | None) -> str:
    normal = unicodedata.normalize("NFC", name)
    why = fault(normal) or why
    if why is not None:
        raise NameInvalid(name, why)
    return normal
