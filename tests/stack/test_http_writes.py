"""Upserts, pasted text, partial writes and deletion by a filter, through the whole installation."""

import asyncio

from tests.fixtures.stack import SignUp

TABLES = "/tenants/{slug}/schemas/public/tables"
MOVIES = {
    "name": "movies",
    "columns": [
        {"name": "title", "kind": "text", "nullable": False},
        {"name": "rating", "type": "numeric(3,1)"},
        {"name": "seen", "kind": "boolean"},
    ],
}


async def test_a_table_is_pasted_into_upserted_and_emptied(sign_up: SignUp) -> None:
    account = await sign_up()
    http, tables = account.http, TABLES.format(slug=account.slug)
    assert (await http.post(tables, json=MOVIES)).status_code == 201
    records = f"{tables}/movies/records"

    rows = [
        {"title": "Up", "rating": "8.3", "seen": "yes"},
        {"title": "", "rating": "1"},
        {"title": "Heat", "rating": "very good"},
    ]
    pasted = await http.post(f"{records}?input=text&partial=true", json={"records": rows})
    assert pasted.status_code == 201
    (up,), (key,) = pasted.json()["records"], pasted.json()["keys"]
    assert up == {"id": int(key), "title": "Up", "rating": 8.3, "seen": True}
    assert [(one["row"], one["column"], one["code"]) for one in pasted.json()["skipped"]] == [
        (2, "title", "NOT_NULL_VIOLATION"),
        (3, "rating", "VALUE_INVALID"),
    ]

    body = {
        "records": [{"id": int(key), "seen": False}, {"title": "Cats"}],
        "on_conflict": {"columns": ["id"], "do": "update"},
    }
    answers = await asyncio.gather(*(http.post(records, json=body, headers={"Idempotency-Key": "k"}) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (answers[0].json()["updated"], answers[0].json()["created"]) == ([1], [2])

    refused = await http.post(records, json=body | {"on_conflict": {"columns": ["title"], "do": "update"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "CONFLICT_INVALID")
    refused = await http.post(f"{records}/delete", json={"filter": {}})
    assert (refused.status_code, refused.json()["code"]) == (400, "FILTER_INVALID")
    gone = await http.post(f"{records}/delete", json={"filter": {"column": "seen", "op": "is_null"}})
    assert (gone.status_code, gone.json()["deleted"]) == (200, 1)
    version = (await http.get(f"{records}/{key}")).headers["ETag"].strip('"')
    left = await http.post(f"{records}/delete?partial=true", json={"keys": [{"key": key, "version": version}, "99"]})
    assert (left.json()["deleted"], [one["code"] for one in left.json()["skipped"]]) == (1, ["RECORD_NOT_FOUND"])
