"""Names in paths, query parameters and headers reach the services as they were meant."""

from urllib.parse import quote

import pytest

from tests.fixtures.gateway import TABLE, Front

HOSTILE = ["a/b", "a,b", "a%2Fb", "100%", "ünï ?#&=+", 'peo"ple; DROP', "日本", "..", "@17", "a b", "records", "a:b.c"]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_name_is_one_segment_whatever_it_holds(front: Front, name: str) -> None:
    segment = quote(name, safe="") if name != ".." else "%2E%2E"
    await front.http.get(f"/api/v1/tenants/acme/schemas/{segment}/tables/{segment}/records")

    (asked,) = front.behind.requests("ListRecords")
    assert (asked.table.schema, asked.table.table) == (name, name)


async def test_a_composite_key_is_passed_as_it_stands(front: Front) -> None:
    await front.http.get(f"{TABLE}/records/a%2Cb,c%2Fd")

    assert front.behind.requests("GetRecord")[0].key == "a%2Cb,c%2Fd"


@pytest.mark.parametrize("segment", ["%FF", "a%00b", "%C3%28"])
async def test_a_segment_that_is_no_text_is_malformed(front: Front, segment: str) -> None:
    answer = await front.http.get(f"/api/v1/tenants/acme/schemas/{segment}/tables/t/records")

    assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED")


async def test_query_texts_arrive_decoded_and_nothing_else_is_done_to_them(front: Front) -> None:
    given = {
        "fields": '"a,b",c',
        "sort": "c:desc",
        "filter": '{"op":"eq","value":1.00}',
        "cursor": "a+b é",
        "limit": "7",
    }
    await front.http.get(f"{TABLE}/records", params=given | {"count": "exact", "shape": "rows", "numbers": "string"})

    (asked,) = front.behind.requests("ListRecords")
    assert {name: str(getattr(asked, name)) for name in given} == given
    assert (asked.count, asked.shape, asked.numbers) == ("exact", "rows", "string")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "LIMIT_INVALID"),
        ("limit=1001", "LIMIT_INVALID"),
        ("limit=99999999999999999999", "LIMIT_INVALID"),
        ("limit=-1", "LIMIT_INVALID"),
        ("limit=many", "PARAMETER_INVALID"),
        ("shape=circle", "PARAMETER_INVALID"),
        ("sort=a&sort=b", "PARAMETER_INVALID"),
        ("sort=%00", "PARAMETER_INVALID"),
        ("filters={}", "PARAMETER_UNKNOWN"),
        ("sort=%FF", "MALFORMED"),
    ],
)
async def test_a_wrong_parameter_is_named(front: Front, query: str, code: str) -> None:
    answer = await front.http.get(f"{TABLE}/records?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_slip_of_the_keyboard_gets_a_hint(front: Front) -> None:
    answer = await front.http.get(f"{TABLE}/records?filters=x")

    assert answer.json()["detail"] == "This route has no parameter 'filters'; did you mean 'filter'?"


async def test_a_query_in_a_body_keeps_its_filters_digits(front: Front) -> None:
    body = '{"filter": {"column": "n", "op": "eq", "value": 12345678901234567890.1230}, "sort": "n", "limit": 5}'
    await front.http.post(f"{TABLE}/records/query", content=body, headers={"Content-Type": "application/json"})

    (asked,) = front.behind.requests("ListRecords")
    assert asked.filter == '{"column": "n", "op": "eq", "value": 12345678901234567890.1230}'
    assert (asked.sort, asked.limit) == ("n", 5)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"filters":{}}', "PARAMETER_UNKNOWN"),
        ("[]", "MALFORMED"),
        ("{", "MALFORMED"),
        ('{"sort":"\\ud800"}', "MALFORMED"),
        ('{"sort":["a"]}', "PARAMETER_INVALID"),
        ('{"sort":"a","sort":"b"}', "MALFORMED"),
        ('{"limit":' + "9" * 5000 + "}", "MALFORMED"),
        ('{"limit":' + "9" * 400 + "}", "LIMIT_INVALID"),
        ('{"limit":1.5}', "PARAMETER_INVALID"),
        ("[" * 100_000, "MALFORMED"),
        ('{"filter":' + "[" * 100_000, "MALFORMED"),
    ],
    ids=lambda value: value[:20],
)
async def test_a_wrong_query_in_a_body_is_named_too(front: Front, body: str, code: str) -> None:
    answer = await front.http.post(f"{TABLE}/records/query", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_an_etag_goes_out_quoted_and_comes_back_unquoted(front: Front) -> None:
    tag = (await front.http.get(f"{TABLE}/records/1")).headers["etag"]
    assert tag == '"731"'

    await front.http.patch(f"{TABLE}/records/1", json={}, headers={"If-Match": tag})
    assert front.behind.requests("UpdateRecord")[0].if_match == "731"


@pytest.mark.parametrize("tag", ["731", 'W/"731"', '"1", "2"', '""', ""])
async def test_an_if_match_that_is_not_one_etag_is_refused(front: Front, tag: str) -> None:
    answer = await front.http.delete(f"{TABLE}/records/1", headers={"If-Match": tag})

    assert (answer.status_code, answer.json()["code"]) == (400, "IF_MATCH_INVALID")
    assert front.behind.requests("DeleteRecord") == []


async def test_an_idempotency_key_is_passed_on(front: Front) -> None:
    answer = await front.http.post(f"{TABLE}/records", json={}, headers={"Idempotency-Key": "k 1"})

    assert front.behind.requests("CreateRecords")[0].idempotency_key == "k 1"
    assert answer.headers["rowhouse-operation"] == "5"


@pytest.mark.parametrize("key", ["", "x" * 201, "é".encode()])
async def test_an_idempotency_key_that_cannot_be_kept_is_refused(front: Front, key: str | bytes) -> None:
    answer = await front.http.post(f"{TABLE}/records", json={}, headers=[("Idempotency-Key", key)])  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["code"]) == (400, "IDEMPOTENCY_KEY_INVALID")


async def test_a_body_is_passed_on_byte_by_byte(front: Front) -> None:
    body = '{"records": [{"n": 1e400, "t":\t"ü"}]}'.encode()
    await front.http.post(f"{TABLE}/records", content=body, headers={"Content-Type": "application/json; charset=utf-8"})

    assert front.behind.requests("CreateRecords")[0].body == body


async def test_a_compressed_body_is_not_looked_into(front: Front) -> None:
    for path in (f"{TABLE}/records", "/api/v1/tenants/acme/schemas/public/imports"):
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = await front.http.post(path, content=b"\x1f\x8b", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "ENCODING_UNSUPPORTED")
