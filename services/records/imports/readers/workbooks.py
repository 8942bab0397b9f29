"""Workbooks: one sheet as rows of text, as calamine reads it. What a cell is in the workbook decides how it is spelled."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

import python_calamine as calamine

from services.records.imports import limits
from services.records.imports.errors import (
    FileEncrypted,
    FileUnreadable,
    OptionInvalid,
    SheetEmpty,
    TooManyColumns,
)
from services.records.imports.readers import archives, lines, typed
from services.records.imports.readers.lines import Lines

_EXACT = 2**53
"""Whole numbers below are exact in a workbook; above, only as many digits as tell it from its neighbours."""
_PLAIN = 10**18
"""Whole numbers below are told from text."""
_LISTED = 100
"""Sheets that are named in the report."""

Row = list[Any]


def read(file: BinaryIO, out: Lines, *, sheet: str | int | None, header: bool | None, types: Mapping[str, str]) -> None:
    """Write one sheet: the one that is named, by its name or its number from 1, else the first that holds something.

    `types` are known of columns of these names. Rows and columns before the first cell are left out. Raises what is wrong with the
    workbook, OptionInvalid, SheetEmpty.
    """
    packed = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    format_ = archives.check(file) if packed else "xls"
    book = _opened(file)
    found = _sheet(book, sheet)
    if found.width > limits.COLUMNS:
        raise TooManyColumns(found.width, limits.COLUMNS)
    errors = _placed(archives.errors(file, found.name), found) if format_ == "xlsx" else {}
    columns = _kinds(found, header)
    asked = [(at, types[str(name)]) for at, name in enumerate(next(found.iter_rows())) if str(name) in types]
    days = [column for column, seen in enumerate(columns) if {date, datetime} <= seen]
    names = [name[: lines.NAME] for name in book.sheet_names[:_LISTED]]
    told = {"format": format_, "sheet": found.name[: lines.NAME], "sheets": names}
    out.introduce(told, map(_hint, columns), header=None)
    for number, row in enumerate(found.iter_rows()):
        texts = _texts(row, days)
        for column, type_ in asked:
            texts[column] = typed.cell(row[column], texts[column], type_)
        for column in errors.get(number, ()):
            texts[column] = errors[number][column]
        if any(text is not None for text in texts):
            out.write(lines.row(texts, number + 1) + b"\n")
        elif len(texts) > 1:
            out.write(b"\n")


def _opened(file: BinaryIO) -> calamine.CalamineWorkbook:
    try:
        return calamine.CalamineWorkbook.from_filelike(file)
    except calamine.PasswordError as error:
        raise FileEncrypted from error
    except (calamine.CalamineError, ValueError, OSError) as error:
        raise FileUnreadable("workbook") from error


def _sheet(book: calamine.CalamineWorkbook, wanted: str | int | None) -> calamine.CalamineSheet:
    names = book.sheet_names
    if isinstance(wanted, int) and not 1 <= wanted <= len(names):
        raise OptionInvalid("sheet", f"there is no sheet {wanted}; the workbook has {len(names)}.")
    if isinstance(wanted, str) and wanted not in names:
        raise OptionInvalid("sheet", f"there is no sheet '{wanted}'; choose from {', '.join(map(repr, names[:20]))}.")
    candidates = [wanted - 1 if isinstance(wanted, int) else names.index(wanted)] if wanted else _in_order(book)
    for number in candidates:
        sheet = _read(book, number)
        if sheet is not None and sheet.start is not None:
            return sheet
    raise SheetEmpty(names[candidates[0]] if wanted else None)


def _in_order(book: calamine.CalamineWorkbook) -> list[int]:
    """Sheets that people see before hidden ones."""
    visible = [about.visible == calamine.SheetVisibleEnum.Visible for about in book.sheets_metadata]
    return sorted(range(len(visible)), key=lambda number: not visible[number])


def _read(book: calamine.CalamineWorkbook, number: int) -> calamine.CalamineSheet | None:
    """A sheet of cells; None for a chart."""
    if book.sheets_metadata[number].typ is not calamine.SheetTypeEnum.WorkSheet:
        return None
    try:
        return book.get_sheet_by_index(number)
    except (calamine.CalamineError, ValueError, OSError) as error:
        raise FileUnreadable("workbook") from error


def _placed(errors: dict[tuple[int, int], str], sheet: calamine.CalamineSheet) -> dict[int, dict[int, str]]:
    """The errors by row and column of the part of the sheet that is used."""
    top, left = sheet.start or (0, 0)
    placed: dict[int, dict[int, str]] = {}
    for (row, column), text in errors.items():
        if row >= top and left <= column < left + sheet.width:
            placed.setdefault(row - top, {})[column - left] = text
    return placed


def _kinds(sheet: calamine.CalamineSheet, header: bool | None) -> list[set[type | str]]:
    """Per column, the types of its cells, the header left out; `long` stands for a number of more than 18 digits."""
    rows = sheet.iter_rows()
    first = next(rows)
    columns: list[set[type | str]] = [set() for _ in first]
    if header is False or (header is None and not all(isinstance(value, str) for value in first)):
        _see(first, columns)
    for row in rows:
        _see(row, columns)
    return columns


def _see(row: Row, columns: list[set[type | str]]) -> None:
    for value, seen in zip(row, columns, strict=True):
        if value != "":
            seen.add(type(value))
            if isinstance(value, float) and abs(value) >= _PLAIN:
                seen.add("long")


def _hint(seen: set[type | str]) -> dict[str, Any]:
    if seen == {timedelta}:
        return {"type": "interval", "why": "all values are durations in the workbook"}
    if seen and seen <= {int, float, "long"} and "long" in seen:
        return {"type": "numeric", "why": "all values are numbers in the workbook"}
    return {}


def _texts(row: Row, days: Sequence[int]) -> list[str | None]:
    """The cells' texts. In the columns `days` a date alone is the beginning of that day."""
    texts = [(value or None) if type(value) is str else _SPELLED[type(value)](value) for value in row]
    for column in days:
        if type(row[column]) is date:
            texts[column] = f"{texts[column]} 00:00:00"
    return texts


def _number(value: float) -> str:
    """Whole numbers without a point, others with the fewest digits that give the same number."""
    if not value.is_integer():
        return repr(value)
    return str(int(value)) if abs(value) < _EXACT else format(Decimal(repr(value)), "f")


def _clock(text: str) -> str:
    """With no more digits of a second than it has, as Postgres prints it."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds, as the sheet shows them and as Postgres reads them."""
    sign, length = ("-", -value) if value < timedelta() else ("", value)
    seconds, micros = divmod(length // timedelta(microseconds=1), 1_000_000)
    fraction = f".{micros:06}".rstrip("0").rstrip(".")
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"


_SPELLED: dict[type, Callable[[Any], str]] = {
    int: str,
    float: _number,
    bool: lambda value: "true" if value else "false",
    datetime: lambda value: _clock(value.isoformat(" ")),
    date: date.isoformat,
    time: lambda value: _clock(value.isoformat()),
    timedelta: _duration,
}
