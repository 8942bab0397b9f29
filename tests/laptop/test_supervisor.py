"""`rowhouse up` as a process: what it does when something dies, and how it ends."""

import errno
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from services.laptop.postgres import Status
from tests.fixtures.stack import Installation, installations

MakeInstallation = Callable[[], Installation]


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with installations() as make:  # on disk, with fsync on: things are killed here
        yield make()


@pytest.fixture
def running(installation: Installation) -> Installation:
    """The installation of this module, started where a test before has ended it."""
    if installation.process is None:
        installation.start()
    return installation


def children(installation: Installation) -> dict[str, int]:
    """The processes of an installation: name to process id."""
    assert installation.process is not None
    found = {}
    for listed in Path(f"/proc/{installation.process.pid}/task").glob("*/children"):  # by the thread that started them
        for pid in listed.read_text().split():
            with suppress(OSError, IndexError):  # it may just have ended
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                found["postgres" if words[0].endswith("/postgres") else words[-2]] = int(pid)
    return found


def gone(pid: int) -> None:
    """Wait for the end of a process that is not ours."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    assert select.select([descriptor], [], [], 30)[0], f"process {pid} does not end"
    os.close(descriptor)


def answers(installation: Installation) -> bool:
    transport = httpx.HTTPTransport(retries=8)  # while a killed gateway comes back
    with httpx.Client(transport=transport, timeout=30) as http:
        headers = {"Authorization": f"Bearer {installation.token}"}
        return http.get(f"{installation.url}/api/v1/tenants/sample/tables", headers=headers).status_code == 200


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it does not come about within 30 s"


def test_it_says_how_to_get_in(running: Installation) -> None:
    assert f"Rowhouse runs at {running.url}" in running.output
    assert "e-mail sample@example.com, password " in running.output
    assert set(children(running)) == {"postgres", "auth", "schema", "records", "gateway"}
    assert answers(running)


def environment(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().rstrip("\0").split("\0")
    return dict(pair.partition("=")[::2] for pair in pairs)


def test_each_process_is_told_its_own_secrets_only(running: Installation) -> None:
    told = {name: environment(pid) for name, pid in children(running).items()}
    password = (running.home / "secrets/postgres_password").read_text()
    assert {name for name, variables in told.items() if password in "".join(variables.values())} == {"auth"}
    assert {name for name, variables in told.items() if any("SIGNING_KEY" in key for key in variables)} == {"auth"}
    assert not any(name.startswith("ROWHOUSE_") for variables in told.values() for name in variables)


def test_a_second_up_on_the_same_data_says_who_runs(running: Installation) -> None:
    assert running.process is not None
    second = running.spawn()
    assert second.wait(30) == 1
    assert second.stdout is not None
    second.stdout.close()
    assert answers(running)


@pytest.mark.parametrize("name", ["auth", "schema", "records", "gateway"])
def test_a_process_that_is_killed_is_started_again(running: Installation, name: str) -> None:
    before = children(running)[name]
    os.kill(before, signal.SIGKILL)
    gone(before)
    eventually(lambda: name in children(running))
    eventually(lambda: answers(running))
    assert children(running)[name] != before


def test_a_postgres_that_is_killed_is_started_again(running: Installation) -> None:
    before = children(running)["postgres"]
    os.kill(before, signal.SIGKILL)
    gone(before)
    eventually(lambda: "postgres" in children(running))
    eventually(lambda: answers(running))
    assert children(running)["postgres"] != before


def test_a_killed_supervisor_is_healed_by_the_next_start(running: Installation) -> None:
    token, before = running.token, children(running)
    running.stop(signal.SIGKILL)
    running.start()
    assert running.token == token
    assert answers(running)
    for pid in before.values():
        gone(pid)


def test_an_import_that_is_under_way_is_finished_before_the_end(running: Installation) -> None:
    rows = b"".join(b"%d,%d\n" % (n, n * n) for n in range(50_000))
    upload = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    upload.putrequest("POST", "/api/v1/tenants/sample/schemas/public/imports?name=squares")
    upload.putheader("Authorization", f"Bearer {running.token}")
    upload.putheader("Content-Length", str(len(b"n,square\n" + rows)))
    upload.endheaders(b"n,square\n" + rows[:100_000])
    running.tell(signal.SIGINT)
    eventually(lambda: refuses_connections(running.port))
    upload.send(rows[100_000:])
    answer = upload.getresponse()
    assert (answer.status, json.loads(answer.read())["rows"]) == (201, 50_000)
    upload.close()
    assert running.ended() == 0


def refuses_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def test_ctrl_c_ends_everything_in_order_and_leaves_nothing_behind(running: Installation) -> None:
    before = children(running)
    assert running.stop(signal.SIGINT) == 0
    for pid in before.values():
        gone(pid)
    assert Status.read(running.home / "data") is None
    assert "database system is shut down" in (running.home / "postgres.log").read_text().splitlines()[-1]


def test_a_reset_password_lets_its_owner_in_and_the_next_start_does_without_it(
    make_installation: MakeInstallation, capfd: pytest.CaptureFixture[str]
) -> None:
    installation = make_installation()
    installation.start()
    command = [sys.executable, "-P", "-m", "services", "reset-password", "sample@example.com"]
    said = subprocess.run(command, env=installation.environment(), capture_output=True, text=True, check=True).stdout
    account = {"email": "sample@example.com", "password": said.split()[-1]}
    assert httpx.post(f"{installation.url}/api/v1/sessions", json=account, timeout=30).status_code == 201
    assert not answers(installation)
    installation.stop()

    installation.process = installation.spawn()
    assert installation.process.stdout is not None
    assert any(line.startswith("Rowhouse runs at") for line in installation.process.stdout)
    assert httpx.get(f"{installation.url}/readyz", timeout=30).status_code == 200
    assert installation.stop() == 0
    assert "somebody has changed the password of sample@example.com" in capfd.readouterr().err


def test_a_port_that_is_taken_is_named_with_its_setting(
    make_installation: MakeInstallation, capfd: pytest.CaptureFixture[str]
) -> None:
    installation = make_installation()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        refused = installation.spawn()
        assert refused.wait(30) == 1
        assert refused.stdout is not None
        refused.stdout.close()
    assert "choose another port with ROWHOUSE_PORT=<port>" in capfd.readouterr().err
