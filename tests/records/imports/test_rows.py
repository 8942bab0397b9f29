"""Rows on their way to COPY: the fast way and the slow way give the same, wherever the pieces are cut."""

import os
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.records.imports import limits
from services.records.imports.dialect import Dialect
from services.records.imports.errors import QuoteUnterminated, RowRagged, RowTooLong
from services.records.imports.headers import Header
from services.records.imports.infer import Column, column
from services.records.imports.rows import Patterns, Rows

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "300"))


def columns(*samples: str | None) -> list[Column]:
    found = [column(Header(f"c{n}", f"c{n}")) for n in range(len(samples))]
    for one, sample in zip(found, samples, strict=True):
        if sample is not None:
            one.see(sample)
    return found


def passed(rows: Rows, text: bytes, piece: int = 1 << 20) -> list[bytes | None]:
    pieces = [text[start : start + piece] for start in range(0, len(text), piece)]
    found = [out for data in pieces for out in rows.push(data)]
    return [*found, *rows.push(b"", last=True)]


def joined(found: list[bytes | None]) -> bytes:
    return b"".join(out for out in found if out is not None)


def test_rows_as_they_were_expected_pass_in_one_piece() -> None:
    text = b"1,a\n2,\n,b\n" * 1000
    assert passed(Rows(Dialect(",", "\n"), columns("1", "x"), ()), text) == [text]


def test_a_value_of_another_format_is_announced_before_its_row() -> None:
    found = passed(Rows(Dialect(",", "\n"), columns("1", "x"), ()), b"1,a\n007,b\n2,c\n")
    assert found == [b"1,a\n", None, b"007,b\n", b"2,c\n"]


@pytest.mark.parametrize(
    "late", [b"1.5", b"+5", b"1e5", b" 12", b"0x1F", b"1_000", b"NaN", b"now", b"-0", b"1000000000000000000"]
)
def test_no_number_that_copy_would_read_differently_passes_unseen(late: bytes) -> None:
    assert None in passed(Rows(Dialect(",", "\n"), columns("1"), ()), b"1\n" * 1000 + late + b"\n")


@pytest.mark.parametrize(
    "late", [b"today", b"2020-1-1", b"2019-02-29", b"20200101", b"01/02/2020", b"infinity", b"2020-01-01 BC"]
)
def test_no_date_that_copy_would_read_differently_passes_unseen(late: bytes) -> None:
    assert None in passed(Rows(Dialect(",", "\n"), columns("2020-01-01"), ()), b"2020-01-01\n" * 1000 + late + b"\n")


def test_a_date_that_is_no_longer_ambiguous_is_learnt() -> None:
    one = columns("01/02/2020")
    passed(Rows(Dialect(",", "\n"), one, ()), b"03/04/2020\n31/12/2020\n")
    assert one[0].type == "date"
    assert one[0].readings == ("day/month/year",)


def test_words_for_null_are_emptied_quoted_or_not() -> None:
    rows = Rows(Dialect(",", "\n"), columns("1", "x"), ["n/a", "-999", ""])
    assert joined(passed(rows, b'n/a,-999\n1,n/a\n"-999",""\n2,"n/a "\n')) == b',\n1,\n,\n2,"n/a "\n'


def test_a_word_for_null_is_a_whole_cell_whatever_characters_it_has() -> None:
    words = ["a,b", '5"', "N.A"]
    text = b'a,b\nx\rN.A,NxA\nN.A\rx,N.A\n"a,b","5"""\n5","5"\n'
    kept = b'a,b\n"x\rN.A",NxA\n"N.A\rx",\n,\n,5\n'
    for piece in (1, 1 << 20):
        rows = Rows(Dialect(",", "\n"), columns("x", "x"), words)
        cells = [row.cells for row in Dialect(",", "\n").rows(joined(passed(rows, text, piece)))]
        assert cells == [row.cells for row in Dialect(",", "\n").rows(kept)]
    alone = b"a,b\nx,N.A\nN.A,x\n"
    assert joined(passed(Rows(Dialect(",", "\n"), columns("x", "x"), words), alone)) == b"a,b\nx,\n,x\n"


def test_a_quoted_empty_stays_one_without_such_a_word() -> None:
    assert joined(passed(Rows(Dialect(",", "\n"), columns("x", "x"), ()), b'a,""\n,\n')) == b'a,""\n,\n'


def test_skipped_columns_are_left_out() -> None:
    found = columns("1", "x", "x")
    found[1].skip = True
    assert (
        joined(passed(Rows(Dialect(",", "\n"), found, ()), b'1,a,b\n2,"x,y",c\n3,d,"q""r"\n'))
        == b'1,b\n2,c\n3,"q""r"\n'
    )


def test_blank_lines_are_passed_over_and_counted() -> None:
    rows = Rows(Dialect(",", "\n"), columns("1", "x"), ())
    assert joined(passed(rows, b"\n1,a\n\n\r\n2,b\n\n")) == b"1,a\n2,b\n"
    assert rows.blank_lines == 4


def test_a_blank_line_is_a_row_where_there_is_one_column() -> None:
    assert joined(passed(Rows(Dialect(",", "\n"), columns("x"), ()), b"a\n\nb\n")) == b"a\n\nb\n"


def test_what_would_end_a_copy_is_quoted() -> None:
    assert joined(passed(Rows(Dialect(",", "\n"), columns("x"), ()), b"a\n\\.\nb\n")) == b'a\n"\\."\nb\n'


def test_the_last_line_needs_no_newline() -> None:
    assert joined(passed(Rows(Dialect(",", "\r\n"), columns("1", "x"), ()), b"1,a\r\n2,b")) == b"1,a\r\n2,b\r\n"


def test_each_line_ends_as_most_do() -> None:
    assert (
        joined(passed(Rows(Dialect(",", "\r\n"), columns("1", "x"), ()), b"1,a\r\n2,b\n3,c\r\n"))
        == b"1,a\r\n2,b\r\n3,c\r\n"
    )


@pytest.mark.parametrize(
    ("text", "line"), [(b"1,a\n2\n", 2), (b"1,a\n2,b,c\n", 2), (b'1,"a\nb"\n2,b,\n', 3), (b"1,a\n2,b\n,,\n", 3)]
)
def test_a_ragged_row_is_refused_with_its_line(text: bytes, line: int) -> None:
    with pytest.raises(RowRagged, match=f"Line {line}:"):
        passed(Rows(Dialect(",", "\n"), columns("1", "x"), ()), text)


def test_an_open_quote_is_refused_with_the_line_where_its_row_begins() -> None:
    with pytest.raises(QuoteUnterminated, match="Line 3:"):
        passed(Rows(Dialect(",", "\n"), columns("1", "x"), ()), b'1,a\n2,b\n3,"c\n4,d\n')


@pytest.mark.parametrize("piece", [100_000, 256 << 10, 1 << 20])
@pytest.mark.parametrize("cell", [b"x" * (limits.ROW_BYTES + 10), b'"' + b"x\n" * (limits.ROW_BYTES // 2 + 10) + b'"'])
def test_a_row_beyond_a_megabyte_is_refused_wherever_pieces_are_cut(cell: bytes, piece: int) -> None:
    with pytest.raises(RowTooLong, match="Line 2:"):
        passed(Rows(Dialect(",", "\n"), columns("1", "x"), ()), b"1,a\n2," + cell + b"\n3,c\n", piece)


def test_columns_that_learn_one_by_one_do_not_have_the_expression_written_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = 0
    plain = Patterns.rows

    def counted(self: Patterns, columns: Sequence[Column]) -> re.Pattern[bytes]:
        nonlocal written
        written += 1
        return plain(self, columns)

    monkeypatch.setattr(Patterns, "rows", counted)
    width = 200
    lines = [",".join("31/12/2020" if at == n else "" for at in range(width)) for n in range(width)]
    found = columns(*[None] * width)
    passed(Rows(Dialect(",", "\n"), found, ()), "\n".join(lines).encode())
    assert {column.type for column in found} == {"date"}
    assert written < 12


CELLS = st.sampled_from(
    ["", "1", "007", "-2", "1.5", "a", '"a,b"', '"x""y"', '""', '"1"', 'q"q', '"l1\nl2"', "n/a", " 3 ", "2020-01-01"]
)


@pytest.mark.soak
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12),
    samples=st.tuples(*[st.sampled_from([None, "1", "x", "2020-01-01"])] * 3),
    newline=st.sampled_from(["\n", "\r\n"]),
    piece=st.integers(1, 40),
    nulls=st.sampled_from([(), ("n/a",)]),
)
def test_the_pieces_do_not_matter(
    rows: list[tuple[str, ...]], samples: tuple[str | None, ...], newline: str, piece: int, nulls: tuple[str, ...]
) -> None:
    text = "".join(",".join(row) + newline for row in rows).encode()
    style = Dialect(",", newline)
    whole, cut = columns(*samples), columns(*samples)
    at_once = joined(passed(Rows(style, whole, nulls), text))
    bit_by_bit = joined(passed(Rows(style, cut, nulls), text, piece))
    assert [row.cells for row in style.rows(at_once)] == [row.cells for row in style.rows(bit_by_bit)]
    assert [c.type for c in whole] == [c.type for c in cut]
    kept = [tuple(None if cell in nulls else cell for cell in row.cells) for row in style.rows(text) if not row.blank]
    assert [row.cells for row in style.rows(at_once)] == kept
