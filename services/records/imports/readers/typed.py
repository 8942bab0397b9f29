"""Values for a column whose type is known, as that type spells them: what an export writes, and a list of records shows, is what an
import reads. A value that the type does not have is left as it is, for Postgres to refuse.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from services.records.imports.readers.scanner import Number

_CLOCK = re.compile(r"(?P<day>\d{4,}-\d\d-\d\d)T(?P<time>[\d:.]+)(?P<zone>\+00:00)?(?P<era> BC)?")
_SPECIAL = re.compile(r'[{}",\\ \t\n\r\v\f]|^(?:null)?$', re.IGNORECASE)
"""What Postgres quotes in an array."""

Dump = Callable[[Any], str]


def value(given: Any, type_: str, dump: Dump) -> Any:  # noqa: ANN401  JSON
    """The value, or its text. `dump` writes JSON. Documents stay documents, texts and numbers within them what they are."""
    if type_ in ("json", "jsonb"):
        return dump(given)
    if type_.endswith("[]"):
        return _array(given, type_.removesuffix("[]"), dump) if isinstance(given, list) else given
    if type(given) is str and type_ == "bytea":
        return _bytes(given)
    if type(given) is str and type_.startswith("timestamp"):
        return _instant(given)
    return given


def cell(given: Any, text: str | None, type_: str) -> str | None:  # noqa: ANN401  a cell's value
    """The text of a sheet's cell, which is spelled `text` where nothing is known.

    A sheet knows midnight as a day, and no zones: instants are in UTC.
    """
    if isinstance(given, date) and type_.startswith("timestamp"):
        zone = "+00" if type_.endswith("with time zone") else ""
        return f"{text if ' ' in str(text) else f'{text} 00:00:00'}{zone}"
    if type(given) is float and type_ == "double precision":
        return format(Decimal(_shortest(given)), "f")
    return text


def _shortest(given: float) -> str:
    """The fewest digits that tell a number from its neighbours, as Postgres has them: half-way between two does not."""
    text = repr(given)
    while 2 * abs(Decimal(text) - Decimal(given)) >= math.ulp(given) and given:
        text = f"{given:.{len(Decimal(text).as_tuple().digits)}e}"
    return text


def _array(given: list[Any], element: str, dump: Dump) -> str:
    return "{" + ",".join([_element(each, element, dump) for each in given]) + "}"


def _element(given: Any, type_: str, dump: Dump) -> str:  # noqa: ANN401  JSON
    if given is None:
        return "NULL"
    if isinstance(given, list) and type_ not in ("json", "jsonb"):
        return _array(given, type_, dump)
    found = value(given, type_, dump)
    if isinstance(found, Number):
        return found
    text = found if isinstance(found, str) else dump(found)
    if not _SPECIAL.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bytes(given: str) -> str:
    try:
        return "\\x" + base64.b64decode(given, validate=True).hex()
    except (binascii.Error, ValueError):
        return given


def _instant(given: str) -> str:
    """ISO 8601 as Postgres prints it."""
    match = _CLOCK.fullmatch(given)
    return f"{match['day']} {match['time']}{'+00' if match['zone'] else ''}{match['era'] or ''}" if match else given
