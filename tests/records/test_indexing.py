"""Which index would help a list, and how it is recognised when it is there."""

import pytest

from services.records import request, resolve
from services.records.reads import indexing
from tests.records.test_statement import PEOPLE

HELPFUL: list[tuple[dict[str, str], list[dict[str, object]]]] = [
    ({"sort": "name"}, [{"column": "name", "by": "sort_key"}, {"column": "id"}]),
    ({"sort": "n:desc,name:raw:desc"},
     [{"column": "n", "descending": True}, {"column": "name", "by": "raw", "descending": True, "nulls": "last"}, {"column": "id"}]),
    ({"filter": '{"column": "name", "op": "contains", "value": "zz"}'}, [{"column": "name", "by": "trigram"}]),
    ({"search": "zzz"}, [{"column": "name", "by": "trigram"}]),
    ({"filter": '{"column": "n", "op": "gt", "value": 100}'}, [{"column": "n"}]),
    ({"filter": '{"and": [{"column": "n", "op": "lt", "value": 0}, {"column": "name", "op": "eq", "value": "zz"}]}'},
     [{"column": "name"}, {"column": "n"}]),
    ({"filter": '{"column": "name", "op": "eq", "value": "zz"}', "sort": "n:desc"},
     [{"column": "name"}, {"column": "n", "descending": True}, {"column": "id"}]),
    ({"filter": '{"not": {"column": "name", "op": "ne", "value": "zz"}}'}, []),
]  # fmt: skip


@pytest.mark.parametrize(("query", "columns"), HELPFUL)
def test_the_index_that_would_help(query: dict[str, str], columns: list[dict[str, object]]) -> None:
    found = resolve.selection(PEOPLE, request.selection(request.TableName("public", "people"), **query))
    operation = {"do": "create_index", "schema": "public", "table": "people", "columns": columns}
    assert indexing.operation(found.table, found.hints) == (operation if columns else None)
