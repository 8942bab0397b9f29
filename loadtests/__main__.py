"""Measures an installation on a machine that does nothing else: start, memory, sign-up, import, pages, jumps, filters."""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from loadtests import exports, imports, pages, people, reads
from loadtests.installation import Installation, memory, peaks, running
from services.laptop.home import Home
from services.laptop.keys import Keys

ROWS = 1_000_000
PAGE = "/api/v1/tenants/sample/schemas/public/tables/people/records?limit=100&shape="
QUIET = {"AUTH_SIGN_UPS_PER_HOUR": "1000"}
LOGGED = {"RECORDS_LOG_LEVEL": "DEBUG", "RECORDS_LOG_FORMAT": "json"}


def say(what: str, value: str) -> None:
    """Print one figure."""
    print(f"{what:44} {value}", flush=True)


def named(figures: dict[str, float]) -> str:
    """Megabytes by process."""
    return ", ".join(f"{name} {size:.0f}" for name, size in figures.items()) + " MB"


def sign_ups(installation: Installation) -> float:
    """Median seconds from a sign-up's request to a ready workspace, of 20."""
    seconds = []
    for number in range(20):
        body = {"email": f"load{number}@example.com", "password": f"correct horse {number}"}
        body |= {"tenant": {"slug": f"load-{number}", "name": "Load"}}  # type: ignore[dict-item]
        with httpx.Client(base_url=f"{installation.url}/api/v1", timeout=60) as http:
            started = time.perf_counter()
            state = http.post("/signup", json=body).raise_for_status().json()["tenant"]["state"]
            while state != "ready":
                state = http.get(f"/tenants/load-{number}").json()["state"]
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def ddl_login(installation: Installation) -> str:
    """A connection string with which tables may be made."""
    answer = httpx.post(
        f"{installation.url}/api/v1/tenants/sample/connections", json={"access": "ddl"}, headers=installation.headers
    )
    login: str = answer.raise_for_status().json()["connection_string"]
    return login


def superuser(installation: Installation) -> str:
    """The sample database over the server's own socket, as the services reach it; a SQL login has three connections at most."""
    login = urlsplit(ddl_login(installation))
    keys = Keys.kept_in(Home(installation.home).keys)
    return f"postgresql://postgres:{quote(keys.postgres_password, safe='')}@127.0.0.1:{login.port}{login.path}"


def measure_imports(installation: Installation, file: Path, psql: Path) -> None:
    """Import the file over HTTP and with psql into a table alike, in turn, twice each."""
    dsn, names = ddl_login(installation), ",".join(people.HEADER)
    for turn in (1, 2):
        over_http, _ = imports.over_http(installation, file, "people" if turn == 1 else f"people{turn}")
        imports.sql(psql, dsn, f"CREATE TABLE copied{turn} (LIKE people INCLUDING ALL)")
        over_psql = imports.over_psql(psql, dsn, file, f"copied{turn}", names)
        say(
            f"import of {ROWS:,} rows, turn {turn}",
            f"{over_http:.2f} s; psql \\copy {over_psql:.2f} s; ratio {over_http / over_psql:.2f}",
        )
    say("peak resident memory after the imports", named(peaks(installation.pid)))


def measure_exports(installation: Installation, psql: Path) -> None:
    """Export the table in every format, and what the services have needed for it so far."""
    dsn = ddl_login(installation)
    for format_ in exports.FORMATS:
        over_psql = exports.over_psql(psql, dsn, "people")
        seconds, megabytes = exports.over_http(installation, "people", format_)
        say(
            f"export of {ROWS:,} rows as {format_}",
            f"{seconds:.2f} s, {megabytes:.0f} MB; psql \\copy {over_psql:.2f} s; ratio {seconds / over_psql:.2f}",
        )
        say("peak resident memory", named(peaks(installation.pid)))


def measure_reads(installation: Installation, psql: Path) -> None:
    """Jumps into a long table, and questions to a million rows before and after the index that helps."""
    reads.make(psql, ddl_login(installation))
    for what, asked in reads.JUMPS.items():
        say(f"{what}, of {reads.ROWS:,}", f"{reads.jump(installation, asked):.2f} ms")
    for what, (asked, columns) in reads.QUESTIONS.items():
        before = reads.question(installation, asked)
        reads.make_index(installation, columns)
        say(f"{what}, of {ROWS:,}", f"{before}; with an index {reads.question(installation, asked)}")


async def measure_pages(installation: Installation, shape: str, dsn: str, statement: tuple[str, list[object]]) -> None:
    """The first page over HTTP and as asyncpg alone gets it, in turn, at one client and at eight."""
    for clients in (1, 8):
        http, http_ms = await pages.closed_loop(lambda: pages.http_client(installation, PAGE + shape), clients, 5)
        alone, alone_ms = await pages.closed_loop(lambda: pages.sql_client(dsn, *statement), clients, 5)
        say(
            f"first page of 100, {shape}, {clients} clients",
            f"{http:.0f}/s, p50 {http_ms:.2f} ms; asyncpg alone {alone:.0f}/s, {alone_ms:.2f} ms; {http / alone:.0%}",
        )


def main(folder: Path) -> None:
    """Measure everything once, in a home of its own."""
    file, home = folder / "people.csv", folder / "home"
    if not file.exists():
        people.write(file, ROWS)
    with running(home, **QUIET) as installation:
        say("first start (database made)", f"{installation.seconds:.2f} s")
    statements = {}
    with running(home, **QUIET) as installation:
        say("start", f"{installation.seconds:.2f} s")
        say("memory (PSS) at rest", named(memory(installation.pid)))
        say("sign-up to ready, p50 of 20", f"{sign_ups(installation) * 1000:.0f} ms")
        measure_imports(installation, file, home / "postgres-18.1/bin/psql")
        measure_exports(installation, home / "postgres-18.1/bin/psql")
    with running(home, **LOGGED) as installation:
        for shape in ("rows", "objects"):
            httpx.get(installation.url + PAGE + shape, headers=installation.headers).raise_for_status()
            statements[shape] = pages.logged_page(Path(f"{home}.log"))
    with running(home, **QUIET) as installation:
        dsn = superuser(installation)
        for shape, statement in statements.items():
            asyncio.run(measure_pages(installation, shape, dsn, statement))
        measure_reads(installation, home / "postgres-18.1/bin/psql")
        say("memory (PSS) afterwards", named(memory(installation.pid)))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(prefix="rh-load-") as scratch:
            Path(scratch).chmod(0o755)
            main(Path(scratch))
