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
    by_tag: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(path, verb, operation))
    links = "".join(f'<a href="#{tag}">{tag}</a> ' for tag in by_tag)
    sections = "".join(f'<h2 id="{tag}">{tag}</h2>{"".join(found)}' for tag, found in by_tag.items())
    return _PAGE.format(description=_words(document["info"]["description"]), links=links, sections=sections)


def _operation(path: str, verb: str, operation: Json) -> str:
    name = escape(operation["operationId"])
    parts = "".join(_parts(operation))
    about = _words(operation["description"])
    who = "Whoever signed in." if operation["security"] else "Everybody."
    return (
        f'<details id="{name}"><summary><span class="verb {verb}">{verb.upper()}</span><code>{escape(path)}</code></summary>'
        f"<p>{about}</p><p><small>For: {who}</small></p>{parts}</details>"
    )


def _parts(operation: Json) -> Iterator[str]:
    if operation["parameters"]:
        yield f"<h3>Parameters</h3><table>{''.join(map(_parameter, operation['parameters']))}</table>"
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"<h3>Body</h3>{_example(content)}"
    for status, answer in operation["responses"].items():
        for content in answer.get("content", {}).values():
            yield f"<h3>Answer {escape(status)}</h3>{_example(content)}"
        if not answer.get("content") and status != "default":
            yield f"<h3>Answer {escape(status)}</h3><p>Nothing.</p>"


def _parameter(one: Json) -> str:
    where = "" if one["in"] == "query" else f" <small>({escape(one['in'])})</small>"
    values = f" One of {', '.join(map(escape, one['schema']['enum']))}." if "enum" in one["schema"] else ""
    return f"<tr><th><code>{escape(one['name'])}</code>{where}</th><td>{_words(one.get('description', ''))}{values}</td></tr>"


def _example(content: Json) -> str:
    example = content["example"]
    text = example if isinstance(example, str) else orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()
    return f"<pre>{escape(text)}</pre>"


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
