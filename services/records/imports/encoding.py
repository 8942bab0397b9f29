"""Which encoding a file's bytes are in, and their way to UTF-8. What is no text is refused with its line and its place."""

import codecs

from services.records.imports import charsets, guess
from services.records.imports.errors import EncodingInvalid, FileBinary, NulByte

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""That of UTF-32 begins with that of UTF-16."""
_MAGIC = (
    (b"PK\x05\x06", "an empty ZIP file"),
    (b"%PDF-", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PAR1", "a Parquet file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf", "a 7z file"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PGDMP", "a Postgres dump"),
)
_WIDE = ("utf-16", "utf-32")
_NOT_ASCII = (*_WIDE, "iso2022")
"""Encodings in which bytes of ASCII may be something else."""


class Decoder:
    """Turns the file's bytes into UTF-8, piece by piece. The encoding is the caller's word, else what the head looks like.

    A file that is ASCII so far may still turn out in a legacy encoding: the first other bytes decide.
    """

    def __init__(self, head: bytes, named: str | None = None) -> None:
        _refuse_binary(head, named)
        mark, marked = _mark_of(head)
        self._mark = mark if marked == (told := _told(head, named, marked)) else 0
        self._open = told is None
        self._turn_to(told or _looks_like(head))
        self._line = 1
        self._position = 0

    def decode(self, data: bytes, *, last: bool = False) -> bytes:
        """Give the next bytes as UTF-8. Raises EncodingInvalid, NulByte."""
        skipped = min(self._mark, len(data))
        self._mark -= skipped
        self._position += len(data)
        data = data[skipped:]
        untouched = self._as_they_are and data.isascii() and not self._decoder.getstate()[0]
        decoded = data if untouched else self._text(data, last).encode()
        if b"\0" in decoded:
            raise NulByte(self._line + decoded.count(b"\n", 0, decoded.index(b"\0")))
        self._line += decoded.count(b"\n")
        return decoded

    def _turn_to(self, encoding: str) -> None:
        self.encoding = encoding
        self._as_they_are = not encoding.startswith(_NOT_ASCII)
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def _text(self, data: bytes, last: bool) -> str:
        pending = self._decoder.getstate()[0]
        try:
            text = self._decoder.decode(data, last)
        except UnicodeDecodeError as error:
            if not (self._open and self.encoding == "utf-8" and _is_no_utf_8(pending + data)):
                raise self._fault(error) from error
            self._open = False
            self._turn_to(guess.encoding(pending + data))
            return self._text(pending + data, last)
        self._open = self._open and text.isascii()
        return text

    def _fault(self, error: UnicodeDecodeError) -> EncodingInvalid:
        before = error.object[: error.start].decode(self.encoding, "ignore")
        position = self._position - len(error.object) + error.start + 1
        line = self._line + before.count("\n")
        return EncodingInvalid(line, charsets.name(self.encoding), error.object[error.start], position)


def _mark_of(head: bytes) -> tuple[int, str | None]:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return len(mark), encoding
    return 0, None


def _told(head: bytes, named: str | None, marked: str | None) -> str | None:
    """What the mark or the caller says; UTF-16 or UTF-32 without a mark begins with its low bytes unless it looks otherwise."""
    if marked is not None and (named is None or named.startswith("utf")):
        return marked
    if named in _WIDE:
        return f"{named}-be" if _looks_like(head) == f"{named}-be" else f"{named}-le"
    return named


def _looks_like(head: bytes) -> str:
    """UTF-32 and UTF-16 by their zeros, ISO-2022-JP by its escapes; else UTF-8, until it turns out not to be."""
    sample = head[:4096]
    zeros = [sample[start::4].count(0) / max(1, len(sample[start::4])) for start in range(4)]
    match [share > 0.4 for share in zeros] if len(sample) >= 4 else []:
        case [False, True, True, True]:
            return "utf-32-le"
        case [True, True, True, False]:
            return "utf-32-be"
        case [False, True, False, True] if zeros[0] < 0.1 and zeros[2] < 0.1:
            return "utf-16-le"
        case [True, False, True, False] if zeros[1] < 0.1 and zeros[3] < 0.1:
            return "utf-16-be"
    return "iso2022_jp" if guess.is_escaped(head) else "utf-8"


def _is_no_utf_8(data: bytes) -> bool:
    """Whether more of what is no ASCII is broken than whole. Else text in UTF-8 has been mixed with other text."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken > len(text) - len(text.encode("ascii", "ignore")) - broken


def _refuse_binary(head: bytes, named: str | None) -> None:
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise FileBinary(what)
    sample = head[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in sample)
    wide = (named or _mark_of(head)[1] or _looks_like(head)).startswith(_WIDE)
    if controls > max(8, len(sample) * 0.1) and not wide:
        raise FileBinary("a binary file")
