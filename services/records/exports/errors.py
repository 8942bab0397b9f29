"""Why a table cannot be exported."""

from collections.abc import Iterable

from services.kit.errors import Invalid


class FormatUnknown(Invalid):
    reason = "FORMAT_UNKNOWN"

    def __init__(self, format_: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no export as {format_!r}; choose one of {', '.join(known)}.", format=format_)


class SheetFull(Invalid):
    reason = "SHEET_FULL"

    def __init__(self, table: str, records: int, most: int) -> None:
        super().__init__(
            f"A sheet of Excel's holds {most:,} records, and these of table '{table}' are {records:,};"
            " choose fewer with a filter, or export as csv, jsonl or parquet.",
            table=table,
            records=str(records),
            most=str(most),
        )


class CellTooLong(Invalid):
    reason = "CELL_TOO_LONG"

    def __init__(self, column: str, characters: int, most: int) -> None:
        super().__init__(
            f"A cell of Excel's holds {most:,} characters, and column '{column}' has one of {characters:,};"
            " leave the column out with 'fields', or export as csv, jsonl or parquet.",
            column=column,
            characters=str(characters),
            most=str(most),
        )
