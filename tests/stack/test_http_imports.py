"""Imports over HTTP as people use them: handed in, looked after, cancelled, merged; and the records process killed meanwhile."""

import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.fixtures.stack import Account, Installation, SignUp, client

ROWS = 200_000
FILE = b"id,name\n" + b"".join(b"%d,name %d\n" % (n, n) for n in range(ROWS))
ASYNC = {"Prefer": "respond-async"}


@pytest_asyncio.fixture
async def account(sign_up: SignUp) -> Account:
    return await sign_up()


@pytest.fixture(scope="module")
def mortal(make_installation: Callable[[], Installation]) -> Installation:
    """An installation whose processes may be killed."""
    installation = make_installation()
    installation.start()
    return installation


def child(installation: Installation, name: str) -> int:
    """The process of a service of this installation."""
    assert installation.process is not None
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        if int(parent) == installation.process.pid and command[-1].decode() == name:
            return int(folder.name)
    raise AssertionError(f"no process {name}")


async def ended(http: httpx.AsyncClient, location: str) -> Any:
    """An import once it runs no more; while a service starts again, it is asked again."""
    while True:
        answer = await http.get(location)
        if answer.status_code == 200 and answer.json()["state"] != "running":
            return answer.json()
        assert answer.status_code in (200, 503), answer.text


async def count(http: httpx.AsyncClient, tenant: str, table: str) -> int:
    answer = await http.get(f"/tenants/{tenant}/schemas/public/tables/{table}/records?limit=1&count=exact")
    found: int = answer.json()["count"]["value"]
    return found


async def test_a_file_that_was_handed_in_outlives_the_process_that_took_it(mortal: Installation) -> None:
    async with client(mortal.url, mortal.token) as http:
        sent: dict[str, Any] = {"content": FILE, "headers": {**ASYNC, "Idempotency-Key": "handed-in"}}
        told = await http.post("/tenants/sample/schemas/public/imports?name=people", **sent)
        assert told.status_code == 202, told.text
        assert told.json()["state"] == "running"
        os.kill(child(mortal, "records"), signal.SIGKILL)
        location = told.headers["location"].removeprefix("/api/v1")
        done = await ended(http, location)
        assert (done["state"], done["rows"]) == ("done", ROWS), done
        assert await count(http, "sample", "people") == ROWS
        again = await http.post("/tenants/sample/schemas/public/imports?name=people", **sent)
        assert (again.status_code, again.json()) == (201, done)
        step = (await http.get(f"/tenants/sample/operations/{done['operation']}")).json()
        assert step["actor"]["name"]


async def test_an_upload_whose_service_is_killed_leaves_a_record_that_says_so(mortal: Installation) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield FILE
        os.kill(child(mortal, "records"), signal.SIGKILL)
        yield FILE

    async with client(mortal.url, mortal.token) as http:
        answer = await http.post("/tenants/sample/schemas/public/imports?name=broken", content=broken())
        assert answer.status_code == 503, answer.text
        while (listed := await http.get("/tenants/sample/imports")).status_code != 200:
            pass
        (record,) = [found for found in listed.json()["imports"] if found["table"] == "broken"]
        found = await ended(http, f"/tenants/sample/imports/{record['id']}")
        assert (found["state"], found["problem"]["code"]) == ("failed", "IMPORT_INTERRUPTED")
        tables = (await http.get("/tenants/sample/tables")).json()["tables"]
        assert "broken" not in [table["name"] for table in tables]


async def test_an_import_is_cancelled_from_another_device(account: Account) -> None:
    mine = f"/tenants/{account.slug}"
    async with httpx.AsyncClient(
        base_url=account.http.base_url, cookies=account.http.cookies, timeout=60
    ) as other_device:

        async def watched() -> AsyncIterator[bytes]:
            yield FILE
            while not (running := (await other_device.get(f"{mine}/imports")).json()["imports"]):
                pass
            cancelled = await other_device.post(f"{mine}/imports/{running[0]['id']}/cancel")
            assert cancelled.json()["state"] == "cancelled", cancelled.text
            yield b"0,x\n"

        answer = await account.http.post(f"{mine}/schemas/public/imports?name=people", content=watched())
    assert (answer.status_code, answer.json()["code"]) == (409, "IMPORT_CANCELLED")
    assert (await account.http.get(f"{mine}/tables")).json()["tables"] == []


async def test_a_file_brings_a_table_up_to_date_after_a_look(account: Account) -> None:
    mine = f"/tenants/{account.slug}"
    imports = f"{mine}/schemas/public/imports"
    await account.http.post(f"{imports}?name=people", content=b"id,name\n1,Ada\n2,Bob\n")
    options = '{"into": "people", "mode": "upsert"%s}'
    newer = b"id,name\n1,Ada\n2,Bea\n3,Cleo\n"
    look = await account.http.post(imports, params={"options": options % ', "dry_run": true'}, content=newer)
    assert look.json()["counts"] == {"new": 1, "changed": 1, "unchanged": 1, "conflicts": 0}
    assert "rowhouse-operation" not in look.headers
    done = await account.http.post(imports, params={"options": options % ""}, content=newer)
    assert done.json()["counts"] == look.json()["counts"]
    records = (await account.http.get(f"{mine}/schemas/public/tables/people/records?sort=id")).json()["records"]
    assert [record["name"] for record in records] == ["Ada", "Bea", "Cleo"]


async def test_what_a_file_has_that_does_not_fit_is_found_under_the_reports_address(account: Account) -> None:
    mine = f"/tenants/{account.slug}"
    wish = '{"columns": [{"source": "n", "type": "integer", "on_misfit": "reject"}]}'
    sent: dict[str, Any] = {"params": {"name": "t", "options": wish}, "content": b"n\n1\nx\n"}
    report = (await account.http.post(f"{mine}/schemas/public/imports", **sent)).json()
    assert report["rejects"] == 1
    found = await account.http.get(report["rejects_url"].removeprefix("/api/v1"))
    assert found.json() == {
        "rejects": [{"row": 2, "column": "n", "value": "x", "why": "it cannot be kept unaltered as integer"}],
        "next": None,
    }
