"""What one write may be at most: records, bytes, columns, nesting; at the limit, under it and over it."""

import json
from typing import Any

import pytest

from services.records.writes.edits import MAX_BODY, MAX_RECORDS
from tests.fixtures.records import Records
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant


@pytest.fixture
async def things(records: Records, tenant: Tenant) -> Records:
    columns = ", ".join(f"c{at} int" for at in range(498))
    await tenant.run(f"""
        CREATE TABLE things (id int PRIMARY KEY, n int DEFAULT 0, doc jsonb, note text);
        CREATE TABLE wide (id int PRIMARY KEY, note text, {columns});
    """)
    return records.of("things")


@pytest.mark.parametrize("count", [MAX_RECORDS - 1, MAX_RECORDS, MAX_RECORDS + 1])
async def test_a_call_writes_a_thousand_records(things: Records, count: int) -> None:
    ids = range(count)
    upsert = {"records": [{"id": at, "n": 2} for at in ids], "on_conflict": {"columns": ["id"], "do": "update"}}
    if count > MAX_RECORDS:
        for write in (
            things.create(*({"id": at} for at in ids)), things.write("CreateRecords", upsert), things.delete(*ids),
            things.update(*({"key": str(at), "set": {"n": 1}} for at in ids)),
        ):  # fmt: skip
            with refused("TOO_MANY_RECORDS", "1001", "1000", "in parts"):
                await write
        return
    assert len((await things.create(*({"id": at} for at in ids)))["records"]) == count
    assert len((await things.update(*({"key": str(at), "set": {"n": 1}} for at in ids)))["records"]) == count
    assert len((await things.write("CreateRecords", upsert))["updated"]) == count
    assert (await things.delete(*ids))["deleted"] == count


@pytest.mark.parametrize("count", [MAX_RECORDS - 1, MAX_RECORDS, MAX_RECORDS + 1])
async def test_a_filter_deletes_a_thousand_records_or_none(things: Records, tenant: Tenant, count: int) -> None:
    await tenant.run(f"INSERT INTO things (id, n) SELECT i, (i <= {count})::int FROM generate_series(1, 3000) i")
    body = {"filter": {"column": "n", "op": "eq", "value": 1}}
    if count <= MAX_RECORDS:
        answer = await things.write("DeleteRecords", body, idempotency_key="k")
        assert answer["deleted"] == count
        assert await things.write("DeleteRecords", body, idempotency_key="k") == answer
        detail = "SELECT verb || ' ' || (detail->>'records') FROM rowhouse.operation WHERE id = $1"
        assert await tenant.value(detail, answer["operation"]) == f"delete_records {count}"
    else:
        with refused("TOO_MANY_RECORDS", "1001 records", "'things'", "nothing was done", "in parts"):
            await things.write("DeleteRecords", body)
    assert await tenant.value("SELECT count(*) FROM things") == (3000 - count if count <= MAX_RECORDS else 3000)


@pytest.mark.parametrize("size", [MAX_BODY - 1, MAX_BODY, MAX_BODY + 1])
async def test_a_body_has_ten_megabytes(things: Records, size: int) -> None:
    empty = json.dumps({"records": [{"id": 1, "note": ""}]})
    body = empty.replace('""', f'"{"x" * (size - len(empty))}"').encode()
    assert len(body) == size
    if size > MAX_BODY:
        with refused("TOO_LARGE", "10 MB"):
            await things.write("CreateRecords", body)
        return
    (record,) = (await things.write("CreateRecords", body))["records"]
    assert len(record["note"]) == size - len(empty)


def nested(depth: int) -> Any:
    value: Any = 1
    for at in range(depth):
        value = [value] if at % 2 else {"a": value}
    return value


@pytest.mark.parametrize("depth", [63, 64, 65])
async def test_a_document_nests_sixty_four_deep(things: Records, depth: int) -> None:
    if depth > 64:
        with refused("VALUE_INVALID", "doc", "deeper than 64 levels"):
            await things.create({"id": 1, "doc": nested(depth)})
        return
    assert (await things.create({"id": 1, "doc": nested(depth)}))["records"][0]["doc"] == nested(depth)


@pytest.mark.parametrize("count", [498, 499, 500])
async def test_a_table_of_five_hundred_columns_is_written_whole(things: Records, count: int) -> None:
    wide = things.of("wide")
    values: dict[str, Any] = {"id": 1} | {f"c{at}": at for at in range(count - 2)} | {"note": "x"}
    (record,) = (await wide.create(values))["records"]
    assert {name: record[name] for name in values} == values
    assert len(record) == 500
    changed = {name: value + 1 for name, value in values.items() if name.startswith("c")}
    (record,) = (await wide.update({"key": "1", "set": changed}))["records"]
    assert {name: record[name] for name in changed} == changed
