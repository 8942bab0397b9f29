"""JSON documents. They have no order."""

import json

from services.kinds.kind import COUNTS, PRESENCE, Kind, Settings


def _no_constant(word: str) -> None:
    raise ValueError(word)


_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read a JSON document, kept as it is typed."""
    try:
        _DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}; a text stands in double quotes."
        ) from None
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error} is no number there; write it as a string.") from None
    if base_type == "jsonb" and "\\u0000" in text.replace("\\\\", ""):
        raise ValueError("it holds a NUL character, which Postgres cannot keep.")
    return text


KIND = Kind(
    name="json",
    types=("jsonb", "json"),
    default_type="jsonb",
    operators=(*PRESENCE, "contains", "has_key"),
    aggregates=COUNTS,
    read=read,
)
