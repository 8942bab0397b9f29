"""Every place of every route's request that takes text, found in the OpenAPI document; and the request with a value in it."""

import copy
import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from services.gateway import examples, operations
from services.kinds import KINDS
from tests.fixtures.openapi import DOCUMENT, fits, resolved
from tests.stack.world import World, request_for

SCHEMAS = DOCUMENT["components"]["schemas"]
HEADERS = (
    "Accept",
    "Content-Encoding",
    "Content-Type",
    "Origin",
    "Range",
    "Traceparent",
    "User-Agent",
    "X-Forwarded-For",
)
# JSON inside a parameter, for which the document has words only.
INSIDE: dict[str, list[Any]] = {
    "filter": [
        *(
            {"column": "title", "op": op, "value": "Up"}
            for op in sorted({op for kind in KINDS.values() for op in kind.operators})
        ),
        *({"column": "title", "op": op, "value": ["Up", "Heat"]} for op in ("in", "between")),
        {"and": [{"or": [{"not": {"column": "rating", "op": "ge", "value": 8}}]}]},
    ],
    "options": [
        {
            **{
                "header": True,
                "delimiter": ",",
                "encoding": "utf-8",
                "null_values": ["n/a"],
                "date_order": "DMY",
                "sheet": "1",
            },
            **{"like": "movies", "into": "movies", "mode": "append", "key": ["id"], "dry_run": True},
            "columns": [
                {"source": "a", "name": "b", "type": "text", "kind": "text", "skip": False, "on_misfit": "text"}
            ],
        },
    ],
}
KEY = object()
"""In a place: not the value of a member, but its name."""


@dataclass(frozen=True)
class Input:
    """A place of a route's request. `base` is the body, or the JSON in a parameter, around it."""

    route: str
    where: str
    place: tuple[Any, ...]
    base: Any = None

    @property
    def only_text(self) -> bool:
        """Whether nothing but text can stand there."""
        return self.where not in ("body", "json") or KEY in self.place

    def __str__(self) -> str:
        return f"{self.route} {self.where} {'/'.join('(key)' if part is KEY else str(part) for part in self.place)}"


def inputs(left_out: set[str]) -> list[Input]:
    """All of them."""
    found = []
    for path, item in DOCUMENT["paths"].items():
        for verb, operation in item.items():
            route = f"{verb.upper()} {path}"
            if route not in left_out:
                found += [*_parameters(route, operation), *_bodies(route, operation)]
    return found


def _parameters(route: str, operation: dict[str, Any]) -> Iterator[Input]:
    for parameter in operation["parameters"]:
        yield Input(route, parameter["in"], (parameter["name"],))
        for inside in INSIDE.get(parameter["name"], ()):
            yield from (Input(route, "json", (parameter["name"], *place), inside) for place in _places({}, inside))
    if route.endswith("/records"):
        yield from (Input(route, "header", (name,)) for name in HEADERS)


def _bodies(route: str, operation: dict[str, Any]) -> Iterator[Input]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if content["schema"].get("format") == "binary":
            yield from (Input(route, "file", (part,)) for part in ("header", "cell", "all"))
        else:
            for schema, base in _variants(content["schema"], content["example"]):
                yield from (Input(route, "body", place, base) for place in _places(schema, base))


def _variants(schema: dict[str, Any], example: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """A body's schema with a fitting body; for an operation, those of each operation."""
    found = resolved(schema)
    operation = SCHEMAS["AnyOperation"] if found.get("title") == "Apply" else found
    for one in operation.get("oneOf", operation.get("anyOf", ())):
        base = operations.EXAMPLES.get(one.get("$ref", "").rpartition("/")[2]) or examples.of(one, SCHEMAS)
        yield resolved(one), base
    yield found, example


def _places(schema: dict[str, Any], value: Any) -> Iterator[tuple[Any, ...]]:
    """Where in a fitting value another may stand: every part of it, the name of every member, and members that it does not have."""
    yield ()
    schema = _fitting(schema, value)
    if isinstance(value, list):
        yield from ((0, *rest) for one in value[:1] for rest in _places(schema.get("items", {}), one))
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name, one in value.items():
            yield (name, KEY)
            yield from ((name, *rest) for rest in _places(known.get(name, {}), one))
        yield from ((name,) for name in sorted(known.keys() - value.keys()))


def _fitting(schema: dict[str, Any], value: Any) -> dict[str, Any]:
    schema = resolved(schema)
    for one in schema.get("anyOf") or schema.get("oneOf") or ():
        if fits(value, one):
            return _fitting(one, value)
    return schema


async def request_with(world: World, at: Input, value: Any) -> tuple[str, dict[str, Any]]:
    """The route's own fitting request with `value` there: its path, and what it carries."""
    path, request = await request_for(world, at.route, "owner", succeeds=False)
    text = value if isinstance(value, str) else json.dumps(value)
    name = at.place[0] if at.place else ""
    if at.where == "path":
        path = _in_path(world, at.route, str(name), text)
    elif at.where == "query":
        path, request["params"] = path.partition("?")[0], {name: _bytes(text)}
    elif at.where == "json":
        path, request["params"] = path.partition("?")[0], {name: json.dumps(_with(at.base, at.place[1:], value))}
    elif at.where == "header":
        request.setdefault("headers", {})[name] = _bytes("x" + re.sub(r"[\0-\x1f\x7f]", "?", text) + "x")
    elif at.where == "file":
        request["content"] = _file(str(name), text)
    else:
        fresh = request.get("json", {}).keys() & at.base.keys() & {"name"}
        base = at.base | {member: request["json"][member] for member in fresh}
        request = {"content": json.dumps(_with(base, at.place, value)), "headers": {"Content-Type": "application/json"}}
    return path, request


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _in_path(world: World, route: str, name: str, text: str) -> str:
    named = {"id": "1", "slug": "s", "tenant": world.home.owner.slug, **world.home.parameters}
    encoded = {key: quote(one, safe="") for key, one in named.items()}
    encoded[name] = quote(_bytes(text), safe="").replace(".", "%2E")
    return route.partition(" ")[2].removeprefix("/api/v1").format(**encoded)


def _file(part: str, text: str) -> bytes:
    written = io.StringIO()
    rows = [[text, "b"], ["1", "x"]] if part == "header" else [["a", "b"], [text, "x"], ["2", "y"]]
    csv.writer(written).writerows(rows)
    return _bytes(text if part == "all" else written.getvalue())


def _with(value: Any, place: tuple[Any, ...], replacement: Any) -> Any:
    """A copy of `value` with another at that place."""
    if not place:
        return replacement
    name, *rest = place
    changed = copy.copy(value)
    if rest == [KEY]:
        changed = {(replacement if key == name else key): one for key, one in changed.items()}
    else:
        changed[name] = _with(changed[name], tuple(rest), replacement) if rest else replacement
    return changed
