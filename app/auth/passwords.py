"""Argon2 hashes of passwords: slow on purpose, so few at a time, and the same time for accounts that do not exist."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from app.core.errors import BusyError
from app.core.settings import Settings

HASHES_AT_ONCE = 4
"""Each takes the memory set and a request thread; further ones wait, then are told that the service is busy."""
WAIT_SECONDS = 5.0


class Passwords:
    """Hashes and checks passwords at the cost that the settings say. Call it in a request thread, never in a loop."""

    def __init__(self, settings: Settings) -> None:
        hasher = Argon2Hasher(
            memory_cost=settings.password_memory_kib, time_cost=settings.password_passes, parallelism=1
        )
        self._hash = PasswordHash((hasher,))
        self._turns = BoundedSemaphore(HASHES_AT_ONCE)

    @cached_property
    def _nobodys_hash(self) -> str:
        return self._hash.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """The hash to keep; raises `BusyError` when too many are being made."""
        with self._turn():
            return self._hash.hash(_bytes(password))

    def check(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Is it the password of this hash, and a hash of today's cost where the kept one has another.

        Without a hash the answer is no, after the same work. Raises `BusyError`.
        """
        with self._turn():
            try:
                right, renewed = self._hash.verify_and_update(_bytes(password), kept or self._nobodys_hash)
            except UnknownHashError:
                return False, None
        return right and kept is not None, renewed

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT_SECONDS):
            raise BusyError()
        try:
            yield
        finally:
            self._turns.release()


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
