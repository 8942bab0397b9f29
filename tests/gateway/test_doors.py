"""Who comes in: credentials, what is remembered of them, and tenants that are not ready."""

import asyncio
from typing import Any

import pytest
from rowhouse.auth.v1 import auth_pb2 as pb

from services.gateway.identity import Credential, Identities
from services.kit.ids import opaque_name
from tests.fixtures.gateway import TABLE, Behind, Front, MakeFront

RECORDS = f"{TABLE}/records"


async def test_without_a_credential_nothing_is_asked_and_the_answer_says_how_to_sign_in(front: Front) -> None:
    answer = await front.http.get(RECORDS, headers={"Authorization": ""})

    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert front.behind.asked == []


async def test_who_may_not_come_in_learns_nothing_about_what_a_route_takes(front: Front) -> None:
    answer = await front.http.post("/api/v1/tokens", headers={"Authorization": "Bearer bad"}, json={"nonsense": 1})

    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("name", ["token", "access_token", "API_KEY", "authorization"])
async def test_a_token_in_the_url_is_refused_even_beside_a_good_one(front: Front, name: str) -> None:
    answer = await front.http.get(f"{RECORDS}?limit=5&{name}=good")

    assert (answer.status_code, answer.json()["code"]) == (400, "TOKEN_IN_URL")
    assert front.behind.asked == []


async def test_a_session_cookie_comes_in_too_and_a_token_wins_over_it(front: Front) -> None:
    front.http.cookies.set("rowhouse_session", opaque_name("s-"))

    await front.http.get(RECORDS, headers={"Authorization": "Bearer good"})
    del front.http.headers["Authorization"]
    await front.http.get(RECORDS)

    asked = [request.credential.WhichOneof("kind") for request in front.behind.requests("Identify")]
    assert asked == ["api_token", "session"]


async def test_over_https_the_cookie_is_bound_to_the_host_and_secure(make_front: MakeFront) -> None:
    front = await make_front(public_url="https://rowhouse.example.com")
    answer = await front.http.post("/api/v1/sessions", json={"email": "a@example.com", "password": "x"})

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-rowhouse_session=opaque;")
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert attribute in cookie
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


async def test_the_services_are_told_who_calls_by_the_internal_token(front: Front) -> None:
    await front.http.get(RECORDS)

    assert [(who.subject, who.tenant) for who in front.behind.callers] == [("u-1", "t-1")]


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [("suspended", 403, "SUSPENDED"), ("provisioning", 409, "NOT_READY"), ("deleting", 409, "NOT_READY")],
)
async def test_the_data_of_a_tenant_that_is_not_ready_is_out_of_reach(
    front: Front, state: str, status: int, code: str
) -> None:
    front.behind.state = state

    answer = await front.http.get(RECORDS)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert front.behind.requests("ListRecords") == []


class Auth:
    """auth's stub, answering when told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.go = asyncio.Event()

    async def Identify(self, request: pb.IdentifyRequest) -> pb.Identity:
        self.calls += 1
        await self.go.wait()
        if request.credential.api_token == "bad":
            raise RuntimeError("no")
        return pb.Identity(role="owner", tenant=pb.Tenant(id=f"id-of-{request.tenant}"))


@pytest.fixture
def auth() -> Auth:
    return Auth()


def identities(auth: Any, times: list[float]) -> Identities:
    return Identities(auth, lambda: times[0])


async def test_many_requests_at_once_ask_auth_once(auth: Auth) -> None:
    known = identities(auth, [0.0])
    waiting = [asyncio.create_task(known.identify(Credential(api_token="a"), "acme")) for _ in range(50)]
    await asyncio.wait(waiting, timeout=0)
    auth.go.set()

    assert {(await one).role for one in waiting} == {"owner"}
    assert auth.calls == 1


async def test_an_identity_is_remembered_for_a_second_from_the_question_and_no_longer(auth: Auth) -> None:
    times = [100.0]
    known = identities(auth, times)
    auth.go.set()
    await known.identify(Credential(api_token="a"), "acme")
    times[0] = 100.99
    await known.identify(Credential(api_token="a"), "acme")
    assert auth.calls == 1

    times[0] = 101.0
    await known.identify(Credential(api_token="a"), "acme")
    assert auth.calls == 2


async def test_tenants_and_credentials_are_remembered_apart(auth: Auth) -> None:
    known = identities(auth, [0.0])
    auth.go.set()
    for credential in (Credential(api_token="a"), Credential(session="a"), Credential(api_token="b")):
        for tenant in ("acme", "other"):
            assert (await known.identify(credential, tenant)).tenant.id == f"id-of-{tenant}"
    assert auth.calls == 6


async def test_one_caller_that_hangs_up_does_not_take_the_answer_from_the_others(auth: Auth) -> None:
    known = identities(auth, [0.0])
    first, second = (asyncio.create_task(known.identify(Credential(api_token="a"), "")) for _ in range(2))
    await asyncio.wait([first, second], timeout=0)
    first.cancel()
    await asyncio.wait([first])
    auth.go.set()

    assert (await second).role == "owner"


async def test_a_refusal_is_not_remembered(auth: Auth) -> None:
    known = identities(auth, [0.0])
    auth.go.set()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await known.identify(Credential(api_token="bad"), "")
    assert auth.calls == 2


async def test_what_was_given_up_is_forgotten_at_once(auth: Auth) -> None:
    known = identities(auth, [0.0])
    auth.go.set()
    await known.identify(Credential(session="a"), "acme")
    known.forget(Credential(session="a"))
    await known.identify(Credential(session="a"), "acme")
    known.forget_tenant("id-of-acme")
    await known.identify(Credential(session="a"), "acme")
    assert auth.calls == 3


async def test_signing_out_ends_the_session_here_at_once(front: Front) -> None:
    del front.http.headers["Authorization"]
    front.http.cookies.set("rowhouse_session", opaque_name("s-"))
    await front.http.get("/api/v1/me")
    assert (await front.http.delete("/api/v1/sessions/current")).status_code == 204

    front.behind.answers["Identify"] = _refuse(front.behind)
    front.http.cookies.set("rowhouse_session", opaque_name("s-"))
    assert (await front.http.get("/api/v1/me")).status_code == 401


def _refuse(behind: Behind) -> Any:
    async def refuse(request: pb.IdentifyRequest, context: Any) -> pb.Identity:
        return await behind.identify(pb.IdentifyRequest(credential=pb.Credential(session="bad")), context)

    return refuse
