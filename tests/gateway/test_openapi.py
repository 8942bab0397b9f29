"""The OpenAPI document says what there is, completely; and what is generated is committed as it would be generated."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from scripts import openapi as generate
from services.gateway import openapi, operations, reference
from services.gateway.app import routed
from services.schema.operations import parse
from tests.fixtures.gateway import Front
from tests.fixtures.openapi import DOCUMENT, check, resolved

OPERATIONS = {
    f"{verb.upper()} {path}": operation for path, item in DOCUMENT["paths"].items() for verb, operation in item.items()
}
PUBLIC = {
    "POST /api/v1/signup",
    "POST /api/v1/sessions",
    "GET /api/v1/slugs/{slug}",
    "POST /api/v1/invitations/accept",
}
OPEN_BODIES = {"POST /plans", "POST /operations", "PATCH /schemas/{schema}/tables/{table}/records/{key}"}
each = pytest.mark.parametrize("name", OPERATIONS)


def test_the_committed_files_are_what_make_openapi_writes() -> None:
    assert operations.FILE.read_bytes() == generate.operations_text(), "run make openapi"
    assert generate.DOCUMENT.read_bytes() == generate.document_text(), "run make openapi"


@pytest.mark.parametrize("name", operations.EXAMPLES)
def test_the_operations_that_stand_as_examples_are_ones(name: str) -> None:
    assert type(parse(orjson.dumps(operations.EXAMPLES[name]))).__name__ == name


def test_it_is_served_as_it_is_committed_and_needs_no_credential() -> None:
    assert orjson.loads(openapi.served(routed())) == DOCUMENT


async def test_the_pages_need_no_credential_and_nothing_from_elsewhere(front: Front) -> None:
    del front.http.headers["Authorization"]
    for path in ("/", "/api/docs", "/api/style.css", "/api/v1/openapi.json"):
        answer = await front.http.get(path)
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert not re.search(r"""(src|href)=["']?(https?:)?//""", answer.text)


def test_the_documentation_has_every_route_and_escapes_what_it_shows() -> None:
    page = reference.page(routed())

    for operation in OPERATIONS.values():
        assert f'id="{operation["operationId"]}"' in page
    assert "&lt;id&gt;" in page
    assert "<id>" not in page


def test_only_these_routes_are_open_to_everybody() -> None:
    assert {name for name, operation in OPERATIONS.items() if operation["security"] == []} == PUBLIC


def test_every_reference_leads_somewhere() -> None:
    for reference_ in re.findall(rb'"\$ref": "#/components/(\w+)/(\w+)"', generate.DOCUMENT.read_bytes()):
        kind, name = (part.decode() for part in reference_)
        assert name in DOCUMENT["components"][kind]
    assert b"$defs" not in generate.DOCUMENT.read_bytes()


def test_no_two_operations_share_an_id() -> None:
    identifiers = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(identifiers)) == len(identifiers)


@each
def test_a_route_says_what_it_does_and_what_comes_back_when_it_fails(name: str) -> None:
    operation = OPERATIONS[name]

    assert re.match(r"[A-Z].+[.]", operation["description"], re.DOTALL)
    assert operation["tags"]
    refusals = {status: answer for status, answer in operation["responses"].items() if not status.startswith("2")}
    assert refusals.keys() >= {"400", "429", "default"}
    assert all(answer == {"$ref": "#/components/responses/Problem"} for answer in refusals.values())
    for parameter in operation["parameters"]:
        assert parameter["description"], parameter


@each
def test_every_body_has_an_example_and_the_example_is_of_the_bodys_shape(name: str) -> None:
    for content in contents(OPERATIONS[name]):
        check(content["example"], content["schema"])


@each
def test_a_body_that_is_described_elsewhere_is_not_of_another_type_here(name: str) -> None:
    for content in contents(OPERATIONS[name]):
        assert not ("type" in content["schema"] and content["schema"].keys() & {"$ref", "anyOf"}), content["schema"]


@each
def test_a_body_takes_nothing_but_what_is_named(name: str) -> None:
    if any(name.replace("/api/v1/tenants/{tenant}", "") == one for one in OPEN_BODIES):
        return
    for content in OPERATIONS[name].get("requestBody", {}).get("content", {}).values():
        for one in (schema := resolved(content["schema"])).get("anyOf", [schema]):
            assert one.get("additionalProperties") is False or one.get("format") == "binary", one


def contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from part.get("content", {}).values()
