"""Errors as HTTP shows them: RFC 9457 problems. The one table of statuses is here; words and reasons come from whoever refused."""

import http
from collections.abc import Mapping
from types import MappingProxyType

import orjson

from services.kit.errors import AppError, Kind

MEDIA_TYPE = "application/problem+json"

STATUSES: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.PRECONDITION: 412,
    Kind.EXHAUSTED: 429,
    Kind.UNAVAILABLE: 503,
}
# Where one reason says more than its kind: 400 is a request that cannot be read, 422 a payload that can be read and is refused.
BY_REASON: dict[str, int] = {
    "MALFORMED": 400,
    "PARAMETER_INVALID": 400,
    "PARAMETER_UNKNOWN": 400,
    "TOKEN_IN_URL": 400,
    "CURSOR_INVALID": 400,
    "LIMIT_INVALID": 400,
    "FIELDS_INVALID": 400,
    "SORT_INVALID": 400,
    "FILTER_INVALID": 400,
    "SEARCH_INVALID": 400,
    "START_INVALID": 400,
    "AGGREGATE_INVALID": 400,
    "FORMAT_UNKNOWN": 400,
    "OPTION_INVALID": 400,
    "IF_MATCH_INVALID": 400,
    "IDEMPOTENCY_KEY_INVALID": 400,
    "BODY_TOO_SLOW": 408,
    "TOO_LARGE": 413,
    "HOST_UNKNOWN": 421,
    "MEDIA_TYPE_UNSUPPORTED": 415,
    "ENCODING_UNSUPPORTED": 415,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "NO_PRIMARY_KEY": 422,
    "NOT_WRITABLE": 422,
    "ALREADY_UNDONE": 409,
    "NOT_UNDONE": 409,
    "CANNOT_UNDO": 409,
    "LAST_OWNER": 409,
    "PLAN_REQUIRED": 428,
}
# What one of our own processes did wrong towards another; no business of the caller's.
OURS = frozenset(
    {
        "DEADLINE_MISSING",
        "INTERNAL_TOKEN_INVALID",
        "LOGIN_UNKNOWN",
        "SERVICE_NOT_ALLOWED",
        "SERVICE_SECRET_INVALID",
        "WANTED_INVALID",
    }
)
# Metadata that is JSON already: a newer plan, the record as it stands, an operation that would help.
_JSON = frozenset({"plan", "record", "operation"})
RETRY_AFTER = "retry_after"


def status_of(error: AppError) -> int:
    """The HTTP status of `error`."""
    return BY_REASON.get(error.reason, STATUSES[error.kind])


def body_of(error: AppError, trace_id: str) -> bytes:
    """`error` as a problem: `code` for programs, `detail` for people, `context` with what the code is about."""
    context = {key: _embedded(key, value) for key, value in error.metadata.items() if key != RETRY_AFTER}
    more = {"context": context} if context else {}
    return problem(status_of(error), error.reason, error.message, trace_id, more)


def problem(
    status: int, code: str, detail: str, trace_id: str, more: Mapping[str, object] = MappingProxyType({})
) -> bytes:
    """A problem's JSON; `more` are members that not every problem has."""
    title = http.HTTPStatus(status).phrase
    fixed = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "trace_id": trace_id,
    }
    return orjson.dumps({**fixed, **more})


def headers_of(status: int, error: AppError | None = None) -> list[tuple[bytes, bytes]]:
    """What belongs beside a problem: how to sign in, when to come back, that nothing more is read."""
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    if status == http.HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b'Bearer realm="rowhouse"'))
    if status == http.HTTPStatus.REQUEST_TIMEOUT:
        headers.append((b"connection", b"close"))  # the rest of the body may still come
    wait = error.metadata.get(RETRY_AFTER) if error else None
    if wait or status in (http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.SERVICE_UNAVAILABLE):
        headers.append((b"retry-after", (wait or "1").encode()))
    return headers


def _embedded(key: str, value: str) -> object:
    if key not in _JSON or value.isdecimal():  # an operation's id stays a text
        return value
    try:
        return orjson.Fragment(value) if orjson.loads(value) is not None else None
    except orjson.JSONDecodeError:
        return value
