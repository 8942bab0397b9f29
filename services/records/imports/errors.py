"""Why a file cannot be imported: each names the line and the cure."""

from services.kit.errors import Conflict, Invalid, NotFound


class FileEmpty(Invalid):
    reason = "FILE_EMPTY"

    def __init__(self) -> None:
        super().__init__("The file is empty; send a CSV or TSV file with at least a line of column names.")


class HeadTooLarge(Invalid):
    reason = "TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A preview takes the first {limit // 1_000_000} MB of a file at most; send less of it.")


class FileBinary(Invalid):
    reason = "FILE_BINARY"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The file is no text: it looks like {what}. Save it as CSV or TSV and send that.", format=what
        )


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


class EncodingInvalid(LineFault):
    reason = "ENCODING_INVALID"

    def __init__(self, line: int, encoding: str, byte: int) -> None:
        message = (
            f"the byte 0x{byte:02x} is no {encoding}, which the text before it is; save the file in one encoding, or name it "
            "with the option 'encoding'."
        )
        super().__init__(line, message, encoding=encoding)


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
