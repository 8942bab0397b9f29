"""The types a column may be given: an allowlist of Postgres' own texts, made canonical as `format_type` prints them."""

import difflib
import re
from collections.abc import Callable, Mapping

from services.kinds.errors import TypeUnknown

_PLAIN = (
    "text smallint integer bigint real money boolean date uuid json jsonb bytea inet cidr macaddr macaddr8 "
    "point line lseg box path polygon circle "
    "int4range int8range numrange daterange tsrange tstzrange "
    "int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange"
)
"""Types that take no modifier."""

_ALIASES = {
    "int2": "smallint",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "float": "double precision",
    "bool": "boolean",
    "dec": "numeric",
    "decimal": "numeric",
    "varchar": "character varying",
    "char varying": "character varying",
    "char": "character",
    "bpchar": "character",
    "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
}

_BASES = {"character": "bpchar"}
"""Types that are printed by another name where they have no modifier."""

_ELSEWHERE = {
    "string": "text",
    "str": "text",
    "longtext": "text",
    "clob": "text",
    "tinyint": "smallint",
    "double": "double precision",
    "long": "bigint",
    "number": "numeric",
    "blob": "bytea",
    "guid": "uuid",
    "serial": "integer",
    "bigserial": "bigint",
    "xml": "text",
}
"""What people write who come from other databases, and what they most likely mean."""

_SHAPE = re.compile(
    r"(?P<name>[a-z][a-z0-9]*(?: [a-z]+)*?)"
    r"(?: ?\( ?(?P<modifier>\d{1,9}(?: ?, ?-?\d{1,9})?) ?\))?"
    r"(?: (?P<zone>with time zone|without time zone))?"
    r"(?P<array>(?: ?\[\])*)"
)


def _none(_: tuple[int, ...]) -> bool:
    return False


def _length(limit: int) -> Callable[[tuple[int, ...]], bool]:
    return lambda numbers: len(numbers) == 1 and 1 <= numbers[0] <= limit


def _precision(numbers: tuple[int, ...]) -> bool:
    return len(numbers) == 1 and numbers[0] <= 6


def _numeric(numbers: tuple[int, ...]) -> bool:
    return 1 <= numbers[0] <= 1000 and (len(numbers) == 1 or -1000 <= numbers[1] <= 1000)


_MODIFIERS: Mapping[str, Callable[[tuple[int, ...]], bool]] = {
    **dict.fromkeys(_PLAIN.split(), _none),
    "double precision": _none,
    "numeric": _numeric,
    "character varying": _length(10_485_760),
    "character": _length(10_485_760),
    "bit": _length(83_886_080),
    "bit varying": _length(83_886_080),
    "interval": _precision,
    "timestamp without time zone": _precision,
    "timestamp with time zone": _precision,
    "time without time zone": _precision,
    "time with time zone": _precision,
}
"""Every type by its canonical name, with what its modifier may be."""


def allowed(text: str) -> str:
    """Give the canonical text of a type: `decimal(10, 2)` is `numeric(10,2)`, `timestamptz` is `timestamp with time zone`.

    Raises TypeUnknown, with a hint, for whatever is not on the list.
    """
    match = _SHAPE.fullmatch(_folded(text))
    if match is None:
        raise TypeUnknown(text, _hint(text))
    name = _canonical(match["name"], match["zone"])
    numbers = tuple(int(number) for number in (match["modifier"] or "").split(",") if number)
    check = _MODIFIERS.get(name)
    if check is None or (numbers and not check(numbers)):
        raise TypeUnknown(text, _hint(text))
    return _with_modifier(name, numbers) + ("[]" if match["array"] else "")


def base(type_: str) -> str:
    """A canonical type without its modifier, as `format_type(oid, -1)` prints it. A quoted name may hold brackets."""
    plain = re.sub(r'("(?:[^"]|"")*")|\([^)]*\)', lambda found: found[1] or "", type_)
    return _BASES.get(plain, plain)


def known(text: str) -> bool:
    """Say whether `allowed` would accept the text."""
    try:
        allowed(text)
    except TypeUnknown:
        return False
    return True


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().lower()


def _canonical(name: str, zone: str | None) -> str:
    if zone is not None:
        return f"{name} {zone}"
    return _ALIASES.get(name, name)


def _with_modifier(name: str, numbers: tuple[int, ...]) -> str:
    if name in ("character", "bit") and not numbers:
        numbers = (1,)
    if name == "numeric" and len(numbers) == 1:
        numbers = (numbers[0], 0)
    if not numbers:
        return name
    modifier = f"({','.join(map(str, numbers))})"
    head, space, zone = name.partition(" ")
    return f"{head}{modifier} {zone}" if space and zone.endswith("zone") else name + modifier


def _hint(text: str) -> str:
    name = _folded(re.sub(r"[(\[].*", "", text))
    if name in _ELSEWHERE:
        return f"did you mean {_ELSEWHERE[name]!r}?"
    canonical = _ALIASES.get(name, name)
    if canonical in _MODIFIERS:
        return f"what stands in brackets does not fit {canonical!r}."
    close = difflib.get_close_matches(name, [*_MODIFIERS, *_ALIASES, *_ELSEWHERE], n=1)
    if close:
        return f"did you mean {_ELSEWHERE.get(close[0], close[0])!r}?"
    return "use a Postgres type such as 'text', 'bigint', 'numeric(10,2)', 'boolean', 'date' or 'timestamptz'."
