"""Values as cells of a sheet: SQL by which Postgres writes their XML, so that a million rows pass through us as bytes.

A value becomes a number, a date or a time where a spreadsheet keeps it exactly, else its own text. A text is never a formula.
"""

from dataclasses import dataclass
from functools import reduce

from services.tenancy.catalog import Column

MAX_TEXT = 32_767
"""UTF-16 units of a text that a cell holds."""

STYLES = (
    "General",
    "General",
    "yyyy\\-mm\\-dd",
    "yyyy\\-mm\\-dd\\ hh:mm:ss",
    "yyyy\\-mm\\-dd\\ hh:mm:ss.000",
    "hh:mm:ss",
    "hh:mm:ss.000",
    "[h]:mm:ss",
    "[h]:mm:ss.000",
    "0.00%",
    "#,##0.00",
)
"""Number formats by their numbers in a cell's `s`; the second is the header's, which is bold."""

HEADER, _DATE, _DATETIME, _TIME, _DURATION = 1, 2, 3, 5, 7
_BY_KIND = {"percent": 9, "money": 10}
_WIDTHS = {"boolean": 9, "date": 12, "time": 14, "datetime": 25, "uuid": 38, "text": 32, "json": 32, "array": 32}

_SPECIAL = r"[&<>\x01-\x08\x0a-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_"
"""What cannot stand in a sheet's XML as it is; a line end would end the row in the stream."""

_UNWRITABLE = (*range(1, 9), *range(11, 32), 0xFFFE, 0xFFFF)


@dataclass(frozen=True, slots=True)
class Cell:
    """How values of one column are written: fetched as type `cast`, turned into XML by `xml`, which is SQL with the value as `{}`."""

    cast: str
    xml: str
    width: int
    long: bool = False
    """Whether its text may be longer than a cell holds."""


def of(column: Column) -> Cell:
    """The cells of a column."""
    width = _WIDTHS.get(column.kind, 14)
    if column.base_type in _EXACT:
        return Cell("", _EXACT[column.base_type], width)
    if column.base_type in ("numeric", "money"):
        return Cell("numeric", _numeric(_BY_KIND.get(column.kind, 0)), width, long=True)
    return Cell("text", _text("{}"), width, long=True)


def _value(sql: str, style: int | str = 0) -> str:
    styled = f"""'<c s="' || {style} || '"><v>'""" if style else "'<c><v>'"
    return f"{styled} || {sql} || '</v></c>'"


def _text(sql: str) -> str:
    return f"""'<c t="inlineStr"><is><t xml:space="preserve">' || {_escaped(sql)} || '</t></is></c>'"""


def _escaped(sql: str) -> str:
    """Text as XML. Characters that XML has not are spelled `_x0001_`, as Excel does, and what is spelled so already is escaped."""
    plain = f"regexp_replace({sql}, '_(?=x[0-9A-Fa-f]{{4}}_)', '_x005F_', 'g')"
    marks = {"'&'": "&amp;", "'<'": "&lt;", "'>'": "&gt;", "chr(10)": "&#10;"}
    marks |= {f"chr({code})": f"_x{code:04X}_" for code in _UNWRITABLE}
    whole = reduce(lambda done, mark: f"replace({done}, {mark}, '{marks[mark]}')", marks, plain)
    return f"CASE WHEN {sql} ~ '{_SPECIAL}' THEN {whole} ELSE {sql} END"


def _where(exact: str, value: str) -> str:
    return f"CASE WHEN {exact} THEN {value} ELSE {_text('{}::text')} END"


def _numeric(style: int) -> str:
    """Spreadsheets keep 15 digits."""
    digits = "length(ltrim(replace(abs({})::text, '.', ''), '0')) <= 15"
    return _where(f"abs({{}}) < 1e15 AND scale({{}}) < 300 AND {digits}", _value("{}", style))


def _clock(exact: str, epoch: int, style: int) -> str:
    """Days since 1899-12-30, in whole milliseconds."""
    shown = f"CASE WHEN {{}}::text LIKE '%.%' THEN {style + 1} ELSE {style} END"
    days = f"(extract(epoch FROM {{}})::float8 / 86400 + {epoch})"
    return _where(rf"{exact} AND {{}}::text !~ '\.[0-9]{{4}}'", _value(days, f"({shown})"))


_FLOAT = _where("{}::text = '0' OR abs({}) BETWEEN 1e-300 AND 1e300", _value("{}"))
_INSTANT = _clock("{} >= '1900-03-01' AND {} < '10000-01-01'", 25569, _DATETIME)
_EXACT = {
    "smallint": _value("{}"),
    "integer": _value("{}"),
    "bigint": _where("{} BETWEEN -999999999999999 AND 999999999999999", _value("{}")),
    "real": _FLOAT,
    "double precision": _FLOAT,
    "boolean": """'<c t="b"><v>' || {}::int || '</v></c>'""",
    "date": _where("{} BETWEEN '1900-03-01' AND '9999-12-31'", _value("({} - date '1899-12-30')", _DATE)),
    "timestamp without time zone": _INSTANT,
    "timestamp with time zone": _INSTANT,
    "time without time zone": _clock("{} < '24:00'", 0, _TIME),
    "interval": _clock("{}::text ~ '^[0-9]{2,7}:[0-9:.]*$'", 0, _DURATION),
}
"""Types whose texts are short. Dates before March of 1900 are others in Excel than they are."""
