"""Operations without a database: what they refuse, what they say, the SQL they would run, and what takes them back."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from services import kinds
from services.kit.errors import AppError
from services.schema import operations
from services.schema.errors import OperationInvalid, OperationUnknown
from services.schema.plan import Made, Operation, Part, Run
from services.tenancy.catalog import Catalog, Column, Constraint, Schema, Table


def column(number: int, name: str, **changes: Any) -> Column:
    given: dict[str, Any] = {
        "id": number, "name": name, "attnum": number, "type": "text", "base_type": "text", "kind": "text", "label": None,
        "nullable": True, "default": None, "generated": False, "identity": "", "comment": None, "position": number,
        "sortable": True, "type_category": "S", "enum_values": (),
    }  # fmt: skip
    return Column(**given | changes)


def table(number: int, name: str, *columns: str, **changes: Any) -> Table:
    given: dict[str, Any] = {
        "id": number, "oid": number, "schema": "public", "name": name, "relation": "table", "partition": False,
        "columns": tuple(column(n, c) for n, c in enumerate(columns, 1)), "primary_key": (), "constraints": (), "indexes": (),
        "comment": None, "label": None, "estimated_rows": 0, "fingerprint": "", "old_names": (),
    }  # fmt: skip
    return Table(**given | changes)


CATALOG = Catalog(
    "1",
    (Schema(1, "public", None), Schema(2, "hr", None)),
    (
        table(7, "people", "id", "name", primary_key=("id",), old_names=("persons",)),
        table(8, "adults", "name", relation="view"),
        table(9, "log_2026", "at", partition=True),
    ),
)


def operation(**request: Any) -> Operation:
    return operations.parse(json.dumps({"schema": "public", "table": "people"} | request).encode())


def sql(asked: Operation) -> list[str]:
    return [step.sql for step in asked.steps(asked.check(CATALOG)) if isinstance(step, Run)]


def new_table(**request: Any) -> dict[str, Any]:
    return {"do": "create_table", "schema": "public", "name": "t", **request}


def parsed(**request: Any) -> Operation:
    return operations.parse(json.dumps(request).encode())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not valid JSON"),
        (b"[]", "JSON object"),
        (b'{"do": "drop_table", "schema": NaN}', "NaN"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"do": "drop_table", "schema": "public"}', "'table' is missing"),
        (b'{"do": "drop_table", "schema": "public", "table": 5}', "'table' is wrong"),
        (b'{"do": "drop_table", "schema": "public", "table": "t", "cascade": true}', "no field 'cascade'"),
        (b'{"do": "create_table", "schema": "s", "name": "t", "columns": [{"name": "a", "typ": "int"}]}', "typ"),
        (b'{"do": "create_schema", "name": "\\ud800"}', "not valid JSON"),
        (b'{"do": "create_schema", "name": "a\\u0000b"}', "NUL"),
    ],
)
def test_a_request_that_is_wrong_is_refused_with_the_field(body: bytes, words: str) -> None:
    with pytest.raises(OperationInvalid, match=words):
        operations.parse(body)


@pytest.mark.parametrize("do", ["drop_database", "restore_table", "drop_schema", None, 5])
def test_what_is_no_operation_of_people_s_is_refused_with_those_there_are(do: object) -> None:
    with pytest.raises(OperationUnknown, match="add_column"):
        parsed(do=do)


def test_numbers_keep_every_digit() -> None:
    body = b'{"do": "add_column", "schema": "public", "table": "people", "name": "n", "type": "numeric", "default": {"value": %s}}'
    digits = "1.2345678901234567890"
    asked = operations.parse(body % digits.encode())
    assert sql(asked) == [f"""ALTER TABLE "public"."people" ADD COLUMN "n" numeric DEFAULT '{digits}'"""]
    assert operations.record(asked)["default"] == {"value": Decimal(digits)}


@pytest.mark.parametrize(
    ("request_", "reason", "words"),
    [
        ({"do": "rename_table", "name": "adults"}, "TABLE_EXISTS", "'adults'"),
        ({"do": "rename_table", "name": " x"}, "NAME_INVALID", "spaces"),
        ({"do": "rename_table", "table": "@7", "name": "x", "expected": "persons"}, "NAME_CHANGED", "'people'"),
        ({"do": "rename_table", "table": "persons", "name": "x"}, "TABLE_RENAMED", "'people'"),
        ({"do": "rename_column", "column": "nam", "name": "x"}, "COLUMN_NOT_FOUND", "did you mean 'name'"),
        ({"do": "rename_column", "column": "name", "name": "id"}, "COLUMN_EXISTS", "'id'"),
        ({"do": "rename_column", "column": "name", "name": "xmin"}, "NAME_INVALID", "system column"),
        ({"do": "add_column", "name": "id", "type": "int"}, "COLUMN_EXISTS", "'id'"),
        ({"do": "add_column", "name": "x", "type": "string"}, "TYPE_UNKNOWN", "text"),
        ({"do": "add_column", "name": "x"}, "OPERATION_INVALID", "type or a kind"),
        ({"do": "add_column", "name": "x", "type": "int", "kind": "email"}, "KIND_MISFIT", "text"),
        ({"do": "add_column", "name": "x", "kind": "colour"}, "KIND_UNKNOWN", "number"),
        ({"do": "add_column", "name": "x", "kind": "array"}, "TYPE_NEEDED", r"text\[\]"),
        ({"do": "add_column", "name": "x", "kind": "choice"}, "DISPLAY_INVALID", "'options'"),
        ({"do": "add_column", "name": "x", "kind": "money"}, "DISPLAY_INVALID", "'currency'"),
        ({"do": "add_column", "name": "x", "kind": "rating", "display": {"max": 11}}, "DISPLAY_INVALID", "'max'"),
        ({"do": "add_column", "name": "x", "kind": "date", "display": {"max": 5}}, "DISPLAY_INVALID", "date_order"),
        ({"do": "add_column", "name": "x", "kind": "email", "display": {"max": 5}}, "DISPLAY_INVALID", "has none"),
        ({"do": "set_display", "column": "name"}, "OPERATION_INVALID", "settings, a kind"),
        ({"do": "set_display", "column": "name", "kind": "rating"}, "KIND_MISFIT", "smallint"),
        ({"do": "set_display", "column": "name", "display": {"decimals": 2}}, "DISPLAY_INVALID", "multiline"),
        ({"do": "set_display", "column": "name", "kind": "choice"}, "DISPLAY_INVALID", "'options'"),
        ({"do": "add_column", "name": "x", "type": "int", "default": {"function": "now"}}, "DEFAULT_INVALID", "'now'"),
        ({"do": "add_column", "table": "adults", "name": "x", "type": "int"}, "NOT_A_TABLE", "view"),
        ({"do": "drop_column", "table": "adults", "column": "name"}, "NOT_A_TABLE", "view"),
        ({"do": "drop_table", "table": "log_2026"}, "TABLE_IS_PARTITION", "partition"),
        ({"do": "drop_table", "schema": "pubic"}, "SCHEMA_NOT_FOUND", "did you mean 'public'"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_a_cure(request_: dict[str, Any], reason: str, words: str) -> None:
    with pytest.raises(AppError, match=words) as refused:
        operation(**request_).check(CATALOG)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (new_table(name="people"), "TABLE_EXISTS"),
        (new_table(columns=[{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]), "COLUMN_TWICE"),
        (new_table(columns=[{"name": "a", "type": "int"}], primary_key=["b"]), "OPERATION_INVALID"),
        (new_table(columns=[{"name": f"c{n}", "type": "int"} for n in range(500)]), "TOO_MANY_COLUMNS"),
        ({"do": "create_schema", "name": "hr"}, "SCHEMA_EXISTS"),
        ({"do": "create_schema", "name": "rowhouse_mine"}, "NAME_INVALID"),
    ],
)
def test_a_table_or_schema_that_cannot_be_is_refused(request_: dict[str, Any], reason: str) -> None:
    with pytest.raises(AppError) as refused:
        parsed(**request_).check(CATALOG)
    assert refused.value.reason == reason


def test_a_table_gets_the_key_it_asks_for_or_an_id() -> None:
    assert sql(parsed(**new_table())) == [
        'CREATE TABLE "public"."t" ("id" bigint GENERATED BY DEFAULT AS IDENTITY, PRIMARY KEY ("id"))'
    ]
    (own,) = sql(parsed(**new_table(columns=[{"name": "id", "type": "uuid", "default": {"function": "uuid"}}])))
    assert own == 'CREATE TABLE "public"."t" ("id" uuid DEFAULT gen_random_uuid(), PRIMARY KEY ("id"))'
    (none,) = sql(parsed(**new_table(columns=[{"name": "a", "type": "int"}], primary_key=[])))
    assert none == 'CREATE TABLE "public"."t" ("a" integer)'
    two = [{"name": "a", "type": "int"}, {"name": 'b"', "type": "int"}]
    (both,) = sql(parsed(**new_table(columns=two, primary_key=["a", 'b"'])))
    assert both.endswith('PRIMARY KEY ("a", "b"""))')


DISPLAYS: dict[str, dict[str, Any]] = {
    "money": {"currency": "EUR"},
    "choice": {"options": ["it's", {"value": "b", "color": "#ff0000"}]},
    "choices": {"options": ["a", "b"]},
    "rating": {"max": 3},
}
RULES = {
    "choice": """ CONSTRAINT "people_x_choice" CHECK ("x" = ANY (ARRAY['it''s', 'b']::text[]))""",
    "choices": """ CONSTRAINT "people_x_choices" CHECK ("x" <@ ARRAY['a', 'b']::text[] AND coalesce(array_ndims("x"), 1) = 1)""",
    "rating": ' CONSTRAINT "people_x_rating" CHECK ("x" BETWEEN 1 AND 3)',
}


@pytest.mark.parametrize("kind", sorted(set(kinds.KINDS) - {"array", "other"}))
def test_every_kind_that_has_a_type_can_be_given_in_place_of_one(kind: str) -> None:
    asked = {"do": "add_column", "name": "x", "display": DISPLAYS.get(kind)}
    (by_kind,) = sql(operation(**asked, kind=kind))
    (by_both,) = sql(operation(**asked, kind=kind, type=kinds.KINDS[kind].default_type))
    assert by_kind == by_both
    definition = by_kind.removeprefix('ALTER TABLE "public"."people" ADD COLUMN "x" ')
    if kind in RULES or kind not in ("email", "url", "phone"):
        assert definition == f"{kinds.KINDS[kind].default_type}{RULES.get(kind, '')}"
    else:
        assert re.match(rf"""text CONSTRAINT "people_x_{kind}" CHECK \(\(*"x" ~ E'\^\(\?:""", definition)


def test_a_constraint_of_a_kind_gets_a_name_that_is_free_and_short_enough() -> None:
    constraints = (Constraint("people_x_email", "check", "", ("y",), None),)
    (people, *others) = CATALOG.tables
    catalog = Catalog("1", CATALOG.schemas, (replace(people, constraints=constraints), *others))
    asked = operation(do="add_column", name="x", kind="email")
    (step,) = asked.steps(asked.check(catalog))
    assert isinstance(step, Run)
    assert '"people_x_email1"' in step.sql
    (long,) = sql(
        parsed(**new_table(name="🏡" * 15, columns=[{"name": f"{'ü' * 31}{n}", "kind": "email"} for n in "ab"]))
    )
    found = re.findall('CONSTRAINT "([^"]+)"', long)
    assert len(set(found)) == 2
    assert all(len(name.encode()) <= 63 for name in found)


def test_a_default_of_null_is_none() -> None:
    assert sql(operation(do="add_column", name="x", type="int", default={"value": None})) == [
        'ALTER TABLE "public"."people" ADD COLUMN "x" integer'
    ]


def test_text_of_people_is_quoted_wherever_it_goes() -> None:
    nasty = 'it\'s \\ "quoted" %s $1'
    statements = sql(operation(do="add_column", name='a"b', type="text", default={"value": nasty}, comment=nasty))
    literal = "E'it''s \\\\ \"quoted\" %s $1'"
    assert statements == [
        f'ALTER TABLE "public"."people" ADD COLUMN "a""b" text DEFAULT {literal}',
        f'COMMENT ON COLUMN "public"."people"."a""b" IS {literal}',
    ]


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "rename_table", "name": "x"},
        {"do": "rename_column", "column": "name", "name": "x"},
        {"do": "add_column", "name": "x", "type": "int"},
        {"do": "drop_column", "column": "name"},
        {"do": "set_display", "column": "name", "kind": "email"},
        {"do": "drop_table"},
    ],
)
def test_an_inverse_names_by_id_and_survives_the_timeline(request_: dict[str, Any]) -> None:
    asked = operation(**request_)
    inverse = asked.inverse(asked.check(CATALOG), Made(7, 2))
    kept = orjson.loads(orjson.dumps(operations.record(inverse)))
    assert operations.recorded(kept) == inverse
    assert kept.get("relation", kept.get("table")) in (7, "@7")


def test_parts_come_off_in_the_reverse_of_the_order_in_which_they_go_back() -> None:
    parts = (
        Part("unique", "u", "public.people", (7,), "DROP u", ("ADD u",)),
        Part("foreign_key", "f", "public.pet", (7, 9), "DROP f", ("ADD f",)),
    )
    asked = operation(do="drop_column", column="name")
    plan = replace(asked.check(CATALOG), parts=parts)
    dropped = [step.sql for step in asked.steps(plan) if isinstance(step, Run)]
    assert dropped == ["DROP f", "DROP u", 'ALTER TABLE "public"."people" RENAME COLUMN "name" TO "__rh_2"']
    back = asked.inverse(plan, Made(7, None))
    assert [getattr(step, "part", None) for step in back.steps(replace(plan, target_column="name"))] == [None, *parts]


def test_the_json_schema_says_every_operation_and_what_its_fields_mean() -> None:
    schema = operations.json_schema()
    assert sorted(schema["discriminator"]["mapping"]) == sorted(operations.NAMES)
    add = schema["$defs"]["AddColumn"]
    assert add["required"] == ["schema", "table", "name"]
    assert "numeric(10,2)" in add["properties"]["type"]["description"]
    assert not {"RestoreTable", "RestoreColumn", "RestoreDisplay", "DropSchema"} & set(schema["$defs"])
