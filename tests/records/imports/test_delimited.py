"""What spreadsheets write and put on the clipboard: cut as the person who copied it saw it."""

from collections.abc import AsyncIterator

from services.records.imports import head, report
from services.records.imports.options import Options
from services.records.imports.sources.delimited import Delimited

TSV = "text/tab-separated-values"


async def nothing() -> AsyncIterator[bytes]:
    """The rest of a file that is all in its head."""
    return
    yield b""


def read(
    text: str, content_type: str = "", encoding: str = "utf-8", **options: str
) -> tuple[str, list[list[str | None]]]:
    """The delimiter, and the header and rows."""
    source = Delimited(text.encode(encoding), nothing(), Options(**options), content_type, whole=True)  # type: ignore[arg-type]
    found = head.read(source, Options(**options), {})  # type: ignore[arg-type]
    return report.dialect(found)["delimiter"], [[column.header.source for column in found.columns], *found.shown]


def test_a_first_line_that_names_the_delimiter_is_no_row() -> None:
    table = [["a", "b,c"], ["1,5", "x"]]
    for first in ["sep=;\n", "sep=;\r\n", '"sep=;"\r\n']:
        for encoding in ["utf-8", "utf-8-sig", "utf-16"]:
            assert read(f"{first}a;b,c\r\n1,5;x\r\n", encoding=encoding) == (";", table)
    assert read("sep=\t\na\tb,c\n1,5\tx\n") == ("tab", table)
    assert read("sep=;\na,b\n1,2\n", delimiter=",") == (",", [["a", "b"], ["1", "2"]])


def test_a_table_may_have_a_column_that_is_called_so() -> None:
    assert read("sep=,x\n1,2\n") == (",", [["sep=", "x"], ["1", "2"]])


def test_cells_from_the_clipboard_may_hold_lines_commas_and_quotes() -> None:
    text = 'name\tnote\nAda\t"two\nlines"\nBob\t5" pipe, long\nEve\t"a ""quoted"" word"\n'
    rows = [["name", "note"], ["Ada", "two\nlines"], ["Bob", '5" pipe, long'], ["Eve", 'a "quoted" word']]
    for content_type in ["", "text/plain", TSV, f"{TSV}; charset=utf-8"]:
        assert read(text, content_type) == ("tab", rows)


def test_one_copied_column_is_one_column_whatever_commas_it_holds() -> None:
    text = "greeting\nHello, world\nGood morning, all\n"
    assert read(text, TSV) == ("tab", [["greeting"], ["Hello, world"], ["Good morning, all"]])


def test_the_delimiter_is_the_one_that_cuts_rows_alike() -> None:
    for text, delimiter in [
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb\nx, y; z\tw\n1|2\t3\n", "tab"),
        ("a,b\n1;2,3\n4,5;6\n", ","),
        ("a|b|c\n1,2|3;4|5\n", "|"),
        ('name,"last, first"\nx,"y; z"\n', ","),
    ]:
        assert read(text)[0] == delimiter, text
