"""The home of an installation: its folders, its lock, its keys."""

import os
import stat
from pathlib import Path

import pytest

from services.laptop import home, lock
from services.laptop.home import Home
from services.laptop.keys import Keys


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = Keys.kept_in(tmp_path / "secrets")
    assert Keys.kept_in(tmp_path / "secrets") == first
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_key_that_is_missing_is_made_without_changing_the_others(tmp_path: Path) -> None:
    first = Keys.kept_in(tmp_path)
    (tmp_path / "records_secret").unlink()
    second = Keys.kept_in(tmp_path)
    assert second.records_secret != first.records_secret
    assert second.signing_key == first.signing_key


def test_a_second_holder_is_told_who_runs_and_where(tmp_path: Path) -> None:
    note = lock.Note(4711, "http://127.0.0.1:8080")
    with lock.held(tmp_path / "running", note) as was_killed:
        assert not was_killed
        with pytest.raises(lock.RunningAlready, match=r"at http://127\.0\.0\.1:8080 \(process 4711\)"):
            lock.held(tmp_path / "running", note).__enter__()
    with lock.held(tmp_path / "running", note) as was_killed:
        assert not was_killed


def test_the_next_holder_knows_that_the_last_one_was_killed(tmp_path: Path) -> None:
    (tmp_path / "running").write_text('{"pid": 1, "url": "http://127.0.0.1:1"}')
    with lock.held(tmp_path / "running", lock.Note(2, "")) as was_killed:
        assert was_killed


def test_sockets_are_in_a_short_folder_of_our_own_and_old_ones_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = Home(tmp_path / ("deep/" * 20))
    first = where.make_sockets()
    (first / "x.sock").touch()
    second = where.make_sockets()
    assert not first.exists()
    assert second != first
    assert len(os.fsencode(second / "services/records.sock")) < 107
    assert stat.S_IMODE(second.stat().st_mode) == 0o700
    second.rmdir()


def test_a_home_that_postgres_cannot_reach_is_refused_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.laptop.account.os.geteuid", lambda: 0)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("ROWHOUSE_HOME", str(closed / "home"))
    with pytest.raises(home.HomeUnusable, match="closed to others"):
        home.find()
