"""An example of a body, put together from the examples of its parts."""

from typing import Any

_PREFIX = "#/components/schemas/"
_PLAIN: dict[str, Any] = {
    "string": "…",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
    "array": [],
    "object": {},
}


def of(schema: dict[str, Any], components: dict[str, Any]) -> object:
    """The first example that `schema` gives, or one made of its parts'."""
    if "example" in schema:
        return schema["example"]
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return of(components[schema["$ref"].removeprefix(_PREFIX)], components)
    for words in ("anyOf", "oneOf", "allOf"):
        if words in schema:
            return of(schema[words][0], components)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "properties" in schema:
        return {name: of(one, components) for name, one in schema["properties"].items()}
    if schema.get("type") == "array" and "items" in schema:
        return [of(schema["items"], components)]
    return _PLAIN.get(schema.get("type", "object"))
