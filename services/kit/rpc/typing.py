"""Names for gRPC's generic types, which exist in its stubs only."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import grpc

    Context = grpc.aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]
else:
    Context = Handler = Any

Register = Callable[["grpc.aio.Server"], None]
Continuation = Callable[["grpc.HandlerCallDetails"], Awaitable[Any]]
