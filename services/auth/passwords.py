"""Passwords: which ones are refused, and argon2id hashes of the others, a bounded number at a time."""

import asyncio
import os
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import resources
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from services.auth.errors import HashingBusy, PasswordWeak

MIN_BYTES = 8
MAX_BYTES = 256
_T = TypeVar("_T")
_PRODUCT = "rowhouse"
# OWASP's first choice: 19 MiB, 2 passes, 1 lane; 24 ms and no lever for those who would exhaust our memory.
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def check(password: str, context: Iterable[str] = ()) -> None:
    """Refuse a password that others will guess; `context` is what they know: names, the address. Fails with PASSWORD_WEAK."""
    size = len(password.encode())
    if size < MIN_BYTES:
        raise PasswordWeak(f"is shorter than {MIN_BYTES} characters")
    if size > MAX_BYTES:
        raise PasswordWeak(f"is longer than {MAX_BYTES} bytes")
    folded = _fold(password)
    if folded in _common():
        raise PasswordWeak("is one of the commonest there are; choose another")
    for word in _words(context):
        if word in folded and len(folded.replace(word, "")) < MIN_BYTES - 2:
            raise PasswordWeak(f"is little more than '{word}', which others will try; choose another")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _words(context: Iterable[str]) -> set[str]:
    words = {_PRODUCT}
    for text in context:
        folded = _fold(text)
        words.update({folded, *"".join(c if c.isalnum() else " " for c in folded).split()})
    return {word for word in words if len(word) >= 4}


@cache
def _common() -> frozenset[str]:
    lines = resources.files("services.auth").joinpath("data/common_passwords.txt").read_text().splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


class Passwords:
    """Hashes and verifies, one per core at a time; `queue` more may wait, others are refused with SIGN_IN_BUSY."""

    def __init__(self, queue: int = 50, cores: int | None = None) -> None:
        self._cores = cores or os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(self._cores, thread_name_prefix="argon2")
        self._limit = self._cores + queue
        self._running = 0
        self._nobodys = _HASHER.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The hash to keep of a password that passed `check`."""
        return await self._run(lambda: _HASHER.hash(password))

    async def verify(self, known: str | None, password: str) -> bool:
        """Whether `known` is the hash of `password`; without one it takes as long, and is False."""
        fits = len(password.encode()) <= MAX_BYTES
        tried = password if fits else ""
        right = await self._run(lambda: _verified(known or self._nobodys, tried))
        return right and fits and known is not None

    def is_outdated(self, known: str) -> bool:
        """Whether `known` was made with other parameters than today's."""
        return _HASHER.check_needs_rehash(known)

    async def _run(self, work: Callable[[], _T]) -> _T:
        if self._running >= self._limit:
            raise HashingBusy
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._running -= 1

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _verified(known: str, password: str) -> bool:
    try:
        return _HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False
