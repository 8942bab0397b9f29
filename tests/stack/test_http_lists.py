"""Filters, sorts and cursors over the real installation agree with the model in plain Python, however they are asked for."""

import csv
import io
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.stack import Installation, signing_up
from tests.records.test_filters import FILTERS, ROWS, SORTS, holds, sorted_by
from tests.stack.world import Workspace

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "120"))
TABLES = "/schemas/public/tables"
COLUMNS = [
    {"name": "id", "type": "integer", "nullable": False},
    *(
        {"name": name, "type": type_}
        for name, type_ in zip("tnidb", ("text", "numeric", "integer", "date", "boolean"), strict=True)
    ),
]


@pytest_asyncio.fixture(scope="module")
async def home(stack: Installation) -> AsyncIterator[Workspace]:
    async with signing_up(stack.url) as sign_up:
        made = Workspace(await sign_up(), {})
        await made.call("POST", TABLES, json={"name": "things", "columns": COLUMNS, "primary_key": ["id"]})
        await made.call("POST", f"{TABLES}/things/records", json={"records": ROWS})
        yield made


async def page(home: Workspace, query: dict[str, Any], *, in_a_body: bool) -> Any:
    """The page, asked for in one way or the other."""
    path = f"{TABLES}/things/records"
    if in_a_body:
        return await home.call("POST", f"{path}/query", json=query)
    texts = {name: value for name, value in query.items() if value is not None}
    if "filter" in texts:  # as httpx writes it in a body: a cursor is of the filter's very text
        texts["filter"] = json.dumps(texts["filter"], separators=(",", ":"), ensure_ascii=False)
    return await home.call("GET", path, params=texts)


@pytest.mark.soak
@given(filter_=st.none() | FILTERS, sort=SORTS, limit=st.sampled_from((37, 75, 150)), in_a_body=st.booleans())
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)
async def test_lists_and_exports_agree_with_the_model(
    home: Workspace, filter_: Any, sort: list[tuple[str, str]], limit: int, in_a_body: bool
) -> None:
    expected = [row["id"] for row in sorted_by([row for row in ROWS if filter_ is None or holds(filter_, row)], sort)]
    query = {"filter": filter_, "sort": ",".join(name + how for name, how in sort), "fields": "id", "limit": limit}
    seen: list[list[int]] = []
    found = await page(home, {**query, "count": "exact"}, in_a_body=in_a_body)
    assert found["count"] == {"value": len(expected), "exact": True}
    while True:
        seen.append([record["id"] for record in found["records"]])
        if found["next"] is None:
            break
        found = await page(home, {**query, "cursor": found["next"]}, in_a_body=in_a_body)
    assert [id_ for ids in seen for id_ in ids] == expected

    back = [seen[-1]]
    while found["prev"]:
        found = await page(home, {**query, "cursor": found["prev"]}, in_a_body=not in_a_body)
        back.insert(0, [record["id"] for record in found["records"]])
    assert back == seen

    asked = {"fields": "id", "sort": query["sort"], "filter": json.dumps(filter_) if filter_ else ""}
    file = await home.http.get(f"/tenants/{home.owner.slug}{TABLES}/things/export", params=asked)
    assert [int(row["id"]) for row in csv.DictReader(io.StringIO(file.text))] == expected
