"""What columns are called."""

import pytest

from services.records.imports import headers


def named(*cells: str | None) -> list[str]:
    return [header.name for header in headers.name(cells)]


def test_names_are_kept_as_they_are_and_nothing_is_said() -> None:
    assert named("id", "Full Name", "größe", 'a"b', "select") == ["id", "Full Name", "größe", 'a"b', "select"]
    assert all(header.why is None and header.label is None for header in headers.name(["id", "Full Name"]))


def test_blanks_and_invisible_characters_are_left_out_and_that_is_said() -> None:
    header = headers.name(["  full\n name\u200b "])[0]
    assert header.name == "full name"
    assert header.why is not None
    assert "invisible" in header.why
    assert header.source == "  full\n name\u200b "


def test_a_column_without_a_name_gets_one() -> None:
    assert named("a", None, "", "  ") == ["a", "column_2", "column_3", "column_4"]


def test_equal_names_are_numbered() -> None:
    found = headers.name(["a", "a", "a_2", "a"])
    assert [header.name for header in found] == ["a", "a_2", "a_2_2", "a_3"]
    assert found[1].why == "the name occurs twice"


def test_a_long_header_is_cut_between_characters_and_is_the_label() -> None:
    question = "Wie zufrieden sind Sie mit der Größe und Schönheit der Bäume in Ihrer Straße?"
    header = headers.name([question])[0]
    assert len(header.name.encode()) <= 63
    assert question.startswith(header.name)
    assert header.label == question
    assert "63 bytes" in str(header.why)


def test_long_equal_headers_stay_within_63_bytes_and_apart() -> None:
    found = named("ä" * 100, "ä" * 100, "ä" * 100)
    assert len(set(found)) == 3
    assert all(len(name.encode()) <= 63 for name in found)


@pytest.mark.parametrize("name", ["ctid", "xmin", "tableoid", "__rh_5", "@7"])
def test_a_name_that_is_taken_by_the_system_is_changed(name: str) -> None:
    header = headers.name([name])[0]
    assert header.name == f"column {name}"
    assert header.label == name


def test_composed_and_decomposed_letters_are_one_name() -> None:
    assert named("caf\u00e9", "cafe\u0301") == ["caf\u00e9", "caf\u00e9_2"]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (("name", "city"), True),
        (("name", None), True),
        (("name", "42"), False),
        (("2020-01-01", "x"), False),
        (("true", "x"), False),
        (("country", "2019", "2020", "2021"), True),
        (("country", "2019", "2021"), False),
        (("Norway", "1990"), False),
        (("1", "2", "3"), False),
        (("yes", "no"), True),
        (("Y", "X"), True),
    ],
)
def test_the_first_row_names_the_columns_unless_it_holds_values(first: tuple[str | None, ...], expected: bool) -> None:
    assert headers.is_header(first) is expected
