"""The OpenAPI document: made from the routes, completed with what all routes share, committed as `openapi.json`."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from services.gateway import examples, operations
from services.gateway.access import PassThrough, SignedIn

Json = dict[str, Any]

_DEFS = "$defs"
_PATH_PARAMETERS = {
    "tenant": ("A workspace's slug or id.", "acme"),
    "schema": ("A schema's name, or `@<id>`.", "public"),
    "table": ("A table's name, or `@<id>`; any character, percent-encoded.", "movies"),
    "column": ("A column's name, or `@<id>`; any character, percent-encoded.", "rating"),
    "key": ("The record's primary key; the values of a composite one joined by `,`, each percent-encoded first.", "1"),
    "id": ("What it was given when it was made.", "42"),
    "user": ("A user's id.", "7c1b9f3e-2f5b-4a39-9d7c-0a8b6f2e4d21"),
    "slug": ("A workspace's name in URLs.", "acme"),
}
_PROBLEM: Json = {
    "description": "A refusal or a fault, as RFC 9457 has it. `code` is for programs and stays; `detail` is for people.",
    "content": {
        "application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": {
                "type": "about:blank",
                "title": "Not Found",
                "status": 404,
                "code": "TABLE_NOT_FOUND",
                "detail": "There is no table 'moovies' in schema 'public'; did you mean 'movies'?",
                "trace_id": "0af7651916cd43dd8448eb211c80319c",
            },
        }
    },
}
_PROBLEM_SCHEMA: Json = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "trace_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "What went wrong, for programs."},
        "detail": {"type": "string", "description": "What went wrong and what to do, for people."},
        "trace_id": {"type": "string", "description": "What to quote when asking us; also in X-Request-Id."},
        "context": {
            "type": "object",
            "description": "What the code is about: names, a newer plan, the record as it stands.",
        },
        "where": {"type": "string", "description": "The place in the body, as a JSON pointer."},
        "errors": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Every such place, each with its message.",
        },
    },
}
REFUSED: Json = {"$ref": "#/components/responses/Problem"}
_SECURITY_SCHEMES: Json = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, from POST /tokens."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "rowhouse_session",
        "description": "A browser's session, from POST /sessions.",
    },
}
_DESCRIPTION = (
    "Every team's own Postgres database, over REST. A name in a path may hold anything, percent-encoded; "
    "`@<id>` stands wherever a name may. "
    'Lists are `{"<plural>": […], "next"}`. What a token may do is the lesser of its scopes and its user\'s role.'
)


def document(api: FastAPI) -> Json:
    """The whole document, for the routes of `api`."""
    found = get_openapi(title=api.title, version=api.version, description=_DESCRIPTION, routes=api.routes)
    components: Json = found.setdefault("components", {})
    schemas: Json = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _take_definitions(found["paths"], schemas)
    schemas |= {"AnyOperation": operations.any_of(), **operations.definitions()}
    schemas["Problem"] = _PROBLEM_SCHEMA
    components["responses"] = {"Problem": _PROBLEM}
    components["securitySchemes"] = _SECURITY_SCHEMES
    guarded = {
        (context.path, method)
        for context in iter_route_contexts(api.routes)
        if isinstance(context.original_route, SignedIn | PassThrough)
        for method in context.methods or ()
    }
    for path, item in found["paths"].items():
        _complete(path, item, schemas, guarded)
    return found


@cache
def served(api: FastAPI) -> bytes:
    """The document as it is served."""
    return orjson.dumps(document(api))


def _complete(path: str, item: Json, schemas: Json, guarded: set[tuple[str | None, str]]) -> None:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    for method, operation in item.items():
        others = [one for one in operation.get("parameters", ()) if one["in"] != "path"]
        operation["parameters"] = [_path_parameter(name) for name in names] + others
        operation["security"] = [{"token": []}, {"session": []}] if (path, method.upper()) in guarded else []
        operation["responses"].pop("422", None)
        operation["responses"] |= {str(status): REFUSED for status in _refusals(path, method, operation)}
        operation["responses"]["default"] = REFUSED
        operation["operationId"] = operation["operationId"].partition("_api_v1")[0]
        for content in _contents(operation):
            if content["schema"].keys() & {"$ref", "anyOf"}:
                content["schema"].pop("type", None)  # FastAPI's word for an answer whose class it does not know
            if "example" not in content:
                content["example"] = examples.of(content["schema"], schemas)


def _refusals(path: str, method: str, operation: Json) -> list[int]:
    """With what an operation refuses. A fault of ours is `default`, and so is what no route is asked for: 405, 421, 431."""
    found = [400, 429]
    if operation["security"]:
        found += [401, 403]
    if "{" in path:
        found += [404]
    if "{tenant}" in path:
        found += [409, 422]
    if "requestBody" in operation:
        found += [401, 403, 404, 408, 409, 413, 415, 422]
    if method != "get":
        found += {"records": [412], "tables": [428], "operations": [428]}.get(operation["tags"][0], [])
    return sorted(set(found))


def _path_parameter(name: str) -> Json:
    words, example = _PATH_PARAMETERS[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": words,
        "schema": {"type": "string"},
        "example": example,
    }


def _contents(operation: Json) -> Iterator[Json]:
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from part.get("content", {}).values()


def _take_definitions(node: object, schemas: Json) -> None:
    """Move the definitions that pydantic nests in a schema to where the document keeps all of them."""
    if isinstance(node, dict):
        schemas |= node.pop(_DEFS, {})
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _take_definitions(child, schemas)


def text(document: Json) -> bytes:
    """The document as it is committed: for people to read the difference."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
