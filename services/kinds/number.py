"""Numbers, whole and with digits after the point.

Leading zeros, plus signs, thousands separators, more than 18 digits before the point, and the words NaN and Infinity make no number:
they are what postcodes, phone numbers, account numbers and codes are made of, and stay text.
"""

from services.kinds.format import Format
from services.kinds.kind import Kind

KIND = Kind(
    name="number",
    types=("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    default_type="numeric",
)

_WHOLE = "[1-9][0-9]{0,17}"
_FRACTION = r"\.[0-9]{1,250}"

FORMATS = (
    Format(
        name="whole number",
        title="whole numbers",
        type="bigint",
        pattern=f"0|-?{_WHOLE}",
        value="{}::bigint",
        written="{}::text",
        within=("decimal number", "number"),
    ),
    Format(
        name="decimal number",
        title="decimal numbers",
        type="numeric",
        pattern=rf"-?{_WHOLE}(?:{_FRACTION})?|0(?:{_FRACTION})?|-0\.0{{0,120}}[1-9][0-9]{{0,120}}",
        value="{}::numeric",
        written="{}::text",
        within=("number",),
    ),
    Format(
        name="number",
        title="numbers",
        type="numeric",
        pattern=rf"-?(?:(?:0|{_WHOLE})(?:{_FRACTION})?|{_FRACTION})(?:[eE][+-][0-9]{{1,3}})?",
        value="{}::numeric",
        note="numbers such as .5, -0 and 1.5e-05 are written out: 0.5, 0, 0.000015",
    ),
)
