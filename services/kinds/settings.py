"""Display settings of a column, checked against what its kind declares."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.kinds.errors import DisplayInvalid
from services.kinds.kind import Kind


def checked(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they are kept: every one known to the kind, none without a value. Raises DisplayInvalid with the cure."""
    try:
        display = _adapter(kind).validate_json(json.dumps(given, default=str))
    except ValidationError as error:
        raise DisplayInvalid(kind.name, *_fault(error), known=[field.name for field in fields(kind.display)]) from None
    kept: dict[str, Any] = _without_none(asdict(display))
    return kept


def complete(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a column that is given this kind. Raises DisplayInvalid also where one is missing that the kind needs."""
    kept = checked(kind, given)
    if missing := [name for name in kind.needs if name not in kept]:
        raise DisplayInvalid(kind.name, missing[0], f"a column of kind {kind.name} needs it", known=())
    return kept


@cache
def _adapter(kind: Kind) -> TypeAdapter[Any]:
    return TypeAdapter(kind.display)


def _fault(error: ValidationError) -> tuple[str, str]:
    """Which setting is wrong, and why; no reason where there is no such setting."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "unexpected_keyword_argument":
        return field, ""
    return field, first["msg"].removeprefix("Value error, ").rstrip(".")


def _without_none(value: Any) -> Any:  # noqa: ANN401  whatever JSON takes
    if isinstance(value, dict):
        return {name: _without_none(member) for name, member in value.items() if member is not None}
    return [_without_none(member) for member in value] if isinstance(value, list | tuple) else value
