"""How a file's text is cut into rows and cells."""

import pytest

from services.kit.errors import AppError
from services.records.imports import dialect
from services.records.imports.dialect import Dialect
from services.records.imports.errors import QuoteMisplaced, TooManyColumns


def cells(text: str, delimiter: str = ",", newline: str = "\n") -> list[tuple[str | None, ...]]:
    return [row.cells for row in Dialect(delimiter, newline).rows(text.encode())]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1,5;2,5;3,5\n", ";"),
        ("a\tb\n1,2\t3,4\n", "\t"),
        ("a|b\nx,y;z|t\n", "|"),
        ('"a,b";c\n"1,2";3\n', ";"),
        ("name\nHello, world\nfoo\n", ";"),
        ("name\nfoo\n", ","),
        ("a,b;c\n1,2;3\n1;1,2\n", ","),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_all_rows_alike(text: str, delimiter: str) -> None:
    assert dialect.detect(text.encode()).delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "newline"),
    [
        ("a\nb\n", "\n"),
        ("a\r\nb\r\n", "\r\n"),
        ("a\rb\r", "\r"),
        ('"a\nb"\r\nc\r\nd\r\n', "\r\n"),
        ("a", "\n"),
        ("a\r\nb\nc\nd\n", "\n"),
    ],
)
def test_the_newline_is_what_most_lines_end_with(text: str, newline: str) -> None:
    assert dialect.detect(text.encode()).newline == newline


def test_an_empty_cell_is_nothing_and_a_quoted_empty_one_is_the_empty_text() -> None:
    assert cells('a,,""\n') == [("a", None, "")]


def test_quoted_cells_hold_delimiters_newlines_and_doubled_quotes() -> None:
    assert cells('"a,b","c\nd","say ""hi"""\n') == [("a,b", "c\nd", 'say "hi"')]


def test_a_quote_within_an_unquoted_cell_is_a_character() -> None:
    assert cells('5" pipe,a"b"c\n') == [('5" pipe', 'a"b"c')]


def test_blanks_are_part_of_their_cell() -> None:
    assert cells(' a , "b" \n') == [(" a ", ' "b" ')]


def test_lines_may_end_either_way_within_one_file() -> None:
    assert cells('a,b\r\nc,"d"\r\n"e",f\n') == [("a", "b"), ("c", "d"), ("e", "f")]


def test_a_lone_carriage_return_is_a_character_unless_it_is_the_newline() -> None:
    assert cells("a\rb,c\n") == [("a\rb", "c")]
    assert cells('a,"b"\rc,d\r', newline="\r") == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize("text", ["a,b", '"a', '"a"', '"a""', 'a,"b\n', '"a"\r'])
def test_a_row_whose_end_is_not_there_is_no_row_yet(text: str) -> None:
    assert Dialect(",", "\n").row(text.encode(), 0, 1) is None


@pytest.mark.parametrize("text", ['"a"b,c\n', '"a" ,b\n', '"a"\rb\n'])
def test_text_after_a_closing_quote_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(QuoteMisplaced, match="Line 2"):
        cells("x,y\n" + text)


def test_more_columns_than_are_possible_are_refused_without_reading_them_all() -> None:
    with pytest.raises(TooManyColumns):
        Dialect(",", "\n").row(b"," * 1_000_000, 0, 1, limit=500)


def test_a_row_knows_the_line_where_it_begins() -> None:
    assert [row.line for row in Dialect(",", "\n").rows(b'a\n"b\nc"\nd\n')] == [1, 2, 4]


def test_a_million_delimiters_are_judged_at_once() -> None:
    assert dialect.detect(b"," * 1_000_000).delimiter == ","


def test_a_fault_in_one_reading_leaves_the_others() -> None:
    try:
        assert dialect.detect(b'a|b\n"x","y"|z\n').delimiter == "|"
    except AppError:
        pytest.fail("a delimiter that does not fit must not end the search")
