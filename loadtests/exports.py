"""A million rows of ten columns as files: over HTTP in every format, beside psql's \\copy of the same table."""

import subprocess
import time
from pathlib import Path

import httpx

from loadtests.installation import Installation

FORMATS = ("csv", "jsonl", "parquet", "xlsx")


def over_http(installation: Installation, table: str, format_: str) -> tuple[float, float]:
    """Seconds that the export took, and its megabytes."""
    started, size = time.perf_counter(), 0
    path = f"{installation.url}/api/v1/tenants/sample/schemas/public/tables/{table}/export"
    with httpx.stream("GET", path, params={"format": format_}, headers=installation.headers, timeout=600) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_raw(1 << 20):
            size += len(chunk)
    return time.perf_counter() - started, size / 1e6


def over_psql(psql: Path, dsn: str, table: str) -> float:
    """Seconds that `\\copy` into nothing took."""
    started = time.perf_counter()
    subprocess.run([psql, dsn, "-qc", f"\\copy {table} to /dev/null with (format csv, header)"], check=True)
    return time.perf_counter() - started
