"""The allowlist of column types."""

import pytest

from services import kinds
from services.kinds import types
from services.kinds.errors import TypeUnknown
from services.kit.errors import Kind as Family


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("text", "text"),
        (" Numeric( 10 , 2 ) ", "numeric(10,2)"),
        ("decimal(5)", "numeric(5,0)"),
        ("varchar(20)", "character varying(20)"),
        ("char", "character(1)"),
        ("int8", "bigint"),
        ("DOUBLE   precision", "double precision"),
        ("timestamptz", "timestamp with time zone"),
        ("timestamp(3) with time zone", "timestamp(3) with time zone"),
        ("timestamptz(3)", "timestamp(3) with time zone"),
        ("text[]", "text[]"),
        ("varchar(3) [] []", "character varying(3)[]"),
    ],
)
def test_a_type_is_named_as_postgres_prints_it(written: str, canonical: str) -> None:
    assert types.allowed(written) == canonical
    assert types.allowed(canonical) == canonical


@pytest.mark.parametrize(
    "written",
    [
        "",
        "regclass",
        "pg_catalog.int4",
        "int; drop table people",
        "numeric(1001)",
        "numeric(0)",
        "varchar(0)",
        "text(3)",
        "float(3)",
        "money with time zone",
        "timestamp(7)",
        'text collate "C"',
        "text\0",
        "numeric(10,2",
        "ｔｅｘｔ",
    ],
)
def test_what_is_not_on_the_list_is_refused_with_a_hint(written: str) -> None:
    with pytest.raises(TypeUnknown) as refusal:
        types.allowed(written)
    assert refusal.value.kind is Family.INVALID
    assert refusal.value.reason == "TYPE_UNKNOWN"
    assert (
        "use a Postgres type" in refusal.value.message
        or "did you mean" in refusal.value.message
        or "fit" in refusal.value.message
    )


@pytest.mark.parametrize(
    ("written", "meant"), [("string", "text"), ("bigintt", "bigint"), ("tinyint", "smallint"), ("guid", "uuid")]
)
def test_a_near_miss_names_what_was_meant(written: str, meant: str) -> None:
    with pytest.raises(TypeUnknown, match=f"did you mean '{meant}'"):
        types.allowed(written)


def test_a_kind_may_stand_where_a_type_is_asked() -> None:
    assert kinds.column_type("number") == "numeric"
    assert kinds.column_type("Datetime") == "timestamp with time zone"
    assert kinds.column_type("json") == "json"


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("numeric", "number"),
        ("money", "money"),
        ("text", "text"),
        ("text[]", "array"),
        ("interval", "duration"),
        ("smallint", "number"),
    ],
)
def test_a_type_that_several_kinds_may_have_is_its_own_kind_s_until_somebody_says_more(type_: str, kind: str) -> None:
    assert kinds.of_type(type_).name == kind


def test_the_default_type_of_a_kind_is_allowed_and_may_be_of_that_kind() -> None:
    for kind in kinds.KINDS.values():
        if kind.default_type is not None:
            assert types.allowed(kind.default_type) == kind.default_type
            assert kinds.of_column(kind.name, kind.default_type) is kind


def test_a_kind_that_the_type_cannot_be_of_any_more_is_forgotten() -> None:
    assert kinds.of_column("email", "bigint").name == "number"
    assert kinds.of_column("gone", "text").name == "text"
    assert kinds.of_column(None, "public.mood", "E").name == "choice"


@pytest.mark.parametrize("name", kinds.KINDS)
def test_the_kinds_and_their_modules_are_called_alike(name: str) -> None:
    assert kinds.named(f" {name.upper()} ").name == name


def test_a_type_that_no_kind_claims_is_other_and_a_string_type_of_an_extension_is_text() -> None:
    assert kinds.of_type("inet", "I") is kinds.KINDS["other"]
    assert kinds.of_type("isbn", "S") is kinds.KINDS["text"]
