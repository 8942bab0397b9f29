"""How an error travels over gRPC: its kind as the status, its reason and metadata as `google.rpc.ErrorInfo`."""

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.kit.errors import AppError, Kind, named

DOMAIN = "rowhouse"
_DETAILS = "grpc-status-details-bin"

CODES: dict[Kind, grpc.StatusCode] = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.CONFLICT: grpc.StatusCode.ABORTED,
    Kind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}
_KINDS = {code: kind for kind, code in CODES.items()}


def to_status(error: AppError) -> grpc.Status:
    """The gRPC status of `error`, with its reason and metadata."""
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    status = status_pb2.Status(code=CODES[error.kind].value[0], message=error.message)
    status.details.add().Pack(info)
    return rpc_status.to_status(status)


def error_of(failure: grpc.aio.AioRpcError) -> AppError | None:
    """The AppError that a peer answered with; None when it named none (a fault, or the transport's own words)."""
    kind = _KINDS.get(failure.code())
    raw = next((value for key, value in failure.trailing_metadata() or () if key == _DETAILS), None)
    if kind is None or not isinstance(raw, bytes):
        return None
    info = error_details_pb2.ErrorInfo()
    status = status_pb2.Status.FromString(raw)
    if not any(detail.Unpack(info) for detail in status.details if detail.Is(info.DESCRIPTOR)) or info.domain != DOMAIN:
        return None
    return named(kind, info.reason, status.message, dict(info.metadata))
