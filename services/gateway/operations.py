"""What the operations of shape take, in schema's own words. It is a stranger to the gateway, so `make openapi` writes them down."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

FILE = Path(__file__).with_name("operations.schema.json")


@cache
def definitions() -> dict[str, Any]:
    """Every operation and what it consists of, by name; references are as the OpenAPI document has them."""
    found: dict[str, Any] = _document()["$defs"]
    return found


def any_of() -> dict[str, Any]:
    """An operation, whichever."""
    return {name: value for name, value in _document().items() if name != "$defs"}


def body(name: str, *by_path: str) -> dict[str, Any]:
    """The body of a route that is an operation by another name: its fields without those that the path says."""
    operation = definitions()[name]
    said = {"do", *by_path}
    properties = {field: value for field, value in operation["properties"].items() if field not in said}
    required = [field for field in operation.get("required", ()) if field not in said]
    return {**operation, "title": f"{name}Body", "properties": properties, "required": required}


@cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(FILE.read_bytes())
    return found
