"""Answers: JSON that a service has written already, and problems."""

import http

import grpc
import structlog
from starlette.responses import Response

from services.gateway import problems
from services.gateway.middleware import tracing
from services.kit import errors
from services.kit.rpc.status import error_of

_log = structlog.get_logger()
OPERATION = "Rowhouse-Operation"


class Json(Response):
    """JSON text, passed on as it is."""

    media_type = "application/json"


class Problem(Response):
    """A refusal, as RFC 9457 has it."""

    def __init__(self, error: errors.AppError) -> None:
        status = problems.status_of(error)
        super().__init__(problems.body_of(error, tracing.trace_id()), status)
        self.raw_headers += problems.headers_of(status, error)


def internal_error() -> Response:
    """What a fault of ours looks like from outside: nothing but the id to ask about."""
    status = http.HTTPStatus.INTERNAL_SERVER_ERROR
    response = Response(problems.problem(status, "INTERNAL", "Internal error.", tracing.trace_id()), status)
    response.raw_headers += problems.headers_of(status)
    return response


def of_rpc(failure: grpc.aio.AioRpcError) -> Response:
    """A service's refusal, or what its silence amounts to."""
    error = error_of(failure)
    if error is not None and error.reason not in problems.OURS:
        return Problem(error)
    if failure.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return Problem(
            errors.Unavailable("This took longer than it may; try again, or ask for less.", reason="TIMED_OUT")
        )
    if failure.code() is grpc.StatusCode.UNAVAILABLE:
        return Problem(errors.Unavailable("A part of the service does not answer right now; try again in a moment."))
    _log.error("call failed", code=failure.code().name, details=failure.details(), reason=error and error.reason)
    return internal_error()


def made(body: bytes, location: str, operation: int = 0, status: int = http.HTTPStatus.CREATED) -> Response:
    """A thing that was made, and where it is."""
    return Json(body, status, {"Location": location} | operation_header(operation))


def operation_header(operation: int) -> dict[str, str]:
    """The step on the timeline that a write became; nothing for 0."""
    return {OPERATION: str(operation)} if operation else {}
