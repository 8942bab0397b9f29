"""A workbook's ZIP, looked at before anything of it is unpacked, and the cells of it that calamine leaves out."""

import codecs
import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree

from services.records.imports import limits
from services.records.imports.errors import FileBinary, FileEncrypted, FileUnreadable, WorkbookTooLarge

codecs.lookup("cp437")
"""The names in a ZIP are in it; once the process is confined, no module can be loaded."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERROR = re.compile(
    rb"""<(?:\w+:)?c\s(?=[^>]*?\sr=["']([A-Z]{1,3})([0-9]{1,7})["']|r=["']([A-Z]{1,3})([0-9]{1,7})["'])"""
    rb"""[^>]*?\bt=["']e["'][^>]*>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]{1,100})</""",
    re.DOTALL,
)
_CHUNK = 1 << 20
_CELL = 64 << 10
"""A cell with an error and its formula is no longer than this."""
_FORMATS = (("xl/workbook.bin", "xlsb"), ("xl/workbook.xml", "xlsx"), ("content.xml", "ods"))


def check(file: BinaryIO) -> str:
    """Say which format it is, by its parts. Raises FileBinary, FileUnreadable, FileEncrypted, WorkbookTooLarge.

    What the directory says may be a lie; then the limits of the process hold.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileUnreadable("workbook") from error
    if any(part.flag_bits & 1 for part in parts):
        raise FileEncrypted
    unpacked, packed = sum(part.file_size for part in parts), file.seek(0, 2)
    file.seek(0)
    if len(parts) > limits.PARTS or unpacked > limits.UNPACKED_BYTES:
        raise WorkbookTooLarge(unpacked, len(parts))
    if unpacked > limits.UNPACKED_FREE and unpacked > packed * limits.UNPACKED_RATIO:
        raise WorkbookTooLarge(unpacked, len(parts))
    names = {part.filename.lower() for part in parts}
    for name, format_ in _FORMATS:
        if name in names:
            return format_
    raise FileBinary("a ZIP file that holds no workbook")


def errors(file: BinaryIO, sheet: str) -> dict[tuple[int, int], str]:
    """The cells of a sheet of an XLSX that hold an error such as #N/A, by row and column from 0. Calamine reads them as empty."""
    with zipfile.ZipFile(file) as archive:
        part = _part(archive, sheet)
        if part is None:
            return {}
        return {
            (int(match[2] or match[4]) - 1, _number(match[1] or match[3])): match[5].decode(errors="replace")
            for match in _matches(archive, part)
        }


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The file within the archive that holds the sheet."""
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  the process is limited
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  as above
    except (KeyError, ElementTree.ParseError):
        return None
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for found in book.iter(f"{_MAIN}sheet"):
        target = targets.get(found.get(_LINK), "")
        if found.get("name") == sheet and target:
            name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return name if name in archive.namelist() else None
    return None


def _matches(archive: zipfile.ZipFile, part: str) -> Iterator[re.Match[bytes]]:
    held = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            held += chunk
            if b't="e"' in held or b"t='e'" in held:
                end = 0
                for match in _ERROR.finditer(held):
                    yield match
                    end = match.end()
                held = held[end:]
            held = held[-_CELL:]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
