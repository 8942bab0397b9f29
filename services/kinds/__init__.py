"""The kinds of columns: their names, SQL types and rules, how people's texts are read, filter operators, settings of how they are
shown, and how values are spelled in files. One file per kind, no I/O."""

from collections.abc import Mapping
from types import MappingProxyType

from services.kinds import (
    array,
    boolean,
    choice,
    choices,
    date,
    datetime,
    duration,
    email,
    json,
    member,
    money,
    number,
    other,
    percent,
    phone,
    rating,
    text,
    time,
    types,
    url,
    uuid,
)
from services.kinds.errors import DisplayInvalid, KindMisfit, KindUnknown, TypeNeeded, TypeUnknown
from services.kinds.format import Format, with_padding
from services.kinds.kind import Display, Kind, Settings

__all__ = [
    "FORMATS",
    "KINDS",
    "DisplayInvalid",
    "Format",
    "Kind",
    "KindMisfit",
    "KindUnknown",
    "Settings",
    "TypeNeeded",
    "TypeUnknown",
    "asked",
    "column_type",
    "displays",
    "named",
    "of_column",
    "of_type",
]

_MODULES = (
    *(text, number, money, percent, boolean, date, datetime, time, duration, email, url, phone),
    *(uuid, json, array, choice, choices, rating, member, other),
)
KINDS: Mapping[str, Kind] = MappingProxyType({module.KIND.name: module.KIND for module in _MODULES})
"""All kinds by name. Of those that may have a type, the first is the type's own."""

_EXAMPLES = {"array": "text[]", "other": "inet"}
"""Types of the kinds that have no type of their own."""

FORMATS: tuple[Format, ...] = (
    *with_padding(
        tuple(
            format_
            for module in (boolean, number, date, datetime, time, uuid, duration, percent, money)
            for format_ in module.FORMATS
        )
    ),
    *email.FORMATS,
    *url.FORMATS,
)
"""Every way of spelling values that is told from text, the preferred ones first."""


def displays() -> tuple[type[Display], ...]:
    """The settings that kinds declare, each once."""
    return tuple(dict.fromkeys(kind.display for kind in KINDS.values()))


def of_type(base_type: str, category: str = "") -> Kind:
    """Give the own kind of a type, named as `format_type(oid, -1)` prints it; `category` is `pg_type.typcategory`."""
    return next((kind for kind in KINDS.values() if kind.holds(base_type, category)), other.KIND)


def of_column(kind: str | None, base_type: str, category: str = "") -> Kind:
    """Give the kind of a column: the one that it was given, as long as its type can be of that kind."""
    given = KINDS.get(kind or "")
    return given if given and given.holds(base_type, category) else of_type(base_type, category)


def named(name: str) -> Kind:
    """The kind of that name. Raises KindUnknown."""
    kind = KINDS.get(name.strip().lower())
    if kind is None:
        raise KindUnknown(name, KINDS)
    return kind


def asked(type_: str | None, kind: str | None) -> tuple[str, Kind]:
    """The canonical type and the kind of a column for which a caller gives one of the two, or both.

    `type_` may also be the name of a kind where there is no such type. Raises TypeUnknown, KindUnknown, KindMisfit.
    """
    if type_ is not None and kind is None and not types.known(type_):
        kind, type_ = (type_, None) if type_.strip().lower() in KINDS else (None, type_)
    wanted = named(kind) if kind is not None else None
    if type_ is None and wanted is not None:
        if wanted.default_type is None:
            raise TypeNeeded(wanted.name, _EXAMPLES[wanted.name])
        return wanted.default_type, wanted
    canonical = types.allowed(type_ or "")
    own = of_type(base := types.base(canonical))
    if wanted is not None and wanted is not own and not wanted.holds(base):
        raise KindMisfit(wanted.name, canonical, wanted.types or [_EXAMPLES[wanted.name]])
    return canonical, wanted or own


def column_type(text_: str) -> str:
    """Give the canonical type of what a caller wrote in `type`: Postgres' own text, or a kind. Raises TypeUnknown."""
    return asked(text_, None)[0]
