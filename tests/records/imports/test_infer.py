"""What a column's type is: decided by all of its values, whatever their order."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.records.imports import infer, report
from services.records.imports.headers import Header
from services.records.imports.infer import Column


def seen(*values: str, **options: str) -> Column:
    column = infer.column(Header("x", "x"), options.get("wanted"), date_order=options.get("date_order"))
    for value in values:
        column.see(value)
    return column


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (["1", "2", "-3"], "bigint"),
        (["0", "1"], "bigint"),
        (["1", "2.50"], "numeric"),
        (["0.1", "-0.25", "100"], "numeric"),
        (["1e-05", "2.5E+10", "7"], "numeric"),
        ([" 12", "7 "], "bigint"),
        ([" 12", "7.5"], "numeric"),
        (["999999999999999999"], "bigint"),
        (["1000000000000000000"], "text"),
        (["12345678901234567890"], "text"),
        (["01234", "56789"], "text"),
        (["0123456789"], "text"),
        (["+4790123456"], "text"),
        (["555-1234"], "text"),
        (["1,234.50"], "text"),
        (["12e4"], "text"),
        (["1", "NaN"], "text"),
        (["1", "n/a"], "text"),
        (["true", "false"], "boolean"),
        (["TRUE", "true"], "boolean"),
        (["true"], "boolean"),
        (["yes", "no"], "boolean"),
        (["yes", "No"], "text"),
        (["no", "no"], "text"),
        (["T", "F", "T"], "boolean"),
        (["F"], "text"),
        (["yes", "true"], "text"),
        (["2020-02-29", "0001-01-01"], "date"),
        (["2020-02-29", "2021-02-29"], "text"),
        (["31/12/2020", "01/02/2021"], "date"),
        (["12/31/2020", "1/2/2021"], "date"),
        (["01/02/2020", "03/04/2021"], "text"),
        (["31/12/2020", "12/31/2020"], "text"),
        (["31.12.2020", "1.2.2021"], "date"),
        (["31/12/20"], "text"),
        (["2020/12/31"], "date"),
        (["Jun 12 1998", "May 1 2001"], "date"),
        (["20201231"], "bigint"),
        (["2020-01-01 10:00:00", "2020-01-01 10:00:00.5"], "timestamp without time zone"),
        (["2020-01-01T10:00", "2020-01-01 10:00:00"], "timestamp without time zone"),
        (["2020-01-01T10:00:00Z", "2020-01-01T12:00:00+02:00"], "timestamp with time zone"),
        (["2020-01-01T10:00:00Z", "2020-01-01T12:00:00"], "text"),
        (["31/12/2020 09:30", "01/02/2020 9:05 PM"], "timestamp without time zone"),
        (["2020-01-01 24:00:00"], "text"),
        (["10:30", "23:59"], "time without time zone"),
        (["10:30:00", "24:00:00"], "time without time zone"),
        (["9:05 PM"], "time without time zone"),
        (["3:45"], "text"),
        (["6ba7b810-9dad-11d1-80b4-00c04fd430c8"], "uuid"),
        (["6BA7B810-9DAD-11D1-80B4-00C04FD430C8"], "uuid"),
        (['{"a": 1}'], "text"),
        (["now", "today"], "text"),
        ([""], "text"),
        ([" "], "text"),
        ([], "text"),
    ],
)
def test_a_type_is_one_that_every_value_survives(values: list[str], type_: str) -> None:
    for order in itertools.islice(itertools.permutations(values), 24):
        assert seen(*order).type == type_


KINDS_OF_VALUES = "1 007 1.5 .5 1e-5 true yes no T F 2020-01-01 01/02/2020 31/12/2020 12/31/2020 10:30 10:30:00 x"
VALUES = st.lists(st.sampled_from(KINDS_OF_VALUES.split()), max_size=6)


@given(VALUES, st.randoms())
def test_the_order_of_values_decides_nothing(values: list[str], random: object) -> None:
    shuffled = sorted(values, key=lambda _: random.random())  # type: ignore[attr-defined]
    first, second = seen(*values), seen(*shuffled)
    assert (first.type, first.format, first.readings) == (second.type, second.format, second.readings)


@given(VALUES)
def test_a_value_that_is_there_twice_decides_nothing(values: list[str]) -> None:
    assert seen(*values).type == seen(*values, *values).type


def test_the_caller_may_say_the_order_of_dates() -> None:
    assert seen("01/02/2020", date_order="dmy").type == "date"
    assert "DD/MM" in str(seen("01/02/2020", date_order="dmy").format)
    assert seen("31/12/2020", date_order="mdy").type == "text"


def test_the_caller_may_say_the_type() -> None:
    assert seen("1", "2", wanted="text").type == "text"
    assert seen("1", "x", wanted="integer").type == "integer"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["1"], "all values are whole numbers"),
        (["01/02/2020"], "day/month/year and as month/day/year"),
        (["no"], "one word only, 'no', of the pair yes or no"),
        ([], "it has no values"),
        (["x"], "its values are text"),
    ],
)
def test_a_type_comes_with_a_reason(values: list[str], words: str) -> None:
    assert words in report.why(seen(*values), None)


def test_the_format_of_most_values_is_what_a_text_column_would_have_been() -> None:
    nearest = infer.nearest(["1", "2", "n/a", "2", "7"])
    assert nearest is not None
    assert nearest.name == "whole number"
    assert infer.nearest(["a", "b", "1"]) is None
