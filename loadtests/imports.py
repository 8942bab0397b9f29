"""A million rows of ten columns: imported over HTTP, beside psql's \\copy of the same file into the same typed table."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from loadtests.installation import Installation

_CHUNK = 1 << 20


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def over_http(installation: Installation, path: Path, name: str) -> tuple[float, dict[str, object]]:
    """Seconds that the import took, and its report."""
    started = time.perf_counter()
    answer = httpx.post(
        f"{installation.url}/api/v1/tenants/sample/schemas/public/imports",
        params={"name": name},
        content=_chunks(path),
        headers=installation.headers,
        timeout=600,
    )
    seconds = time.perf_counter() - started
    if answer.status_code != httpx.codes.CREATED:
        raise SystemExit(answer.text)
    return seconds, answer.json()


def sql(psql: Path, dsn: str, statement: str) -> None:
    """Run one statement."""
    subprocess.run([psql, dsn, "-qc", statement], check=True)


def over_psql(psql: Path, dsn: str, path: Path, table: str, columns: str) -> float:
    """Seconds that `\\copy` of the same file into `table` took."""
    copy = f"\\copy {table}({columns}) from '{path}' with (format csv, header)"
    started = time.perf_counter()
    sql(psql, dsn, copy)
    return time.perf_counter() - started
