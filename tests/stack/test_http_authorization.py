"""Every route × everybody who may knock, against the hand-written matrix."""

from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from tests.fixtures.openapi import DOCUMENT, check
from tests.fixtures.stack import Installation, signing_up
from tests.stack.matrix import MATRIX, PRINCIPALS, Row
from tests.stack.world import World, put_back, request_for

ROUTES = {f"{verb.upper()} {path}" for path, item in DOCUMENT["paths"].items() for verb in item}


@pytest_asyncio.fixture(scope="module")
async def world(stack: Installation) -> AsyncIterator[World]:
    async with signing_up(stack.url) as sign_up:
        made = await World.made(stack.url, sign_up)
        yield made
        await made.close()


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert set(MATRIX) == ROUTES
    assert tuple(field.name for field in fields(Row)) == PRINCIPALS


@pytest.mark.parametrize("route", MATRIX)
async def test_a_route_lets_in_whom_the_matrix_names_and_nobody_else(world: World, route: str) -> None:
    for who in PRINCIPALS:
        expected = getattr(MATRIX[route], who)
        http = world.clients[who]
        cookies = httpx.Cookies(http.cookies)
        path, carried = await request_for(world, route, who, succeeds=expected < 400)
        answer = await http.request(route.partition(" ")[0], path, **carried)
        http.cookies = cookies
        if expected < 400:
            await put_back(world, route, who)
        assert answer.status_code == expected, f"{who}: {answer.status_code} {answer.text}"
        if expected >= 400:
            assert answer.json()["code"] in CODES[expected], f"{who}: {answer.text}"
        if answer.headers.get("content-type", "").endswith("json"):
            check(answer.json(), described(route, expected))


def described(route: str, status: int) -> dict[str, Any]:
    """The schema that the document gives to this answer."""
    if status >= 400:
        problem: dict[str, Any] = DOCUMENT["components"]["schemas"]["Problem"]
        return problem
    verb, _, path = route.partition(" ")
    answer = DOCUMENT["paths"][path][verb.lower()]["responses"][str(status)]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return schema


CODES = {
    401: {"UNAUTHENTICATED", "TOKEN_INVALID", "SESSION_INVALID"},
    403: {"ROLE_TOO_LOW", "SUSPENDED"},
    404: {"TENANT_NOT_FOUND", "INVITATION_NOT_FOUND"},
    409: {"IMPORT_ENDED"},
}


async def test_a_foreign_workspace_and_none_at_all_look_the_same(world: World) -> None:
    answers = []
    for slug in (world.home.owner.slug, "no-such-workspace"):
        answer = (await world.clients["stranger"].get(f"/tenants/{slug}/tables")).json()
        del answer["trace_id"]
        answers.append(orjson.dumps(answer).replace(slug.encode(), b"<slug>"))

    assert answers[0] == answers[1]


async def test_the_timeline_knows_of_nobody_who_was_not_let_in(world: World) -> None:
    steps, cursor = [], ""
    while True:
        page = await world.home.call("GET", f"/operations?limit=1000&cursor={cursor}")
        steps += page["operations"]
        if not (cursor := page["next"] or ""):
            break
    members = {member["user"]["id"]: member["role"] for member in (await world.home.call("GET", "/members"))["members"]}

    assert {members.get(step["actor"]["id"]) for step in steps if step["nature"] == "shape"} <= {"admin", "owner"}
    assert {members.get(step["actor"]["id"]) for step in steps} <= {"editor", "admin", "owner"}
