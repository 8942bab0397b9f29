"""Hostile values in every place of every request: refused with a word on why, never a fault, and never the inside turned out."""

import copy
import json
import os
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from tests.fixtures.openapi import DOCUMENT, fits
from tests.fixtures.stack import Installation, signing_up
from tests.stack.matrix import T
from tests.stack.world import BODIES, World, request_for

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "400"))
SEED = int(os.environ.get("ROWHOUSE_SEED", "3"))
# They end the session, make databases, or take the ground from under the others.
LEFT_OUT = {
    "POST /api/v1/signup",
    "POST /api/v1/sessions",
    "POST /api/v1/tenants",
    "POST /api/v1/invitations/accept",
    "DELETE /api/v1/sessions/current",
    "PATCH /api/v1/me",
    *(f"{verb} {T}{path}" for verb, path in (("DELETE", ""), ("POST", "/suspend"), ("POST", "/resume"))),
}
HOSTILE: list[Any] = [
    *("", " ", "\0", "\ufeff", "\u202e", "\ud800", "'", '"', "\\", "`", "--", ";", "%", "%s", "$1", "{}", "[]", "null"),
    *(
        "'; DROP TABLE movies; --",
        '"; VACUUM; --',
        "public.movies",
        "ctid",
        "xmin",
        "__rh_1",
        "pg_catalog",
        "rowhouse",
    ),
    *("@0", "@-1", "@99999999999999999999", "a" * 63, "a" * 64, "é" * 40, "x" * 10_000, "../../etc/passwd", "\r\nX: y"),
    *("1e400", "NaN", "Infinity", "-0", "9" * 400, "0x10", "1_000", "2024-02-30", "((a{1,100}){1,100}){1,100}"),
    *(None, True, False, 0, -1, 2**31, 2**63, 2**64, 10**400, 1.5, 1e308, [], {}, [[]], {"": ""}, ["a"] * 2000),
]
INSIDE = re.compile(r"Traceback|asyncpg|psycopg|SELECT |INSERT |pg_temp|SQLSTATE|File \"|services/")


@dataclass(frozen=True)
class Attack:
    """One value in one place of one route's request."""

    route: str
    place: tuple[Any, ...]
    value: Any

    def __str__(self) -> str:
        return f"{self.route} {'/'.join(map(str, self.place))} = {str(self.value)[:60]!a}"


def attacks() -> list[Attack]:
    """All of them."""
    found = []
    for path, item in DOCUMENT["paths"].items():
        for verb, operation in item.items():
            route = f"{verb.upper()} {path}"
            if route not in LEFT_OUT:
                found += [Attack(route, place, value) for place in places(route, operation) for value in HOSTILE]
    return found


def places(route: str, operation: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for parameter in operation["parameters"]:
        if parameter["in"] != "header" and parameter["name"] != "tenant":
            yield (parameter["in"], parameter["name"])
        elif parameter["in"] == "header":
            yield ("header", parameter["name"])
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if route in BODIES and isinstance(content["example"], dict):
            yield from (("body", *leaf) for leaf in leaves(content["example"]))


def leaves(value: Any) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, itself included."""
    yield ()
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from ((key, *rest) for rest in leaves(one))


@pytest_asyncio.fixture(scope="module")
async def world(stack: Installation) -> AsyncIterator[World]:
    async with signing_up(stack.url) as sign_up:
        made = await World.made(stack.url, sign_up)
        yield made
        await made.close()


@pytest.mark.soak
async def test_no_value_anywhere_is_a_fault(world: World, counted: Callable[[str], None]) -> None:
    everything = attacks()
    chosen = random.Random(SEED).sample(everything, min(EXAMPLES, len(everything)))
    statuses: Counter[int] = Counter()
    faults = []
    for attack in chosen:
        path, request = await request_of(world, attack)
        answer = await world.home.http.request(attack.route.partition(" ")[0], path, **request)
        statuses[answer.status_code] += 1
        if why := what_is_wrong_with(answer):
            faults.append(f"{attack}: {why}: {answer.text[:300]}")
    counted(f"{len(chosen)} of {len(everything)} hostile requests, seed {SEED}: {dict(statuses)}")
    assert not faults, "\n".join(faults)
    titles = (await world.home.call("GET", "/schemas/public/tables/imported/records"))["records"]
    assert len(titles) == 1


def what_is_wrong_with(answer: httpx.Response) -> str:
    """Why this is no way to answer a hostile request; empty if it is one."""
    if answer.status_code >= 500:
        return "a fault"
    if answer.status_code >= 400:
        if answer.headers["content-type"] != "application/problem+json":
            return "not a problem"
        if not fits(answer.json(), DOCUMENT["components"]["schemas"]["Problem"]):
            return "not of a problem's shape"
        if INSIDE.search(answer.text):
            return "the inside turned out"
    return ""


async def request_of(world: World, attack: Attack) -> tuple[str, dict[str, Any]]:
    """The route's own fitting request, with the value in its place."""
    path, request = await request_for(world, attack.route, "owner", succeeds=False)
    where, *rest = attack.place
    text = attack.value if isinstance(attack.value, str) else json.dumps(attack.value)
    if where == "path":
        path = _in_path(world, attack.route, rest[0], text)
    elif where == "query":
        path = path.partition("?")[0]
        request["params"] = {rest[0]: text.encode("utf-8", "surrogatepass")}
    elif where == "header":
        request["headers"] = {rest[0]: ("x" + re.sub(r"[\0\r\n]", "?", text) + "x").encode("utf-8", "surrogatepass")}
    else:
        operation = DOCUMENT["paths"][attack.route.partition(" ")[2]][attack.route.partition(" ")[0].lower()]
        example = copy.deepcopy(next(iter(operation["requestBody"]["content"].values()))["example"])
        body = json.dumps(_with(example, rest, attack.value)).encode()
        request = {"content": body, "headers": {"Content-Type": "application/json"}}
    return path, request


def _in_path(world: World, route: str, name: str, text: str) -> str:
    named = {"tenant": world.home.owner.slug, **world.home.parameters, "id": "1", "user": "1", "slug": "s"}
    encoded = {key: quote(value, safe="") for key, value in named.items()}
    encoded[name] = quote(text.encode("utf-8", "surrogatepass"), safe="").replace("..", "%2E%2E")
    return route.partition(" ")[2].removeprefix("/api/v1").format(**encoded)


def _with(value: Any, place: list[Any], replacement: Any) -> Any:
    if not place:
        return replacement
    key, *rest = place
    value[key] = _with(value[key], rest, replacement)
    return value
