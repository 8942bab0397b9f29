"""The kinds of columns: their names, SQL types, filter operators and how values are spelled in files. One file per kind, no I/O."""

from collections.abc import Mapping
from types import MappingProxyType

from services.kinds import boolean, date, datetime, json, number, other, text, time, types, uuid
from services.kinds.errors import TypeUnknown
from services.kinds.format import Format, with_padding
from services.kinds.kind import Kind

__all__ = ["FORMATS", "KINDS", "Format", "Kind", "TypeUnknown", "column_type", "of_type"]

KINDS: Mapping[str, Kind] = MappingProxyType(
    {module.KIND.name: module.KIND for module in (text, number, boolean, date, datetime, time, uuid, json, other)}
)

FORMATS: tuple[Format, ...] = with_padding(
    tuple(format_ for module in (boolean, number, date, datetime, time, uuid) for format_ in module.FORMATS)
)
"""Every way of spelling values that is told from text, the preferred ones first."""

_BY_TYPE: Mapping[str, Kind] = MappingProxyType({type_: kind for kind in KINDS.values() for type_ in kind.types})


def of_type(base_type: str, category: str = "") -> Kind:
    """Give the kind of a type, named as `format_type(oid, -1)` prints it.

    `category` is `pg_type.typcategory`: an enumeration and a string type of an extension are text where no kind claims them.
    """
    return _BY_TYPE.get(base_type) or KINDS["text" if category == "S" else "other"]


def column_type(text_: str) -> str:
    """Give the canonical type of what a caller wrote in `type`: Postgres' own text, or a kind. Raises TypeUnknown."""
    kind = KINDS.get(text_.strip().lower())
    return kind.default_type if kind and not types.known(text_) else types.allowed(text_)
