"""Which encoding a file's bytes are in, and their way to UTF-8. What is no text is refused with its line."""

import codecs

from services.records.imports.errors import EncodingInvalid, FileBinary, NulByte

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MAGIC = (
    (b"PK\x03\x04", "an XLSX, ODS or ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (XLS)"),
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
NAMES = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
    "latin-1": "ISO-8859-1",
}


class Decoder:
    """Turns the file's bytes into UTF-8, piece by piece. The encoding is the caller's word, else what the head looks like.

    A file that is ASCII so far may still turn out as Windows-1252: the first other byte decides.
    """

    def __init__(self, head: bytes, named: str | None = None) -> None:
        _refuse_binary(head)
        self._mark, marked = _mark_of(head)
        self._open = named is None and not marked
        self.encoding = _told(head, named, marked) or _looks_like(head)
        self._decoder = codecs.getincrementaldecoder(self.encoding)()
        self._line = 1

    def decode(self, data: bytes, *, last: bool = False) -> bytes:
        """Give the next bytes as UTF-8. Raises EncodingInvalid, NulByte."""
        if self._mark:
            data, self._mark = data[self._mark :], max(0, self._mark - len(data))
        if (
            b"\0" not in data
            and self.encoding in ("utf-8", "cp1252")
            and data.isascii()
            and not self._decoder.getstate()[0]
        ):
            decoded = data
        else:
            decoded = self._text(data, last).encode()
        if b"\0" in decoded:
            raise NulByte(self._line + decoded.count(b"\n", 0, decoded.index(b"\0")))
        self._line += decoded.count(b"\n")
        return decoded

    def _text(self, data: bytes, last: bool) -> str:
        pending = self._decoder.getstate()[0]
        try:
            text = self._decoder.decode(data, last)
        except UnicodeDecodeError as error:
            if not (self._open and self.encoding == "utf-8" and error.object[: error.start].isascii()):
                raise self._fault(error) from error
            self.encoding, self._open = "cp1252", False
            self._decoder = codecs.getincrementaldecoder("cp1252")()
            return self._text(pending + data, last)
        self._open = self._open and text.isascii()
        return text

    def _fault(self, error: UnicodeDecodeError) -> EncodingInvalid:
        before = error.object[: error.start].decode(self.encoding, "ignore")
        byte = error.object[error.start]
        return EncodingInvalid(self._line + before.count("\n"), NAMES.get(self.encoding, self.encoding), byte)


def _mark_of(head: bytes) -> tuple[int, str | None]:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return len(mark), encoding
    return 0, None


def _told(head: bytes, named: str | None, marked: str | None) -> str | None:
    """What the mark or the caller says; UTF-16 without a mark begins with its low bytes unless it looks otherwise."""
    if marked is not None and (named is None or named.startswith("utf")):
        return marked
    if named == "utf-16":
        return "utf-16-be" if _looks_like(head) == "utf-16-be" else "utf-16-le"
    return named


def _looks_like(head: bytes) -> str:
    even, odd = head[0:4096:2], head[1:4096:2]
    if len(head) >= 4 and odd.count(0) > len(odd) * 0.4 and even.count(0) < len(even) * 0.1:
        return "utf-16-le"
    if len(head) >= 4 and even.count(0) > len(even) * 0.4 and odd.count(0) < len(odd) * 0.1:
        return "utf-16-be"
    return "utf-8"


def _refuse_binary(head: bytes) -> None:
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise FileBinary(what)
    sample = head[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in sample)
    if controls > max(8, len(sample) * 0.1) and _looks_like(head) == "utf-8" and _mark_of(head)[1] is None:
        raise FileBinary("a binary file")
