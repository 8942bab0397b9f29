"""How a write is to be taken reaches the service, on every route that writes."""

import pytest

from tests.fixtures.gateway import TABLE, Front

RECORDS = f"{TABLE}/records"


async def test_how_a_write_is_taken_is_passed_on(front: Front) -> None:
    query = {"input": "text", "partial": "true", "numbers": "string"}
    await front.http.post(RECORDS, params=query, json={"records": [{}]})
    await front.http.patch(RECORDS, params=query, json={"records": [{}]})
    await front.http.post(f"{RECORDS}/delete", params={"partial": "true"}, json={"keys": ["1"]})
    await front.http.patch(f"{RECORDS}/1", params={"input": "text"}, json={"a": 1})

    for rpc in ("CreateRecords", "UpdateRecords"):
        (asked,) = front.behind.requests(rpc)
        assert (asked.input, asked.partial, asked.numbers) == ("text", "true", "string")
    assert front.behind.requests("DeleteRecords")[0].partial == "true"
    assert front.behind.requests("UpdateRecord")[0].input == "text"


@pytest.mark.parametrize(
    ("verb", "path", "query"),
    [
        ("POST", "", {"partial": "yes"}),
        ("POST", "", {"input": "csv"}),
        ("PATCH", "/1", {"partial": "true"}),
        ("POST", "/delete", {"input": "text"}),
    ],
)
async def test_what_a_route_does_not_take_is_refused(front: Front, verb: str, path: str, query: dict[str, str]) -> None:
    answer = await front.http.request(verb, RECORDS + path, params=query, json={})

    assert (answer.status_code, answer.json()["code"][:10]) == (400, "PARAMETER_")
