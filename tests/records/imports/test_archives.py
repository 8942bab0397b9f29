"""How large a workbook's ZIP may be, at each limit and one above it."""

import io
import zipfile

import pytest

from services.records.imports import limits
from services.records.imports.errors import WorkbookTooLarge
from services.records.imports.readers import archives


def packed(*sizes: int) -> io.BytesIO:
    """A ZIP that passes for a workbook, with parts of so many bytes more."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"")
        for number, size in enumerate(sizes):
            archive.writestr(f"part{number}", bytes(size))
    return file


def refused(file: io.BytesIO) -> bool:
    try:
        assert archives.check(file) == "xlsx"
    except WorkbookTooLarge:
        return True
    return False


def test_a_workbook_has_so_many_parts() -> None:
    assert [refused(packed(*[0] * count)) for count in (limits.PARTS - 2, limits.PARTS - 1, limits.PARTS)] == [
        False,
        False,
        True,
    ]


def test_a_workbook_is_so_large_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACKED_BYTES", 100_000)
    assert [refused(packed(50_000, size)) for size in (49_999, 50_000, 50_001)] == [False, False, True]


def test_a_workbook_of_some_size_grows_by_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    size = 100_000
    compressed = len(packed(size).getvalue())
    monkeypatch.setattr(limits, "UNPACKED_RATIO", 1)
    for free, is_refused in ((size - 1, True), (size, False), (size + 1, False)):
        monkeypatch.setattr(limits, "UNPACKED_FREE", free)
        assert refused(packed(size)) is is_refused
    monkeypatch.setattr(limits, "UNPACKED_FREE", 0)
    for ratio, is_refused in ((size // compressed, True), (size // compressed + 1, False)):
        monkeypatch.setattr(limits, "UNPACKED_RATIO", ratio)
        assert refused(packed(size)) is is_refused
