"""What a list may ask, in a URL and in a body, reaches the records service as it was written, or is refused before."""

from typing import Any

import pytest

from tests.fixtures.gateway import TABLE, Front

RECORDS = f"{TABLE}/records"


async def test_jumps_and_searches_pass_through(front: Front) -> None:
    await front.http.get(RECORDS, params={"search": "ada  oslo", "offset": "7"})
    await front.http.get(RECORDS, params={"at": "end"})
    await front.http.get(RECORDS)
    await front.http.post(f"{RECORDS}/query", json={"search": "x", "offset": 0, "filter": {"and": []}})
    first, second, third, fourth = front.behind.requests("ListRecords")
    assert (first.search, first.offset, first.at) == ("ada  oslo", 7, "")
    assert (second.at, second.HasField("offset")) == ("end", False)
    assert not third.HasField("offset")
    assert (fourth.search, fourth.HasField("offset"), fourth.filter) == ("x", True, '{"and":[]}')


async def test_figures_pass_through_with_every_digit(front: Front) -> None:
    body = (
        '{"aggregate": [{"column":"n","function":"sum"}], "filter": {"column":"n","op":"gt","value":0.10000000000000000001},'
        ' "search": "a", "sort": "n", "offset": 2, "limit": 5000, "numbers": "string"}'
    )
    answer = await front.http.post(f"{RECORDS}/query", content=body, headers={"Content-Type": "application/json"})
    assert answer.json() == {"aggregates": []}
    (asked,) = front.behind.requests("AggregateRecords")
    assert asked.aggregate == b'[{"column":"n","function":"sum"}]'
    assert asked.filter.endswith("0.10000000000000000001}")
    assert (asked.search, asked.sort, asked.offset, asked.limit, asked.numbers) == ("a", "n", 2, 5000, "string")
    assert front.behind.requests("ListRecords") == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"offset": -1}, "PARAMETER_INVALID"),
    ({"offset": 2**53 + 1}, "PARAMETER_INVALID"),
    ({"offset": 2**70}, "PARAMETER_INVALID"),
    ({"offset": "x"}, "PARAMETER_INVALID"),
    ({"at": "start"}, "PARAMETER_INVALID"),
    ({"aggregate": [], "limit": 0}, "PARAMETER_INVALID"),
    ({"aggregate": [], "cursor": "x"}, "PARAMETER_UNKNOWN"),
    ({"aggregate": [], "fields": "a"}, "PARAMETER_UNKNOWN"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED)
async def test_what_no_list_can_ask_is_refused_at_the_door(front: Front, body: dict[str, Any], code: str) -> None:
    answer = await front.http.post(f"{RECORDS}/query", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert front.behind.asked[-1][0] == "Identify"
