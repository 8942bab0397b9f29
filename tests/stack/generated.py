"""The OpenAPI document as schemathesis gets it: with what is there to be named, and with links from answers to requests."""

import copy
from collections.abc import Iterator
from typing import Any

import schemathesis
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema

from tests.fixtures.openapi import DOCUMENT
from tests.stack.world import Workspace, resource_of

Json = dict[str, Any]
# What an answer names that a path can name in turn, by the answer's model: a collection, its parameter, and where in the body.
NAMED = {
    "Table": [("tables", "table", "/name"), ("columns", "column", "/columns/1/name")],
    "Written": [("records", "key", "/keys/0"), ("operations", "id", "/operation")],
    "Deleted": [("operations", "id", "/operation")],
    "Operation": [("operations", "id", "/id")],
    "Operations": [("operations", "id", "/operations/0/id")],
    "Import": [("imports", "id", "/id"), ("operations", "id", "/operation"), ("tables", "table", "/table")],
    "Token": [("tokens", "id", "/id")],
    "Connection": [("connections", "id", "/id")],
    "Invitation": [("invitations", "id", "/id")],
    "Member": [("members", "user", "/user/id")],
}


def schema(home: Workspace, url: str, token: str) -> BaseSchema:
    """What schemathesis makes of the document, for the owner of `home` with a token; only the links that are here are followed."""
    made = schemathesis.openapi.from_dict(document(home))
    made.config.update(base_url=url, headers={"Authorization": f"Bearer {token}"})
    made.config.generation.update(with_security_parameters=False)
    made.config.phases.stateful.inference.algorithms = []
    made.config.phases.stateful.generation.update(modes=[GenerationMode.POSITIVE])
    return made


def document(home: Workspace) -> Json:
    """The document about `home`: a value may also be its example, a name what is there, and a status must be named."""
    found: Json = _may_be_examples(copy.deepcopy(DOCUMENT))
    for path, _, operation in operations(found):
        for parameter in operation["parameters"]:
            parameter["schema"] = _named(parameter, path, home)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["schema"] = _or([content["example"]], content["schema"])
        del operation["responses"]["default"]
    _link(found)
    return found


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, verb and description of each."""
    for path, item in document["paths"].items():
        yield from ((path, verb, operation) for verb, operation in item.items())


def _named(parameter: Json, path: str, home: Workspace) -> Json:
    """A name in a path is what is there; another parameter may be its example."""
    schema: Json = parameter["schema"]
    if parameter["in"] == "path":
        there = {"tenant": home.owner.slug, "id": home.parameters.get(resource_of(path)), **home.parameters}
        return {"enum": [there[parameter["name"]]]} if there.get(parameter["name"]) else schema
    return _or([parameter["example"]], schema) if "example" in parameter else schema


def _or(values: list[Any], schema: Json) -> Json:
    return {"anyOf": [{"enum": values}, schema]} if values else schema


def _may_be_examples(node: Any) -> Any:
    if isinstance(node, list):
        return [_may_be_examples(one) for one in node]
    if not isinstance(node, dict):
        return node
    inner = {key: one if key in ("example", "examples") else _may_be_examples(one) for key, one in node.items()}
    return _or(inner.pop("examples"), inner) if isinstance(node.get("examples"), list) else inner


def _link(document: Json) -> None:
    """Lead from each answer to the requests about what it names; what else their paths have, the first request's has too."""
    for path, _, operation in operations(document):
        for answer in operation["responses"].values():
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            answer["links"] = dict(_links(document, path, schema.get("$ref", "").rpartition("/")[2]))


def _links(document: Json, path: str, model: str) -> Iterator[tuple[str, Json]]:
    for collection, name, pointer in NAMED.get(model, ()):
        for target, _, about in operations(document):
            if f"/{collection}/{{{name}}}" in target and _names(target) - {name} <= _names(path):
                shared = {other: f"$request.path.{other}" for other in _names(target)}
                named = {**shared, name: f"$response.body#{pointer}"}
                yield f"{name}_{about['operationId']}", {"operationId": about["operationId"], "parameters": named}
    if model == "Plan":
        plan, tenant = {"plan": "$response.body#/plan"}, {"tenant": "$request.path.tenant"}
        yield "plan", {"operationId": "apply_operation", "parameters": tenant, "requestBody": plan}


def _names(path: str) -> set[str]:
    return {part[1:-1] for part in path.split("/") if part.startswith("{")}
