"""What the operations of shape take, in schema's own words. It is a stranger to the gateway, so `make openapi` writes them down."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

FILE = Path(__file__).with_name("operations.schema.json")


_MOVIES = {"schema": "public", "table": "movies"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "CreateSchema": {"do": "create_schema", "name": "archive"},
    "CreateTable": {
        "do": "create_table",
        "schema": "public",
        "name": "movies",
        "columns": [
            {"name": "title", "kind": "text", "nullable": False},
            {"name": "rating", "type": "numeric(3,1)", "label": "Average rating"},
            {"name": "price", "kind": "money", "display": {"currency": "EUR"}},
            {"name": "state", "kind": "choice", "display": {"options": ["planned", "running", "over"]}},
        ],
    },
    "RenameTable": {"do": "rename_table", **_MOVIES, "name": "films"},
    "AddColumn": {"do": "add_column", **_MOVIES, "name": "seen", "kind": "boolean", "default": {"value": False}},
    "RenameColumn": {"do": "rename_column", **_MOVIES, "column": "rating", "name": "stars"},
    "SetDisplay": {"do": "set_display", **_MOVIES, "column": "rating", "display": {"decimals": 1}},
    "DropColumn": {"do": "drop_column", **_MOVIES, "column": "rating"},
}


@cache
def definitions() -> dict[str, Any]:
    """Every operation and what it consists of, by name; references are as the OpenAPI document has them."""
    found: dict[str, Any] = _document()["$defs"]
    return found


def any_of() -> dict[str, Any]:
    """An operation, whichever."""
    union = {name: value for name, value in _document().items() if name != "$defs"}
    return {**union, "example": EXAMPLES["DropColumn"]}


def body(name: str, *by_path: str) -> dict[str, Any]:
    """The body of a route that is an operation by another name: its fields without those that the path says."""
    operation, said = definitions()[name], {"do", *by_path}
    return {
        **operation,
        "title": f"{name}Body",
        "properties": _without(operation["properties"], said),
        "required": [field for field in operation.get("required", ()) if field not in said],
        "example": _without(EXAMPLES[name], said),
    }


def one_of(names: tuple[str, ...], *by_path: str) -> dict[str, Any]:
    """The body of a route that is any one of several operations."""
    bodies = [body(name, *by_path) for name in names]
    return {"anyOf": bodies, "example": bodies[-1]["example"]}


def _without(fields: dict[str, Any], said: set[str]) -> dict[str, Any]:
    return {field: value for field, value in fields.items() if field not in said}


@cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(FILE.read_bytes())
    return found
