"""JSON bodies that stay text. A number keeps every digit on its way to Postgres, which no parse and print of ours would promise."""

import json
from json.decoder import scanstring  # type: ignore[attr-defined]  # in C, and so not in the stubs

import orjson
from fastapi import Depends, Request

from services.gateway import errors
from services.kit.errors import Invalid

_SPACE = " \t\n\r"
_decoder = json.JSONDecoder()


async def body(request: Request) -> bytes:
    """The request's body, which says it is JSON. Fails with MEDIA_TYPE_UNSUPPORTED, ENCODING_UNSUPPORTED, TOO_LARGE."""
    require_json(request)
    return await request.body()


def require_json(request: Request) -> None:
    """Refuse what does not say it is JSON: no HTML form can say so, and a compressed body is not looked into."""
    require_plain(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        said = f"'{media_type}'" if media_type else "nothing"
        raise errors.MediaTypeUnsupported(
            f"The body must be JSON and say so: 'Content-Type: application/json', not {said}."
        )


async def _json_only(request: Request) -> None:
    if not (text := await request.body()):
        return
    require_json(request)
    try:
        orjson.loads(text)  # Python's own parser, which FastAPI uses, takes NaN and half surrogate pairs too
    except orjson.JSONDecodeError:
        raise errors.Malformed("The body is not JSON.") from None


# For routers whose bodies FastAPI reads: what is not JSON is refused before it is looked at.
json_only = Depends(_json_only)


def require_plain(request: Request) -> None:
    """Refuse a compressed body."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise errors.EncodingUnsupported(encoding)


def members(text: bytes) -> dict[str, str]:
    """The members of a JSON object, each value as its own text. Fails with MALFORMED, also for a member that is there twice."""
    try:
        return _members(text.decode())
    except (ValueError, IndexError, RecursionError):
        raise errors.Malformed("The body is not a JSON object in UTF-8.") from None


def plain(text: str) -> object:
    """The value of a member. Fails with MALFORMED for half a surrogate pair, which is in no encoding and so nobody's text."""
    value = json.loads(text)
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise errors.Malformed("A text in the body holds half of a surrogate pair.")
    return value


def with_members(text: bytes, **added: str) -> bytes:
    """The JSON object `text` with more members, its own left as they are written. Fails with MALFORMED where one is there already."""
    given = members(text)
    if clash := given.keys() & added.keys():
        raise errors.Malformed(f"'{min(clash)}' does not belong in this body: the path says it.")
    own = [f"{json.dumps(key)}:{value}".encode() for key, value in given.items()]
    return (
        b"{"
        + b",".join([*own, *(orjson.dumps(key) + b":" + orjson.dumps(value) for key, value in added.items())])
        + b"}"
    )


def text_of(text: bytes, member: str, *, alone: bool = False) -> str:
    """The string in one member of the JSON object; `alone` says that there may be no other. Fails with INVALID, MALFORMED."""
    given = members(text)
    if alone and (others := given.keys() - {member}):
        raise Invalid(
            f"'{min(others)}' is not among what can be given here; only '{member}' is.", where=f"/{min(others)}"
        )
    value = plain(given.get(member, "null"))
    if not isinstance(value, str):
        raise Invalid(f"'{member}' is missing or not a string.", where=f"/{member}")
    return value


def _members(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = _expect(text, 0, "{")
    if text[at] == "}":
        at += 1
    else:
        while True:
            at = _expect(text, at, '"')
            key, at = scanstring(text, at, True)
            start = _expect(text, at, ":")
            _, end = _decoder.raw_decode(text, start)
            if key in found:
                raise ValueError(key)
            found[key] = text[start:end]
            at = _skip(text, end)
            if text[at] != ",":
                break
            at = _skip(text, at + 1)
        at = _expect(text, at, "}")
    if _skip(text, at) < len(text):
        raise ValueError(text[at:])
    return found


def _expect(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at] != mark:
        raise ValueError(mark)
    return at + 1 if mark == '"' else _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
