"""Why a file cannot be imported: each names the line and the cure."""

from services.kit.errors import Conflict, Invalid, NotFound, Unavailable
from services.tenancy.errors import hint

_LISTED = 20


class FileEmpty(Invalid):
    reason = "FILE_EMPTY"

    def __init__(self) -> None:
        super().__init__("The file is empty; send one with at least a line of column names, or one record.")


class HeadTooLarge(Invalid):
    reason = "TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A preview takes the first {limit // 1_000_000} MB of a file at most; send less of it.")


class WorkbookNotWhole(Invalid):
    reason = "TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"A workbook can only be read whole, and its preview takes {limit // 1_000_000} MB at most; import it without a look, or "
            "save its sheet as CSV."
        )


class FileTooLarge(Invalid):
    reason = "TOO_LARGE"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(
            f"A {what} may have {limit // 1_000_000:,} MB at most; save it as CSV, which may have any size.",
            limit=str(limit),
        )


class FileBinary(Invalid):
    reason = "FILE_BINARY"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The file is no text: it looks like {what}. Save it as CSV or TSV and send that.", format=what
        )


class FileUnreadable(Invalid):
    """A file whose format is known but which cannot be read in it, or only with more memory and time than there is."""

    reason = "FILE_UNREADABLE"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The file looks like a {what} but cannot be read as one: it is damaged, or too large to be read at once. Open it "
            "where it comes from and save it anew, or as CSV.",
            format=what,
        )


class FileEncrypted(Invalid):
    reason = "FILE_ENCRYPTED"

    def __init__(self) -> None:
        super().__init__("The workbook is encrypted; save it without a password and send that.")


class WorkbookTooLarge(Invalid):
    reason = "FILE_BOMB"

    def __init__(self, unpacked: int, parts: int) -> None:
        super().__init__(
            f"Unpacked, the workbook would have {unpacked:,} bytes in {parts:,} parts, which is more than its size explains or "
            "than is read; save its sheet as CSV.",
            unpacked=str(unpacked),
            parts=str(parts),
        )


class SheetEmpty(Invalid):
    reason = "FILE_EMPTY"

    def __init__(self, sheet: str | None) -> None:
        super().__init__(
            "The workbook has no sheet with cells in it."
            if sheet is None
            else f"Sheet '{sheet}' of the workbook is empty; choose another with the option 'sheet'."
        )


class JsonShape(Invalid):
    reason = "JSON_SHAPE"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The JSON is no table: {why}. A table is an array of objects, one object after the other, or an object with one "
            "member that is such an array."
        )


class RecordFault(Invalid):
    """A fault of a row of a file that has no lines; rows are counted from 1."""

    reason = "RECORD_INVALID"

    def __init__(self, record: int, message: str, **metadata: str) -> None:
        super().__init__(f"Row {record:,}: {message}.", row=str(record), **metadata)


class RecordTooLong(RecordFault):
    reason = "ROW_TOO_LONG"

    def __init__(self, record: int, limit: int) -> None:
        super().__init__(record, f"it is longer than {limit:,} bytes", limit=str(limit))


class NulInText(RecordFault):
    reason = "NUL_BYTE"

    def __init__(self, record: int) -> None:
        super().__init__(record, "there is a NUL character, which no text can hold; remove it")


class TextInvalid(RecordFault):
    reason = "ENCODING_INVALID"

    def __init__(self, record: int) -> None:
        super().__init__(record, "there is half a character (a lone surrogate), which no text can hold; remove it")


class FileIncomplete(Invalid):
    reason = "FILE_INCOMPLETE"

    def __init__(self, announced: int | None, received: int) -> None:
        whole = "and then it broke off" if announced is None else f"of {announced:,}"
        message = f"The file did not arrive whole: {received:,} bytes {whole}; nothing was imported. Send it again."
        super().__init__(message, received=str(received))


class StreamInvalid(Invalid):
    reason = "STREAM_INVALID"

    def __init__(self) -> None:
        super().__init__("An import is one 'open', then chunks, then one 'finish'; something else came.")


class LineFault(Invalid):
    """A fault of the file's text at a line; lines are counted from 1, as an editor does."""

    def __init__(self, line: int, message: str, **metadata: str) -> None:
        super().__init__(f"Line {line:,}: {message}", line=str(line), **metadata)


class JsonInvalid(LineFault):
    reason = "JSON_INVALID"

    def __init__(self, line: int, what: str) -> None:
        super().__init__(line, f"this is no JSON: {what}.")


class EncodingInvalid(LineFault):
    reason = "ENCODING_INVALID"

    def __init__(self, line: int, encoding: str, byte: int, position: int) -> None:
        message = (
            f"the byte 0x{byte:02x} is no {encoding}, which the text before it is (byte {position:,} of the file); save the file in "
            "one encoding, or name it with the option 'encoding'."
        )
        super().__init__(line, message, encoding=encoding, position=str(position))


class NulByte(LineFault):
    reason = "NUL_BYTE"

    def __init__(self, line: int) -> None:
        super().__init__(
            line, "there is a NUL byte, which no text can hold; remove it, or check that the file is whole."
        )


class RowRagged(LineFault):
    reason = "ROW_RAGGED"

    def __init__(self, line: int, expected: int, found: int) -> None:
        more = " or more" if found > expected else ""
        message = (
            f"this row has {found:,} {'cell' if found == 1 else 'cells'}{more}, the first has {expected:,}; a delimiter is missing "
            "or too many, or a cell that contains one is not quoted."
        )
        super().__init__(line, message, expected=str(expected), found=str(found))


class RowTooLong(LineFault):
    reason = "ROW_TOO_LONG"

    def __init__(self, line: int, limit: int) -> None:
        message = f"the row that begins here is longer than {limit:,} bytes; a quote may have been left open."
        super().__init__(line, message, limit=str(limit))


class QuoteUnterminated(LineFault):
    reason = "QUOTE_UNTERMINATED"

    def __init__(self, line: int) -> None:
        super().__init__(line, "a quote is opened in the row that begins here and never closed.")


class QuoteMisplaced(LineFault):
    reason = "QUOTE_MISPLACED"

    def __init__(self, line: int) -> None:
        message = (
            'after the quote that closes a cell comes more text; a quote within a quoted cell is written twice: "".'
        )
        super().__init__(line, message)


class TooManyColumns(Invalid):
    reason = "TOO_MANY_COLUMNS"

    def __init__(self, found: int, limit: int) -> None:
        super().__init__(
            f"The file has {found:,} columns or more; at most {limit:,} are possible.",
            found=str(found),
            limit=str(limit),
        )


class OptionInvalid(Invalid):
    reason = "OPTION_INVALID"

    def __init__(self, option: str, why: str) -> None:
        super().__init__(f"Option '{option}': {why}", option=option)


class ValueMisfit(Invalid):
    """A value that the type which the caller gave to its column cannot hold unaltered."""

    reason = "VALUE_MISFIT"

    def __init__(self, column: str, type_: str, count: int, examples: list[str]) -> None:
        shown = ", ".join(repr(example) for example in examples)
        message = (
            f"{count:,} {'value' if count == 1 else 'values'} of column '{column}' cannot be kept unaltered as {type_}: {shown}; "
            "give the column another type, or text."
        )
        super().__init__(message, column=column, type=type_, count=str(count))


class TableExists(Conflict):
    reason = "TABLE_EXISTS"

    def __init__(self, schema: str, table: str) -> None:
        super().__init__(
            f"Schema '{schema}' has a table '{table}' already; choose another name.", schema=schema, table=table
        )


class ColumnsUnmapped(Invalid):
    """Columns of a file for which the table has none."""

    reason = "COLUMNS_UNMAPPED"

    def __init__(self, table: str, columns: list[str], known: list[str]) -> None:
        shown = ", ".join(f"'{column}'" for column in columns[:_LISTED])
        more = f" and {len(columns) - _LISTED} more" if len(columns) > _LISTED else ""
        super().__init__(
            f"Table '{table}' has no column for {shown}{more} of the file{hint(columns[0], known)} Name the column with the "
            "option 'columns', or skip it.",
            table=table, columns=", ".join(columns[:_LISTED]),
        )  # fmt: skip


class KeysConflict(Conflict):
    """Rows of a file of which an upsert cannot tell which record they are."""

    reason = "KEYS_CONFLICT"

    def __init__(self, table: str, key: str, count: int, rows: str) -> None:
        super().__init__(
            f"{count:,} rows have no value in {key} of table '{table}', or the same as another row of the file: rows {rows}. "
            "Each record may be in the file once; a dry run shows more of them.",
            table=table, key=key, count=str(count),
        )  # fmt: skip


class TableChanged(Conflict):
    reason = "TABLE_CHANGED"

    def __init__(self, table: str) -> None:
        super().__init__(
            f"Table '{table}' has been changed while the file was read; nothing was imported. Send it again.",
            table=table,
        )


class ImportCancelled(Conflict):
    reason = "IMPORT_CANCELLED"

    def __init__(self, identifier: int) -> None:
        super().__init__(f"Import '{identifier}' has been cancelled; nothing was imported.", id=str(identifier))


class SpoolFull(Unavailable):
    reason = "SPOOL_FULL"

    def __init__(self) -> None:
        super().__init__(
            "Too many files wait to be imported; try again later, or send the file without 'Prefer: respond-async'.",
        )


class ImportUnknown(NotFound):
    reason = "IMPORT_NOT_FOUND"

    def __init__(self, identifier: str) -> None:
        super().__init__(f"There is no import '{identifier}'.", id=identifier)


class ImportEnded(Conflict):
    reason = "IMPORT_ENDED"

    def __init__(self, identifier: str) -> None:
        super().__init__(
            f"Import '{identifier}' has ended, so there is nothing to cancel; a table that it made can be taken back by undoing "
            "its step on the timeline.",
            id=identifier,
        )
