"""The documentation page: the OpenAPI document as plain HTML, without a script and with nothing from elsewhere."""

from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Any

import orjson
from fastapi import FastAPI

from services.gateway import openapi

Json = dict[str, Any]


@cache
def page(api: FastAPI) -> str:
    """The whole page, for the routes of `api`."""
    document = openapi.document(api)
    schemas = document["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(path, verb, operation, schemas))
    links = "".join(f'<a href="#{tag}">{tag}</a> ' for tag in by_tag)
    sections = "".join(f'<h2 id="{tag}">{tag}</h2>{"".join(found)}' for tag, found in by_tag.items())
    return _PAGE.format(description=_words(document["info"]["description"]), links=links, sections=sections)


def _operation(path: str, verb: str, operation: Json, schemas: Json) -> str:
    name = escape(operation["operationId"])
    parts = "".join(_parts(operation, schemas))
    who = "Everybody" if not operation["security"] else "Members" if "{tenant}" in path else "Whoever signed in"
    return (
        f'<details id="{name}"><summary><span class="verb {verb}">{verb.upper()}</span><code>{escape(path)}</code></summary>'
        f"<p>{_words(operation['description'])} <small>For: {who.lower()}.</small></p>{parts}</details>"
    )


def _parts(operation: Json, schemas: Json) -> Iterator[str]:
    if operation["parameters"]:
        rows = (_row(one["name"], one["schema"] | one, one["in"]) for one in operation["parameters"])
        yield f"<h3>Parameters</h3><table>{''.join(rows)}</table>"
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"<h3>Body</h3>{_body(content, schemas)}"
    for status, answer in operation["responses"].items():
        if answer != openapi.REFUSED:
            contents = answer.get("content", {}).values()
            shown = "".join(_body(content, schemas) for content in contents) or "<p>Nothing.</p>"
            yield f"<h3>Answer {escape(status)}</h3>{shown}"


def _body(content: Json, schemas: Json) -> str:
    """The fields that have something to say, and an example."""
    schema = content["schema"]
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    described = {name: one for name, one in schema.get("properties", {}).items() if "description" in one}
    rows = "".join(_row(name, one, "") for name, one in described.items())
    example = content["example"]
    text = example if isinstance(example, str) else orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()
    return (f"<table>{rows}</table>" if rows else "") + f"<pre>{escape(text)}</pre>"


def _row(name: str, schema: Json, where: str) -> str:
    place = f" <small>({escape(where)})</small>" if where in ("path", "header") else ""
    values = f" One of {', '.join(map(escape, schema['enum']))}." if "enum" in schema else ""
    return f"<tr><th><code>{escape(name)}</code>{place}</th><td>{_words(schema['description'])}{values}</td></tr>"


def _words(text: str) -> str:
    """Text with `code` marked as in Markdown."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rowhouse: REST documentation</title>
<link rel="stylesheet" href="/api/style.css">
</head>
<body>
<main>
<h1>Rowhouse REST, version 1</h1>
<p>{description}</p>
<p><a href="/api/v1/openapi.json">OpenAPI document</a></p>
<nav>{links}</nav>
{sections}
</main>
</body>
</html>
"""
