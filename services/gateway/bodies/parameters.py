"""Query parameters and headers of pass-through routes, read by a pydantic model that the OpenAPI document is made from too."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.gateway import errors
from services.kit.paging import MAX_LIMIT, LimitInvalid

KEY_LONGEST = 200
_ASYNC = "respond-async"


class Parameters(BaseModel):
    """Query parameters; one that a route does not have is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Paged(Parameters):
    """The parameters of every list."""

    limit: int = Field(
        0,
        description=f"How many at most; 1 to {MAX_LIMIT:,}, 100 if absent.",
        examples=[100],
        json_schema_extra={"minimum": 1, "maximum": MAX_LIMIT},
    )
    cursor: str = Field("", description="`next` of the page before.", examples=[""])


_P = TypeVar("_P", bound=Parameters)


def read(request: Request, model: type[_P]) -> _P:
    """The query as `model`. Fails with MALFORMED and as `checked` does."""
    return checked(model, _pairs(request))


def checked(model: type[_P], given: Mapping[str, object]) -> _P:
    """What was given, as `model`. Fails with PARAMETER_UNKNOWN, PARAMETER_INVALID, LIMIT_INVALID."""
    try:
        found = model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            known = [field.alias or own for own, field in model.model_fields.items()]
            raise errors.ParameterUnknown(name, known) from None
        raise errors.ParameterInvalid(name, first["msg"].lower()) from None
    if isinstance(found, Paged) and "limit" in given and not 1 <= found.limit <= MAX_LIMIT:
        raise LimitInvalid(found.limit)
    return found


def _pairs(request: Request) -> dict[str, str]:
    text = request.scope["query_string"]
    if not text:
        return {}
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise errors.Malformed("The query is not percent-encoded UTF-8.") from None
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise errors.ParameterInvalid(name, "it is given twice")
        if "\0" in value:
            raise errors.ParameterInvalid(name, "it holds a NUL character")
        given[name] = value
    return given


def idempotency_key(request: Request) -> str:
    """The Idempotency-Key; empty for none. Fails with IDEMPOTENCY_KEY_INVALID."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return ""
    if not (0 < len(key) <= KEY_LONGEST and key.isascii() and key.isprintable()):
        raise errors.IdempotencyKeyInvalid
    return key


def prefers_async(request: Request) -> bool:
    """Whether the client would rather not wait (RFC 7240). A preference that is not known is passed over."""
    wishes = ",".join(request.headers.getlist("prefer")).split(",")
    return any(wish.split(";")[0].strip().lower() == _ASYNC for wish in wishes)


def if_match(request: Request) -> str:
    """The version that If-Match asks for, without quotes; empty for none and for `*`. Fails with IF_MATCH_INVALID."""
    tag = request.headers.get("if-match", "*").strip()
    if tag == "*":
        return ""
    inner = tag[1:-1]
    if len(tag) < 3 or tag[0] != '"' or tag[-1] != '"' or '"' in inner:
        raise errors.IfMatchInvalid
    return inner
