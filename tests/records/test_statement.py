"""Statements are made from shapes alone: compiled once, the same text each time, and every name and value in its place."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.records import request, resolve, statement
from services.records.shapes import After
from services.records.values import Form, form
from services.tenancy.catalog import Catalog, Column, Schema, Table

NUMBERS = ("bigint", "integer", "numeric", "smallint")


def column(name: str, type_: str, *, nullable: bool = True) -> Column:
    return Column(
        id=len(name), name=name, attnum=1, type=type_, base_type=type_.partition("(")[0], kind="text", label=None,
        nullable=nullable, default=None, generated=False, identity="", comment=None, position=1, sortable=True,
        type_category="N" if type_.startswith(NUMBERS) else "S", enum_values=(),
    )  # fmt: skip


def catalog(
    columns: Sequence[Column], *, key: tuple[str, ...] = ("id",), relation: str = "table", oid: int = 7
) -> Catalog:
    table = Table(
        id=1, oid=oid, schema="public", name="people", relation=relation, partition=False, columns=tuple(columns), primary_key=key,
        constraints=(), indexes=(), comment=None, label=None, estimated_rows=0, fingerprint="f", old_names=(),
    )  # fmt: skip
    return Catalog("1", (Schema(1, "public", None),), (table,))


PEOPLE = catalog([column("id", "bigint", nullable=False), column("name", "text"), column("n", "integer")])


def page(known: Catalog = PEOPLE, *, shape: str = "objects", limit: int = 10, **texts: str) -> str:
    asked = request.selection(request.TableName("public", "people"), **texts)
    whole = request.page(asked, cursor="", limit=limit, count="", shape=shape, numbers="")
    return statement.page(resolve.page(known, whole).shape).text


def test_tables_alike_of_different_tenants_share_a_statement_that_is_compiled_once() -> None:
    asked = request.page(
        request.selection(request.TableName("public", "people"), sort="name"),
        cursor="", limit=10, count="", shape="", numbers="",
    )  # fmt: skip
    here, there = (resolve.page(catalog(PEOPLE.tables[0].columns, oid=oid), asked) for oid in (7, 8))
    assert statement.page(here.shape) is statement.page(there.shape)
    assert (here.arguments["oid"], there.arguments["oid"]) == (7, 8)


def test_values_are_parameters_that_are_cast_without_a_modifier() -> None:
    known = catalog([column("id", "bigint", nullable=False), column("code", "numeric(4,2)")])
    text = page(known, filter='{"column": "code", "op": "gt", "value": 12.505}')
    assert "12.505" not in text
    assert "AS numeric)" in text
    assert "numeric(4" not in text


def test_a_filter_with_other_values_is_the_same_text() -> None:
    texts = {
        page(filter=f'{{"column": "name", "op": "in", "value": {values}}}') for values in ('["a"]', '["b", "c"]', "[]")
    }
    assert len(texts) == 1


def test_only_a_nullable_column_sorted_downwards_needs_two_ranges() -> None:
    assert page(sort="n").count("UNION ALL") == 0
    assert page(sort="n:desc").count("UNION ALL") == 1
    assert page(sort="id:desc").count("UNION ALL") == 0
    assert "NULLS" not in page(sort="n:desc") + page(sort="n") + page(sort="id:desc")


@pytest.mark.parametrize(
    ("after", "ranges"),
    [
        (After((False, False)), ["n = ? AND id > ?", "n > ?", "n IS NULL"]),
        (After((True, False)), ["n IS NULL AND id > ?"]),
        (After((False, False), backward=True), ["n = ? AND id < ?", "n < ?"]),
        (After((True, False), backward=True), ["n IS NULL AND id < ?", "n IS NOT NULL"]),
        (After((False, False), inclusive=True), ["n = ? AND id >= ?", "n > ?", "n IS NULL"]),
    ],
)
def test_a_cursor_starts_ranges_nearest_first(after: After, ranges: list[str]) -> None:
    asked = request.page(
        request.selection(request.TableName("public", "people"), sort="n"),
        cursor="", limit=10, count="", shape="", numbers="",
    )  # fmt: skip
    text = statement.page(replace(resolve.page(PEOPLE, asked).shape, after=after)).text
    found = re.findall(r"AS t \nWHERE (.*?) ORDER BY", re.sub(r"CAST\(\$\d+::VARCHAR AS \w+\)", "?", text))
    assert [where.replace("t.", "").replace('"', "") for where in found] == ranges


def test_more_than_a_hundred_columns_are_one_variadic_argument() -> None:
    wide = [column("id", "bigint", nullable=False), *(column(f"c{at}", "text") for at in range(150))]
    assert "json_build_array(VARIADIC  CAST(ARRAY[" in page(catalog(wide), shape="rows")
    assert "VARIADIC" not in page(catalog(wide[:100]), shape="rows")


def test_a_table_without_a_key_is_read_as_it_lies_and_a_view_by_all_its_columns() -> None:
    columns = [column("name", "text"), column("n", "integer")]
    assert "ORDER BY t.ctid ASC" in page(catalog(columns, key=()))
    assert 'ORDER BY t."n" DESC' in page(catalog(columns, key=(), relation="view"), sort="n:desc")
    assert "ctid" not in page(catalog(columns, key=(), relation="view"))


@pytest.mark.parametrize(
    ("type_", "plain", "as_text"),
    [
        ("integer", Form.PLAIN, Form.PLAIN),
        ("bigint", Form.PLAIN, Form.CAST),
        ("numeric", Form.NUMERIC, Form.OTHER),
        ("numeric(10,2)", Form.PLAIN, Form.CAST),
        ("text", Form.TEXT, Form.TEXT),
        ("character varying(10000)", Form.PLAIN, Form.PLAIN),
        ("character varying(10001)", Form.TEXT, Form.TEXT),
        ("money", Form.MONEY, Form.MONEY_TEXT),
        ("integer[]", Form.ARRAY, Form.ARRAY),
        ("bigint[]", Form.ARRAY, Form.ARRAY_TEXT),
        ("public.mood[]", Form.ARRAY_TEXT, Form.ARRAY_TEXT),
        ("int2vector", Form.OTHER, Form.OTHER),
        ("jsonb", Form.JSON, Form.JSON),
        ("bytea", Form.BYTES, Form.BYTES),
        ("point", Form.OTHER, Form.OTHER),
    ],
)
def test_every_type_has_a_form(type_: str, plain: Form, as_text: Form) -> None:
    assert (form(column("c", type_), False), form(column("c", type_), True)) == (plain, as_text)


@pytest.mark.parametrize(
    ("texts", "by_value"),
    [
        ({}, False),
        ({"filter": '{"column": "name", "op": "eq", "value": "x"}'}, False),
        ({"filter": '{"column": "name", "op": "contains", "value": "x"}'}, True),
        ({"filter": '{"not": {"or": [{"column": "name", "op": "ends_with", "value": "x"}]}}'}, True),
        ({"search": "x"}, True),
    ],
)
def test_what_looks_for_parts_of_texts_is_planned_for_each_value(texts: dict[str, str], by_value: bool) -> None:
    asked = request.page(request.selection(request.TableName("public", "people"), **texts))
    assert statement.page(resolve.page(PEOPLE, asked).shape).planned_by_value is by_value
