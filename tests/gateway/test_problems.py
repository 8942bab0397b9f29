"""How failures look from outside."""

import asyncio
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import orjson
import pytest

import services
from services.gateway import problems
from services.gateway.middleware import observe
from services.kit import errors
from services.kit.rpc.typing import Context
from tests.fixtures.gateway import TABLE, Front, MakeFront

RECORDS = f"{TABLE}/records"
DOCS = Path(__file__).parents[2] / "docs" / "rest.md"
BY_THE_GATEWAY = {"METHOD_NOT_ALLOWED", "INVALID", "INTERNAL", "TIMED_OUT", "PLAN_REQUIRED"}


def refusing(front: Front, rpc: str, error: BaseException) -> None:
    async def refuse(request: Any, context: Context) -> Any:
        raise error

    front.behind.answers[rpc] = refuse


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Invalid("x", reason="VALUE_INVALID"), 422),
        (errors.Invalid("x", reason="CURSOR_INVALID"), 400),
        (errors.Unauthenticated("x", reason="PASSWORD_WRONG"), 401),
        (errors.Forbidden("x", reason="ROLE_TOO_LOW"), 403),
        (errors.NotFound("x", reason="TABLE_RENAMED"), 404),
        (errors.Conflict("x", reason="STALE_PLAN"), 409),
        (errors.Precondition("x", reason="VERSION_MISMATCH"), 412),
        (errors.Precondition("x", reason="PLAN_REQUIRED"), 428),
        (errors.Precondition("x", reason="IDEMPOTENCY_KEY_REUSED"), 422),
        (errors.Exhausted("x", reason="TOO_MANY_ATTEMPTS"), 429),
        (errors.Unavailable("x", reason="DATABASE_AWAY"), 503),
    ],
)
async def test_each_kind_of_refusal_has_its_status(front: Front, error: errors.AppError, status: int) -> None:
    refusing(front, "ListRecords", error)
    answer = await front.http.get(RECORDS)

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, error.reason)
    assert problem["detail"] == "x"
    assert ("retry-after" in answer.headers) == (status in (429, 503))


async def test_metadata_is_the_context_and_json_in_it_is_json(front: Front) -> None:
    record = '{"id": 1, "n": 12345678901234567890.10}'
    mismatch = errors.Precondition("x", reason="VERSION_MISMATCH", record=record, version="7", plan="not json")
    refusing(front, "ListRecords", mismatch)
    answer = await front.http.get(RECORDS)

    assert record.encode() in answer.content
    assert answer.json()["context"]["version"] == "7"
    assert answer.json()["context"]["plan"] == "not json"


async def test_metadata_cannot_pass_for_the_problem_itself(front: Front) -> None:
    refusing(front, "ListRecords", errors.NotFound("x", reason="TYPE_UNKNOWN", type="text", status="200", code="OK"))
    problem = (await front.http.get(RECORDS)).json()

    assert (problem["type"], problem["status"], problem["code"]) == ("about:blank", 404, "TYPE_UNKNOWN")
    assert problem["context"] == {"type": "text", "status": "200", "code": "OK"}


async def test_when_to_come_back_is_a_header(front: Front) -> None:
    for error in (errors.Exhausted("x", retry_after="17"), errors.Conflict("x", reason="NOT_READY", retry_after="17")):
        refusing(front, "ListRecords", error)
        answer = await front.http.get(RECORDS)
        assert answer.headers["retry-after"] == "17"
        assert "context" not in answer.json()


async def test_a_fault_says_nothing_but_the_id_to_ask_about(front: Front) -> None:
    refusing(front, "ListRecords", RuntimeError("password=hunter2"))
    answer = await front.http.get(RECORDS)

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (500, "INTERNAL", "Internal error.")
    assert problem["trace_id"] == answer.headers["x-request-id"]
    assert "hunter2" not in answer.text


async def test_a_fault_of_the_gateway_itself_looks_the_same(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: Any) -> Any:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("services.gateway.routes.records.paths.table", broken)
    for answer in (await front.http.get(RECORDS), await front.http.get(RECORDS)):
        assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
        assert answer.json()["trace_id"] == answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_internal_token_that_a_service_refuses_is_our_fault_not_the_callers(front: Front) -> None:
    refusing(front, "ListRecords", errors.Unauthenticated("x", reason="INTERNAL_TOKEN_INVALID"))

    assert (await front.http.get(RECORDS)).status_code == 500


async def test_a_call_that_takes_too_long_is_503(front: Front) -> None:
    async def late(request: Any, context: Context) -> Any:
        await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "late")

    front.behind.answers["ListRecords"] = late
    answer = await front.http.get(RECORDS)

    assert (answer.status_code, answer.json()["code"]) == (503, "TIMED_OUT")


async def test_a_body_of_the_wrong_shape_is_422_with_every_place(front: Front) -> None:
    body = {"email": 7, "password": "x", "role": "admin", "tenant": {"slug": "acme", "id": "t-1"}}
    answer = await front.http.post("/api/v1/signup", json=body)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "INVALID")
    assert {one["where"] for one in problem["errors"]} == {"/email", "/role", "/tenant/id"}
    assert problem["where"] == problem["errors"][0]["where"]
    assert front.behind.asked == []


async def test_what_was_sent_is_never_echoed(front: Front) -> None:
    answer = await front.http.post("/api/v1/sessions", json={"email": ["hunter2"], "password": {"a": "hunter2"}})

    assert answer.status_code == 422
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("body", ["{", '{"email": "\\ud800", "password": "x"}', "[" * 100_000, "\xff"])
async def test_a_body_that_is_no_json_is_malformed(front: Front, body: str) -> None:
    answer = await front.http.post(
        "/api/v1/sessions", content=body.encode("latin-1"), headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED")


async def test_an_unknown_path_and_a_wrong_method_are_problems_too(front: Front) -> None:
    nowhere = await front.http.get("/api/v1/nowhere")
    wrong = await front.http.put(RECORDS)

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "NOT_FOUND")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert wrong.headers["allow"]


async def test_the_trace_of_a_caller_goes_on_and_reaches_the_services(front: Front) -> None:
    seen: list[dict[str, str]] = []

    async def look(request: Any, context: Context) -> Any:
        seen.append({str(key): str(value) for key, value in context.invocation_metadata() or ()})
        raise errors.NotFound("x")

    front.behind.answers["ListRecords"] = look
    trace = "0af7651916cd43dd8448eb211c80319c"
    given = await front.http.get(RECORDS, headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    own = await front.http.get(RECORDS)

    assert given.headers["x-request-id"] == trace == given.json()["trace_id"]
    assert [metadata["traceparent"].split("-")[1] for metadata in seen] == [trace, own.headers["x-request-id"]]
    assert own.headers["x-request-id"] not in (trace, "0" * 32)


async def test_a_service_that_is_away_is_503_with_a_time_to_come_back(make_front: MakeFront) -> None:
    front = await make_front(records_address="unix:/nonexistent/records.sock")
    ready = await front.http.get("/readyz")

    assert (ready.status_code, ready.json()["services"]) == (503, {"auth": True, "schema": True, "records": False})
    assert (await front.http.get("/healthz")).status_code == 200


async def test_metrics_count_by_route_and_not_by_path(front: Front) -> None:
    await front.http.get(RECORDS)
    await front.http.get("/no/such/path")
    metrics = (await front.http.get("/metrics")).text

    route = "/api/v1/tenants/{tenant}/schemas/{schema}/tables/{table}/records"
    assert f'rowhouse_http_total{{method="GET",route="{route}",status="200"}}' in metrics
    assert 'route="none",status="404"' in metrics
    assert "no/such/path" not in metrics


async def test_metrics_with_a_port_of_their_own_are_not_on_this_one(make_front: MakeFront) -> None:
    front = await make_front(metrics_listen="127.0.0.1:1")

    assert (await front.http.get("/metrics")).status_code == 404


def every(error: type[errors.AppError]) -> Iterator[type[errors.AppError]]:
    """The error and all below it."""
    yield error
    for one in error.__subclasses__():
        yield from every(one)


def reasons(*, engine: bool = True) -> dict[str, set[int]]:
    """What the services refuse with, and the statuses of each reason; what the engine says goes into the state of a tenant."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    statuses: dict[str, set[int]] = {}
    for error in (error for family in errors.FAMILIES.values() for error in every(family)):
        if error.__module__.startswith("services.") and (engine or ".provisioning." not in error.__module__):
            status = problems.BY_REASON.get(error.reason, problems.STATUSES[error.kind])
            statuses.setdefault(error.reason, set()).add(status)
    return statuses


def test_a_reason_has_one_status_whoever_gives_it_and_the_table_names_none_that_nobody_gives() -> None:
    statuses = reasons()

    assert {reason: found for reason, found in statuses.items() if len(found) > 1} == {}
    assert problems.BY_REASON.keys() - statuses.keys() <= {"PLAN_REQUIRED"}, "for what is yet to lose data"
    assert statuses.keys() >= problems.OURS


def test_the_documentation_lists_every_reason_under_its_status() -> None:
    table = DOCS.read_text().partition("## When it fails")[2].partition("\n## ")[0]
    listed = {
        (int(status), code)
        for status, codes in re.findall(r"^\| (\d{3}) \|[^|]*\|([^|]*)\|$", table, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", codes)
    }
    families = {family.reason for family in errors.FAMILIES.values()}
    given = {
        (status, reason)
        for reason, (status, *_) in reasons(engine=False).items()
        if reason not in problems.OURS | families
    }

    assert given - listed == set(), "add them to docs/rest.md"
    assert {code for _, code in listed - given} <= BY_THE_GATEWAY | families, "nobody gives these"


def test_every_status_of_the_table_has_a_name() -> None:
    for status in {*problems.STATUSES.values(), *problems.BY_REASON.values()}:
        assert orjson.loads(problems.problem(status, "X", "x", "0"))["title"]


async def test_many_at_once_do_not_mix_their_callers(front: Front) -> None:
    async def echo(request: Any, context: Context) -> Any:
        raise errors.NotFound(request.table.table)

    front.behind.answers["ListRecords"] = echo
    names = [f"t{number}" for number in range(100)]
    paths = [f"/api/v1/tenants/acme/schemas/public/tables/{name}/records" for name in names]
    answers = await asyncio.gather(*(front.http.get(path) for path in paths))

    assert [answer.json()["detail"] for answer in answers] == names


async def test_the_access_log_says_the_status_as_a_number(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(observe._enabled, "isEnabledFor", lambda level: True)
    monkeypatch.setattr(observe, "_log", SimpleNamespace(info=lambda event, **said: logged.append(said)))
    refusing(front, "ListRecords", RuntimeError("x"))
    await front.http.get(RECORDS)
    await front.http.post(RECORDS, json={})

    assert [(said["method"], said["path"], repr(said["status"])) for said in logged] == [
        ("GET", RECORDS, "500"),
        ("POST", RECORDS, "201"),
    ]
