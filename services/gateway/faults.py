"""How each way to fail is answered, whoever failed: one handler per family of exceptions."""

import http
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

import grpc
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.gateway import errors, problems, responses
from services.gateway.middleware import tracing
from services.gateway.middleware.limits import Refused
from services.gateway.middleware.observe import CLIENT_GONE
from services.kit.errors import AppError


async def refused(_: Request, error: Exception) -> Response:
    """An error that we know by name."""
    return responses.Problem(cast(AppError, error))


async def by_a_service(_: Request, error: Exception) -> Response:
    """A service's answer that is none."""
    return responses.of_rpc(cast(grpc.aio.AioRpcError, error))


async def by_the_framework(request: Request, error: Exception) -> Response:
    """What the router and the body's reading refuse."""
    error = cast(HTTPException, error)
    if isinstance(error, Refused):
        return responses.Problem(error.error)
    if error.status_code == http.HTTPStatus.NOT_FOUND:
        return _plain(404, "NOT_FOUND", f"There is nothing at {request.scope['path']}.")
    if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED:
        response = _plain(405, "METHOD_NOT_ALLOWED", f"{request.method} is not among what this path takes.")
        response.headers.update(error.headers or {})
        return response
    return responses.Problem(errors.Malformed("The body cannot be read."))


async def invalid(_: Request, error: Exception) -> Response:
    """A body that is not of its shape: 422 with each place, or 400 where it is not even JSON."""
    found = cast(RequestValidationError, error).errors()
    if any(one["type"] == "json_invalid" for one in found):
        return responses.Problem(errors.Malformed("The body is not JSON."))
    places = [{"where": _pointer(one["loc"]), "message": one["msg"]} for one in found]
    first = places[0]
    detail = f"{first['where'] or 'The body'}: {first['message']}." + (
        f" And {len(places) - 1} more." if places[1:] else ""
    )
    return _plain(422, "INVALID", detail, {"where": first["where"], "errors": places})


async def gone(_: Request, __: Exception) -> Response:
    """A client that left while it was sending; nobody reads this, but the log and the metrics count it."""
    return Response(status_code=CLIENT_GONE)


async def unknown(_: Request, __: Exception) -> Response:
    """A fault of ours. Observe, the outermost layer, logs it."""
    return responses.internal_error()


def _pointer(loc: tuple[Any, ...]) -> str:
    return "".join(f"/{part}" for part in loc[1:])


def _plain(status: int, code: str, detail: str, more: Mapping[str, object] = MappingProxyType({})) -> Response:
    response = Response(problems.problem(status, code, detail, tracing.trace_id(), more), status)
    response.raw_headers += problems.headers_of(status)
    return response
