"""A gRPC server as every process runs it: Guard, health, limits and an ordered drain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from services.kit.rpc.guard import Guard
from services.kit.rpc.options import OPTIONS
from services.kit.rpc.tokens import Verifier
from services.kit.rpc.typing import Register


@asynccontextmanager
async def serve(
    address: str, verifier: Verifier, register: Register, *, public: frozenset[str] = frozenset(), grace: float = 10.0
) -> AsyncIterator[grpc.aio.Server]:
    """Serve what `register` adds, at "unix:/path" or "host:port"; on exit, running calls have `grace` seconds to finish."""
    server = grpc.aio.server(interceptors=[Guard(verifier, public)], options=OPTIONS)
    health = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    register(server)
    server.add_insecure_port(address)
    await server.start()
    await health.set("", health_pb2.HealthCheckResponse.SERVING)
    try:
        yield server
    finally:
        await health.enter_graceful_shutdown()
        await server.stop(grace)
