"""Which encoding a file is in."""

import pytest

from services.records.imports.encoding import Decoder
from services.records.imports.errors import EncodingInvalid, FileBinary, NulByte

TEXT = "name,city\nZoë,Łódź €\nBjørn,Zürich\n"


def decoded(data: bytes, named: str | None = None, piece: int = 1 << 20) -> tuple[str, str]:
    decoder = Decoder(data, named)
    pieces = [decoder.decode(data[start : start + piece]) for start in range(0, len(data), piece)]
    return (b"".join(pieces) + decoder.decode(b"", last=True)).decode(), decoder.encoding


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 1 << 20])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
    ],
)
def test_unicode_is_recognised_with_and_without_a_mark(encoding: str, mark: bytes, piece: int) -> None:
    assert decoded(mark + TEXT.encode(encoding), piece=piece) == (TEXT, encoding)


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_what_is_no_utf_8_is_windows_1252(piece: int) -> None:
    text = "a,b\n" * 1000 + "Zoë,€ “quoted”\n"
    assert decoded(text.encode("cp1252"), piece=piece) == (text, "cp1252")


def test_a_mark_within_the_text_is_text() -> None:
    assert decoded("a\ufeffb\n".encode())[0] == "a\ufeffb\n"


def test_mixed_encodings_are_refused_with_the_line_and_the_byte() -> None:
    with pytest.raises(EncodingInvalid, match=r"Line 3: the byte 0xeb is no UTF-8") as refusal:
        decoded("name\nZoë\n".encode() + "Zoë\n".encode("cp1252"), piece=4)
    assert refusal.value.metadata["line"] == "3"


def test_a_byte_that_windows_1252_does_not_have_is_refused() -> None:
    with pytest.raises(EncodingInvalid, match="Windows-1252"):
        decoded(b"a\n\xeb\n\x81\n")


def test_a_character_cut_off_at_the_end_is_refused() -> None:
    with pytest.raises(EncodingInvalid, match="Line 2"):
        decoded("ë\në".encode()[:-1], "utf-8")


def test_half_a_surrogate_is_refused() -> None:
    with pytest.raises(EncodingInvalid):
        decoded(b"\xff\xfea\0\n\0\x00\xd8\n\0")


def test_the_callers_word_counts_more_than_the_looks() -> None:
    assert decoded("Ã©\n".encode("cp1252"), "cp1252")[0] == "Ã©\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_that_is_named_needs_no_mark(encoding: str) -> None:
    assert decoded(TEXT.encode(encoding), "utf-16") == (TEXT, encoding)


@pytest.mark.parametrize("piece", [1, 1 << 20])
def test_a_nul_byte_is_refused_with_its_line(piece: int) -> None:
    with pytest.raises(NulByte, match="Line 2"):
        decoded(b"name,city\nab\0,c\n" + b"x,y\n" * 100, piece=piece)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"PAR1", "Parquet"),
        (bytes(range(256)) * 4, "binary"),
    ],
)
def test_a_binary_file_is_refused_by_what_it_is(data: bytes, what: str) -> None:
    with pytest.raises(FileBinary, match=what):
        decoded(data)
