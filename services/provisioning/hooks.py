"""What happens around each step. Tests end the process there; nothing else needs it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

Hook = Callable[[str, Literal["before", "after"]], None]


def no_hook(_step: str, _when: Literal["before", "after"]) -> None:
    """Do nothing."""


@contextmanager
def hooked(hook: Hook, step: str) -> Iterator[None]:
    """Call the hook before and after a step; not after one that failed."""
    hook(step, "before")
    yield
    hook(step, "after")
