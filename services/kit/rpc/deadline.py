"""How long a call may take, as a context variable: a call made while serving one never outlives it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float | None] = ContextVar("deadline", default=None)


def remaining(default: float) -> float:
    """Seconds that an outgoing call may take: what is left of the current deadline, else `default`."""
    ends = _ends.get()
    return default if ends is None else max(ends - time.monotonic(), 0.001)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bound the calls made inside by `seconds` from now."""
    before = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(before)
