"""What OpenAPI says about routes that read their requests themselves: keyword arguments for a route's decorator."""

from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from services.gateway.bodies.parameters import Paged, Parameters
from services.gateway.responses import Json

JSON = "application/json"
_REF = "#/components/schemas/{model}"
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A retry under the same key within 24 hours does nothing again and answers the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "example": "6f1c0c3e",
}
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`respond-async` answers once the file is here, and goes on in the background.",
    "schema": {"type": "string"},
    "example": "respond-async",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the record as you know it; 412 if somebody changed it since.",
    "schema": {"type": "string"},
    "example": '"731"',
}
_OPERATION_HEADER = {"Rowhouse-Operation": {"description": "The step on the timeline.", "schema": {"type": "integer"}}}


def passing(
    answer: type[BaseModel] | UnionType,
    status: int = 200,
    *,
    query: type[Parameters] | None = None,
    body: type[BaseModel] | dict[str, Any] | None = None,
    idempotent: bool = False,
    if_match: bool = False,
    prefers_async: bool = False,
    also: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """A route that passes JSON through: the shapes of its answer, query and body. `also` are further statuses of the same shape."""
    responses: dict[int | str, dict[str, Any]] = {status: {"model": answer}}
    responses |= {code: {"model": answer, "description": words} for code, words in (also or {}).items()}
    if idempotent or if_match:
        responses[status]["headers"] = _OPERATION_HEADER
    extra: dict[str, Any] = {"parameters": parameters_of(query, idempotent=idempotent, if_match=if_match)}
    extra["parameters"] += [_PREFER] if prefers_async else []
    if body is not None:
        schema = body if isinstance(body, dict) else body.model_json_schema(ref_template=_REF)
        extra["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return {"status_code": status, "response_class": Json, "responses": responses, "openapi_extra": extra}


def parameters_of(
    query: type[Parameters] | None, *, idempotent: bool = False, if_match: bool = False
) -> list[dict[str, Any]]:
    """Query parameters as OpenAPI lists them, and the headers beside them."""
    schema = query.model_json_schema() if query else {}
    listed = [
        _parameter(name, one, name in schema.get("required", ())) for name, one in schema.get("properties", {}).items()
    ]
    return listed + ([_IDEMPOTENCY_KEY] if idempotent else []) + ([_IF_MATCH] if if_match else [])


def _parameter(name: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    values = next((one for one in schema.get("anyOf", ()) if one != {"type": "null"}), schema)
    shown = {key: value for key, value in values.items() if key in ("type", "enum", "minimum", "maximum")}
    described = {
        "name": name,
        "in": "query",
        "required": required,
        "description": schema.get("description", ""),
        "schema": shown,
    }
    return described | ({"example": schema["examples"][0]} if "examples" in schema else {})


def listing() -> dict[str, Any]:
    """A list in pages, whose answer FastAPI describes."""
    return {"openapi_extra": {"parameters": parameters_of(Paged)}}


def sending(described: dict[str, Any]) -> dict[str, Any]:
    """The same route, with a file as its body."""
    file = {"text/csv": {"schema": {"type": "string", "format": "binary"}, "example": "title,rating\nUp,8.3\n"}}
    described["openapi_extra"]["requestBody"] = {
        "required": True,
        "description": "The file itself; any content type.",
        "content": file,
    }
    return described


def file(query: type[Parameters], media_types: Iterable[str]) -> dict[str, Any]:
    """A route that answers a file of one of `media_types`."""
    names = [media_type.partition(";")[0] for media_type in media_types]
    text = {"schema": {"type": "string"}, "example": "title,rating\r\nUp,8.3\r\n"}
    content: dict[str, Any] = {name: text if name.startswith("text/") else {"schema": {}} for name in names}
    answer = {"description": "The file.", "content": content}
    return {
        "response_class": Response,
        "responses": {200: answer},
        "openapi_extra": {"parameters": parameters_of(query)},
    }
