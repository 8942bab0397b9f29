"""No page of another site changes anything, with a cookie or without."""

import pytest

from services.kit.ids import opaque_name
from tests.fixtures.gateway import TABLE, Front, MakeFront

BODY = {"email": "ada@example.com", "password": "correct horse"}
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
]
CHANGES = [
    ("POST", "/api/v1/sessions"),
    ("POST", "/api/v1/signup"),
    ("PATCH", "/api/v1/me"),
    ("DELETE", "/api/v1/sessions/current"),
    ("POST", f"{TABLE}/records"),
    ("DELETE", f"{TABLE}/records/1"),
    ("POST", "/api/v1/tenants/acme/schemas/public/imports"),
]


@pytest.fixture
def browser(front: Front) -> Front:
    """A front whose client has a cookie and no token."""
    del front.http.headers["Authorization"]
    front.http.cookies.set("rowhouse_session", opaque_name("s-"))
    return front


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(("verb", "path"), CHANGES)
async def test_a_change_that_another_site_asks_for_is_refused(
    browser: Front, verb: str, path: str, headers: dict[str, str]
) -> None:
    answer = await browser.http.request(verb, path, json=BODY, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "CROSS_SITE")
    assert browser.behind.asked == []


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}])
async def test_our_own_page_and_a_program_may(browser: Front, headers: dict[str, str]) -> None:
    assert (await browser.http.post("/api/v1/sessions", json=BODY, headers=headers)).status_code == 201


async def test_an_origin_that_is_the_public_address_or_the_asked_host_may(browser: Front) -> None:
    host = browser.settings.listen
    assert (
        await browser.http.post("/api/v1/sessions", json=BODY, headers={"Origin": f"http://{host}"})
    ).status_code == 201


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "[::1", "@"])
async def test_a_name_that_was_pointed_at_us_is_not_ours(front: Front, host: str) -> None:
    answer = await front.http.get("/api/v1/slugs/acme", headers={"Host": host})

    assert (answer.status_code, answer.json()["code"]) == (421, "HOST_UNKNOWN")
    assert front.behind.asked == []


@pytest.mark.parametrize(
    "host", ["rowhouse.example.com", "ROWHOUSE.example.com:443", "localhost:1", "[::1]:80", "10.1.2.3"]
)
async def test_our_own_names_and_any_address_are_ours(make_front: MakeFront, host: str) -> None:
    front = await make_front(public_url="https://rowhouse.example.com", allowed_hosts="gateway.svc, other")

    for name in (host, "gateway.svc", "other"):
        assert (await front.http.get("/api/v1/slugs/acme", headers={"Host": name})).status_code == 200


async def test_a_token_is_nobodys_by_accident(front: Front) -> None:
    answer = await front.http.post(f"{TABLE}/records", json={}, headers={"Origin": "https://tool.example"})

    assert answer.status_code == 201


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/v1/tokens", f"{TABLE}/records"])
async def test_what_a_form_can_send_is_not_json(front: Front, path: str, media_type: str) -> None:
    answer = await front.http.post(path, content=b'{"a":1}', headers={"Content-Type": media_type})

    assert (answer.status_code, answer.json()["code"]) == (415, "MEDIA_TYPE_UNSUPPORTED")


async def test_no_answer_allows_another_origin_to_read_it(front: Front) -> None:
    answer = await front.http.get(f"{TABLE}/records", headers={"Origin": "https://evil.example"})

    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", ["/", "/api/docs", "/api/v1/me", "/api/v1/openapi.json", "/nowhere", "/healthz"])
async def test_every_answer_carries_the_security_headers(front: Front, path: str) -> None:
    headers = (await front.http.get(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "cache-control" in headers
    assert "server" not in headers
