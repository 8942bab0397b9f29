"""XLSX: a workbook of one sheet, zipped as Postgres writes its rows. What a sheet cannot hold is refused before the first byte."""

import asyncio
import re
from collections.abc import Iterable
from html import escape
from zipfile import ZIP_DEFLATED, ZipFile

from services.records.exports import cells, writers
from services.records.exports.cells import MAX_TEXT, Cell
from services.records.exports.copying import VERBATIM
from services.records.exports.errors import CellTooLong, SheetFull
from services.records.exports.writers import Sink, Survey, Writer
from services.records.plans import Selection
from services.records.statement import exports

MAX_RECORDS = 1_048_575
"""Rows of a sheet, less the header."""

_LEVEL = 2
"""Of compression: half as fast again as the default 6, for a file a tenth larger."""

_MAX_NAME = 31
_PLAIN_ZIP = 2_000_000_000
"""Bytes of a sheet from which the zip file needs 64-bit sizes, which some readers do not know."""

_CELL_BYTES = 70
"""What the XML of a cell takes beside its text, at most."""

_LONGEST = (
    f"max(CASE WHEN octet_length({{}}) > {MAX_TEXT}"
    " THEN length({}) + length(regexp_replace({}, '[^\\U00010000-\\U0010ffff]', '', 'g')) END)"
)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


async def opened(found: Selection, survey: Survey) -> "Workbook":
    """The writer of a workbook that is known to hold all records. Raises SheetFull and CellTooLong."""
    columns = [cells.of(column) for column in writers.columns(found)]
    texts = [f"c{at}::text" for at, cell in enumerate(columns) if cell.long]
    asked = [
        "count(*)",
        *(f"sum(octet_length({text}))" for text in texts),
        *(_LONGEST.replace("{}", text) for text in texts),
    ]
    facts = [int(fact or 0) for fact in await survey(tuple(cell.cast for cell in columns), tuple(asked))]
    records, sizes, longest = facts[0], facts[1 : len(texts) + 1], facts[len(texts) + 1 :]
    if records > MAX_RECORDS:
        raise SheetFull(found.table.name, records, MAX_RECORDS)
    names = [field.name for field, cell in zip(found.rows.fields, columns, strict=True) if cell.long]
    for name, characters in zip(names, longest, strict=True):
        if characters > MAX_TEXT:
            raise CellTooLong(name, characters, MAX_TEXT)
    return Workbook(found, columns, large=records * len(columns) * _CELL_BYTES + 7 * sum(sizes) > _PLAIN_ZIP)


class Workbook(Writer):
    """The zip file as it grows: small parts first, then the sheet."""

    def __init__(self, found: Selection, columns: list[Cell], *, large: bool) -> None:
        values = ",".join(f"coalesce({cell.xml.replace('{}', f'c{at}')}, '<c/>')" for at, cell in enumerate(columns))
        row = f"'<row>' || array_to_string(ARRAY[{values}]::text[], '') || '</row>'"
        casts = tuple(cell.cast for cell in columns)
        super().__init__(exports.lines(found.rows, casts, (row,)), VERBATIM)
        self._sink = Sink()
        self._archive = ZipFile(self._sink, "w", ZIP_DEFLATED, compresslevel=_LEVEL)
        for name, text in _parts(found.table.name).items():
            self._archive.writestr(name, _XML + text)
        self._sheet = self._archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=large)
        self._sheet.write(_head([field.name for field in found.rows.fields], columns).encode())

    def start(self) -> bytes:
        """The small parts."""
        return self._sink.take()

    async def write(self, lines: bytes) -> bytes:
        """What of the sheet is compressed by now."""
        await asyncio.to_thread(self._sheet.write, lines)
        return self._sink.take()

    async def finish(self) -> bytes:
        """The end of the sheet, and the zip file's directory."""
        self._sheet.write(b"</sheetData></worksheet>")
        self.close()
        return self._sink.take()

    def close(self) -> None:
        """Close the zip file."""
        self._sheet.close()
        self._archive.close()


def sheet_name(table: str) -> str:
    """The table's name as far as a sheet may have it."""
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]", "_", table).strip("'")
    while len(name.encode("utf-16-le")) > 2 * _MAX_NAME:
        name = name[:-1]
    return "_" + name[: _MAX_NAME - 1] if name.lower() in ("", "history") else name


def _head(names: list[str], columns: list[Cell]) -> str:
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    widths = (
        f'<col min="{at}" max="{at}" width="{max(cell.width, min(len(name) + 2, 60))}" customWidth="1"/>'
        for at, (name, cell) in enumerate(zip(names, columns, strict=True), 1)
    )
    titles = (f'<c t="inlineStr" s="{cells.HEADER}"><is><t xml:space="preserve">{_text(n)}</t></is></c>' for n in names)
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"{_element('cols', widths)}<sheetData><row>{''.join(titles)}</row>\n"
    )


def _text(text: str) -> str:
    spelled = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub("[\x01-\x1f\ufffe\uffff]", lambda mark: f"_x{ord(mark[0]):04X}_", escape(spelled, quote=False))


def _element(name: str, members: Iterable[str]) -> str:
    inner = "".join(members)
    return f"<{name}>{inner}</{name}>" if inner else ""


def _parts(table: str) -> dict[str, str]:
    overrides = {"workbook.xml": "sheet.main", "worksheets/sheet1.xml": "worksheet", "styles.xml": "styles"}
    types = (
        f'<Override PartName="/xl/{part}" ContentType="{_TYPES}.{type_}+xml"/>' for part, type_ in overrides.items()
    )
    related = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{related}{"".join(types)}</Types>',
        "_rels/.rels": _relationships(officeDocument="xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": _relationships(worksheet="worksheets/sheet1.xml", styles="styles.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{escape(sheet_name(table))}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/styles.xml": _styles(),
    }


def _relationships(**targets: str) -> str:
    each = (
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/{type_}" Target="{target}"/>'
        for at, (type_, target) in enumerate(targets.items(), 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(each)}</Relationships>'


def _styles() -> str:
    formats = (f'<numFmt numFmtId="{164 + at}" formatCode="{escape(code)}"/>' for at, code in enumerate(cells.STYLES))
    styles = (
        f'<xf numFmtId="{164 + at}" fontId="{int(at == cells.HEADER)}" fillId="0" borderId="0" xfId="0"'
        ' applyNumberFormat="1" applyFont="1"/>'
        for at in range(len(cells.STYLES))
    )
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(cells.STYLES)}">{"".join(formats)}</numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(cells.STYLES)}">{"".join(styles)}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
