"""Which passwords are refused, and how the others are kept."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth import passwords
from services.auth.errors import HashingBusy, PasswordWeak
from services.auth.passwords import Passwords

CONTEXT = ("ada.lovelace@example.org", "Ada Lovelace", "engine-house")


def test_the_commonest_passwords_are_all_refused() -> None:
    common = sorted(passwords._common())
    assert len(common) == 5000
    for password in common:
        for written in (password, password.upper()):
            with pytest.raises(PasswordWeak):
                passwords.check(written)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "rowhouse",
        "ROWHOUSE1",
        "lovelace99",
        "1example1",
        "Engine-House",
        "ada.lovelace@example.org",
        "é" * 129,
    ],
)
def test_what_others_will_try_is_refused(password: str) -> None:
    with pytest.raises(PasswordWeak):
        passwords.check(password, CONTEXT)


@pytest.mark.parametrize(
    "password", ["correct horse battery", "my rowhouse has stairs", "üüüü", "  spaces  ", "😀😀", "x9!kQ2zz"]
)
def test_there_are_no_rules_about_what_a_password_is_made_of(password: str) -> None:
    passwords.check(password, CONTEXT)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_length_is_counted_in_bytes_and_nothing_else_is_a_fault(password: str) -> None:
    try:
        passwords.check(password)
    except PasswordWeak:
        return
    assert 8 <= len(password.encode()) <= 256


async def test_a_hash_fits_its_password_and_no_other_however_alike() -> None:
    hasher = Passwords(cores=1)
    known = await hasher.hash("pässword long")
    assert known.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert known != await hasher.hash("pässword long")
    assert await hasher.verify(known, "pässword long")
    for other in ("pa\u0308ssword long", "pässword long ", "Pässword long", "pässword long\0", ""):
        assert not await hasher.verify(known, other)
    hasher.close()


async def test_no_more_are_hashed_at_once_than_there_are_cores_and_a_full_queue_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_work, most, gate = 0, 0, threading.Event()

    def slow(_: str, __: str) -> bool:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        gate.wait()
        at_work -= 1
        return True

    monkeypatch.setattr(passwords, "_verified", slow)
    hasher = Passwords(queue=3, cores=2)
    tasks = [asyncio.create_task(hasher.verify("x", "y")) for _ in range(10)]
    refused, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    while len(refused) < 5:
        done, _ = await asyncio.wait(
            [task for task in tasks if task not in refused], return_when=asyncio.FIRST_COMPLETED
        )
        refused |= done
    gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(outcome, HashingBusy) for outcome in outcomes) == 5
    assert outcomes.count(True) == 5
    assert most <= 2
    assert await hasher.verify("x", "y")
    hasher.close()


async def test_an_outdated_hash_is_noticed() -> None:
    hasher = Passwords(cores=1)
    assert not hasher.is_outdated(await hasher.hash("some password"))
    assert hasher.is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$G4Rvn0uzOvXrMFlOJJzq9w")
    hasher.close()
