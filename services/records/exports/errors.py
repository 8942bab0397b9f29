"""Why a table cannot be exported."""

from services.kit.errors import Invalid


class FormatUnknown(Invalid):
    reason = "FORMAT_UNKNOWN"

    def __init__(self, format_: str) -> None:
        super().__init__(f"There is no export as {format_!r}; choose 'csv' or 'tsv'.", format=format_)
