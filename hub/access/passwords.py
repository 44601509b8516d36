"""Passwords of people, hashed with argon2id (RFC 9106) in argon2-cffi's current parameters."""

from __future__ import annotations

import base64
import os

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 256


class WeakPassword(ValueError):
    """A password that will not do; the message says what to choose instead."""


class Passwords:
    """Makes and checks password hashes. Every call costs about 50 ms and 64 MiB: run it in a thread, few at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = _of_no_password(self._hasher)

    def hash(self, password: str) -> str:
        """The hash to keep. WeakPassword when the password is too short, too long or not text."""
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise WeakPassword(f"the password has {len(password)} characters: choose {MIN_LENGTH} to {MAX_LENGTH}")
        try:
            return self._hasher.hash(password.encode())
        except UnicodeEncodeError:
            raise WeakPassword(
                "the password is not Unicode text: leave out half characters (lone surrogates)"
            ) from None

    def matches(self, kept: str | None, password: str) -> bool:
        """True when `password` is the one behind the hash `kept`. None (no such user) takes as long as a wrong one."""
        try:
            right = self._hasher.verify(kept or self._nobody, password[: MAX_LENGTH + 1].encode())
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
        return right and kept is not None

    def outdated(self, kept: str) -> bool:
        """True when `kept` was made with weaker parameters than today's: hash the password again after a sign-in."""
        return self._hasher.check_needs_rehash(kept)


def _of_no_password(hasher: PasswordHasher) -> str:
    """A hash that takes as long to check as any other, and that no password has: it is random, so it costs nothing."""

    def chance(count: int) -> str:
        return base64.b64encode(os.urandom(count)).decode().rstrip("=")

    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${chance(hasher.salt_len)}${chance(hasher.hash_len)}"
