"""`rowhouse up` as people start it: from the README, from a wheel, on a server of their own."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.fixtures.postgres import running_server
from tests.fixtures.stack import Installation

ROOT = Path(__file__).parent.parent.parent
UV = Path(sys.executable).parent / "uv"
MakeInstallation = Callable[[], Installation]


def tables(installation: Installation) -> httpx.Response:
    headers = {"Authorization": f"Bearer {installation.token}"}
    return httpx.get(f"{installation.url}/api/v1/tenants/sample/tables", headers=headers, timeout=30)


def shell(command: str, folder: Path, path: Path) -> str:
    environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    run = subprocess.run(
        ["/bin/sh", "-euc", command], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"{command}\n{run.stdout}{run.stderr}"
    return run.stdout


def put_psql(folder: Path, home: Path) -> Path:
    """A psql that runs on a machine without one: the embedded Postgres brings it."""
    folder.mkdir()
    postgres = home / "postgres-18.1"
    (folder / "psql").write_text(
        f'#!/bin/sh\nLD_LIBRARY_PATH={postgres}/lib exec {postgres}/bin/psql -P pager=off "$@"\n'
    )
    (folder / "psql").chmod(0o755)
    return folder


def start_blocks() -> list[str]:
    """The command blocks of the README's chapter «Start»."""
    chapter = (ROOT / "README.md").read_text().partition("\n## Start\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", chapter, re.MULTILINE | re.DOTALL)


def test_the_commands_of_the_readme_work_word_for_word(make_installation: MakeInstallation, tmp_path: Path) -> None:
    first, second, third = start_blocks()
    installation = make_installation()
    installation.command, installation.folder = ("/bin/sh", "-euc", first), ROOT
    installation.start()
    path = put_psql(tmp_path / "bin", installation.home)
    printed = re.findall(r"^export ROWHOUSE.*$", installation.output, re.MULTILINE)[0]
    exported, *requests = second.splitlines()
    assert exported == "export ROWHOUSE=http://127.0.0.1:8080 TOKEN=…"

    imported, listed = (shell(f"{printed}\n{request}", ROOT, path) for request in requests)
    assert '"rows":50' in imported.replace(" ", "")
    assert listed.index("The Shawshank Redemption") < listed.index("The Godfather")

    ask, select = third.splitlines()
    connection = httpx.Response(200, text=shell(f"{printed}\n{ask}", ROOT, path)).json()["connection_string"]
    assert f"@127.0.0.1:{installation.postgres_port}/" in connection
    given = re.sub(r'"postgresql://…@127\.0\.0\.1:5433/…"', f'"{connection}"', select)
    assert given != select
    assert "(5 rows)" in shell(given, ROOT, path)
    installation.stop()


def test_a_wheel_in_an_empty_venv_runs_it_without_a_checkout(
    make_installation: MakeInstallation, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("rowhouse-*.whl")
    python = tmp_path / "venv/bin/python"
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, tmp_path / "venv"], check=True)
    pinned = ["-c", str(ROOT / "requirements-dev.lock"), f"{wheel}[laptop]"]
    subprocess.run([UV, "pip", "install", "-q", "--no-build", "--python", python, *pinned], check=True)
    installation = make_installation()
    installation.command, installation.folder = (str(tmp_path / "venv/bin/rowhouse"), "up"), tmp_path
    installation.start()
    assert tables(installation).status_code == 200
    assert installation.stop() == 0


def test_a_server_that_exists_is_used_instead_of_the_embedded_one(make_installation: MakeInstallation) -> None:
    with running_server(fsync=False) as server:
        installation = make_installation()
        url = f"postgresql://postgres:super%20secret@127.0.0.1:{server.port}/postgres"
        installation.settings = {"ROWHOUSE_POSTGRES_URL": url}
        installation.start()
        assert tables(installation).status_code == 200
        assert not (installation.home / "data").exists()
        assert installation.stop() == 0


def test_a_server_that_cannot_be_reached_is_named_as_the_reason(
    make_installation: MakeInstallation, capfd: pytest.CaptureFixture[str]
) -> None:
    installation = make_installation()
    installation.settings = {"ROWHOUSE_POSTGRES_URL": "postgresql://postgres:secret@127.0.0.1:1/postgres"}
    refused = installation.spawn()
    assert refused.wait(30) == 1
    assert refused.stdout is not None
    refused.stdout.close()
    said = capfd.readouterr().err
    assert "The Postgres server cannot be reached" in said
    assert "secret" not in said
