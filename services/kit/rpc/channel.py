# ruff: noqa: D102  the methods are those of grpc.aio.Channel
"""The client side: a channel that gives each call a deadline, the current identity and the trace, and waits for a peer that restarts."""

from collections.abc import Callable, Iterable
from typing import Any

import grpc
from opentelemetry import propagate

from services.kit.rpc import deadline, identity
from services.kit.rpc.options import OPTIONS

DEFAULT_DEADLINE = 30.0
# Without these a peer that restarts is found again only after seconds.
_RECONNECT = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
]


class Channel(grpc.aio.Channel):
    """A grpc.aio channel to `address` ("unix:/path" or "host:port"); stubs cannot tell it from a plain one."""

    def __init__(self, address: str, default_deadline: float = DEFAULT_DEADLINE) -> None:
        self._inner = grpc.aio.insecure_channel(address, options=[*OPTIONS, *_RECONNECT])
        self._default = default_deadline

    def _call(self, method: Callable[..., Any]) -> Any:
        def call(
            request: Any = None, *, timeout: float | None = None, metadata: Iterable[tuple[str, str]] = (), **rest: Any
        ) -> Any:
            carried = dict(metadata)
            propagate.inject(carried)
            if bearer := identity.token():
                carried.setdefault("authorization", f"Bearer {bearer}")
            first = () if request is None else (request,)
            seconds = timeout if timeout is not None else deadline.remaining(self._default)
            return method(*first, timeout=seconds, metadata=tuple(carried.items()), wait_for_ready=True, **rest)

        return call

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(self._inner.unary_unary(*args, **kwargs))

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(self._inner.unary_stream(*args, **kwargs))

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(self._inner.stream_unary(*args, **kwargs))

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(self._inner.stream_stream(*args, **kwargs))

    async def __aenter__(self) -> "Channel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close(None)

    async def close(self, grace: float | None = None) -> None:
        await self._inner.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._inner.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._inner.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._inner.channel_ready()
