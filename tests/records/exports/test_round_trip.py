"""The nasty values of 80 types: exported, and imported like the table that they come from, they are the same byte for byte."""

import pytest

from tests.fixtures.files import Files
from tests.fixtures.tenants import Tenant
from tests.fixtures.values import VALUES, fill, owner

COLUMNS = [(f"c{at}", type_) for at, type_ in enumerate(VALUES)]

_DOCUMENTS = {"json": "{}::jsonb::text", "json[]": "{}::jsonb[]::text"}
"""A document keeps its parts, not the blanks between them."""
_SHEET = {type_: "nullif({}::text, '')" for type_ in ("text", "char(5)", '"char"', "varbit")}
_SHEET["numeric"] = "trim_scale({})::text"
KEPT: dict[str, dict[str, str]] = {"csv": {}, "tsv": {}, "json": _DOCUMENTS, "jsonl": _DOCUMENTS, "xlsx": _SHEET}
"""By format and type, SQL of what is kept where that is not the very text."""


@pytest.mark.parametrize("format_", KEPT)
async def test_every_value_comes_back(files: Files, tenant: Tenant, format_: str) -> None:
    async with owner(tenant) as connection:
        await fill(connection, COLUMNS)
        exported = await files.export(format=format_)
        options = {"delimiter": {"csv": ",", "tsv": "tab"}[format_]} if format_ in ("csv", "tsv") else {}
        await files.load(exported, "again", like="people", header=True, **options)
        altered = []
        for name, type_ in COLUMNS:
            was, became = (KEPT[format_].get(type_, "{}::text").replace("{}", f"{side}.{name}") for side in "pa")
            query = (
                f"SELECT {was}, {became} FROM people p JOIN again a USING (id) WHERE {was} IS DISTINCT FROM {became}"
            )
            altered += [(type_, *row) for row in await connection.fetch(query)]
        assert altered == []
