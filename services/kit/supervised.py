"""How a supervisor and its processes know of each other: two inherited pipes, named by environment variables.

`READY_FD` gets a line once the process serves; `LIFELINE_FD` closes when the supervisor ends, however it ends. A process
without them (in a container) is ended by SIGTERM, and its health service says that it is ready.
"""

import asyncio
import os
from collections.abc import Callable

READY_FD = "READY_FD"
LIFELINE_FD = "LIFELINE_FD"


def say_ready() -> None:
    """Tell the supervisor, if there is one, that this process serves."""
    if descriptor := os.environ.pop(READY_FD, None):
        os.write(int(descriptor), b"ready\n")
        os.close(int(descriptor))


def when_alone(do: Callable[[], None]) -> None:
    """Call `do` when the supervisor ends; never, where there is none."""
    if (name := os.environ.pop(LIFELINE_FD, None)) is None:
        return
    loop, descriptor = asyncio.get_running_loop(), int(name)

    def closed() -> None:
        # Nothing is ever written to it: it becomes readable as its other end closes.
        loop.remove_reader(descriptor)
        do()

    loop.add_reader(descriptor, closed)
