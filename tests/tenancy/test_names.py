"""Names that people may give, and those that would mislead or hide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tenancy import names
from services.tenancy.errors import NameInvalid


@pytest.mark.parametrize(
    "name",
    [
        "people",
        'we"ird',
        "o'clock",
        "100%s",
        "a b",
        "select",
        "🏡" * 15,
        "👩‍👩‍👧",
        "x" * 63,
        "a.b,c",
        "back\\slash",
        "@home",
        "نام",
        "-",
    ],
)
def test_nearly_everything_can_be_a_name(name: str) -> None:
    assert names.table(name) == names.column(name) == names.schema(name) == name


@pytest.mark.parametrize(
    "name",
    ["", " x", "x ", "a\nb", "a\tb", "a\0b", "x" * 64, "🏡" * 16, "@12", "a\u202eb", "zero\u200bwidth", "\ud800"],
)
def test_what_is_empty_invisible_or_too_long_is_refused(name: str) -> None:
    for check in (names.table, names.column, names.schema):
        with pytest.raises(NameInvalid):
            check(name)


@pytest.mark.parametrize(
    ("check", "name"),
    [
        (names.column, "xmin"),
        (names.column, "__rh_7"),
        (names.schema, "pg_mine"),
        (names.schema, "rowhouse_x"),
        (names.schema, "information_schema"),
    ],
)
def test_what_belongs_to_postgres_or_to_us_is_refused(check: object, name: str) -> None:
    with pytest.raises(NameInvalid):
        check(name)  # type: ignore[operator]
    assert names.table(name) == name


def test_names_come_out_in_normal_form() -> None:
    assert names.table("Cafe\u0301") == "Café"


@given(st.text(), st.integers(4, 63))
def test_shortening_cuts_between_characters_and_keeps_the_beginning(name: str, limit: int) -> None:
    encodable = name.encode(errors="ignore").decode()
    short = names.shortened(encodable, limit)
    assert len(short.encode()) <= limit
    assert encodable.startswith(short)
