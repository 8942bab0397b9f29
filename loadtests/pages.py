"""First page of 100 rows from a million: through the whole installation, beside asyncpg alone on the SQL that the service logs."""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from loadtests.installation import Installation

Call = Callable[[], Awaitable[None]]


async def closed_loop(make: Callable[[], Awaitable[Call]], clients: int, seconds: float) -> tuple[float, float]:
    """Requests per second and median milliseconds of `clients` that each call again as soon as they are answered."""
    calls = [await make() for _ in range(clients)]
    times: list[float] = []

    async def client(call: Call) -> None:
        await call()
        while (now := time.perf_counter()) < ends:
            await call()
            times.append(time.perf_counter() - now)

    ends = time.perf_counter() + seconds
    await asyncio.gather(*(client(call) for call in calls))
    return len(times) / seconds, statistics.median(times) * 1000


async def http_client(installation: Installation, path: str) -> Call:
    """A keep-alive connection that gets `path`; plain streams, because an HTTP library would cost as much as the server."""
    url = urlsplit(installation.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {installation.token}\r\n\r\n".encode()
    )

    async def call() -> None:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        await reader.readexactly(length)

    return call


def logged_page(log: Path) -> tuple[str, list[object]]:
    """The text and the arguments of the last page that the records service logged at debug level."""
    events = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    pages = [event for event in events if event["event"] == "statement" and "LIMIT" in event["sql"]]
    if not pages:
        raise SystemExit(f"{log} holds no logged page; is the log level debug?")
    return pages[-1]["sql"], pages[-1]["arguments"]


async def sql_client(dsn: str, sql: str, args: list[object]) -> Call:
    """A connection that runs the page's own statement, as asyncpg alone does."""
    connection = await asyncpg.connect(dsn, statement_cache_size=1000)

    async def call() -> None:
        await connection.fetch(sql, *args)

    return call
