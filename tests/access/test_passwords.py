"""Passwords."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters

from hub.access.passwords import MAX_LENGTH, Passwords, WeakPassword

LIGHT = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def test_the_right_password_opens_and_others_do_not() -> None:
    kept = LIGHT.hash("đèn đường sáng")
    assert LIGHT.matches(kept, "đèn đường sáng")
    assert not LIGHT.matches(kept, "đèn đường tối!")
    assert not LIGHT.matches(kept, "")


def test_nobody_has_no_password() -> None:
    assert not LIGHT.matches(None, "nobody has this password")
    assert not LIGHT.matches(None, "")


def test_the_name_of_nobody_is_checked_at_the_cost_of_a_real_one() -> None:
    checked: list[str | bytes] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            checked.append(hash)
            return super().verify(hash, password)

    passwords = Passwords(Watched(time_cost=1, memory_cost=64, parallelism=1, salt_len=12, hash_len=24))
    kept = passwords.hash("a real password")
    assert not passwords.matches(None, "a wrong password")
    assert not passwords.matches(kept, "a wrong password")
    decoy, real = (extract_parameters(str(each)) for each in checked)
    assert decoy == real


@pytest.mark.parametrize("password", ["", "nine char", "x" * (MAX_LENGTH + 1), "half \ud800 character"])
def test_weak_passwords_are_refused_with_advice(password: str) -> None:
    with pytest.raises(WeakPassword, match=r"choose|leave out"):
        LIGHT.hash(password)


@pytest.mark.parametrize("password", ["\ud800", "x" * 10_000, "\0"])
def test_strange_guesses_are_only_wrong(password: str) -> None:
    assert not LIGHT.matches(LIGHT.hash("a real password"), password)


def test_a_broken_hash_opens_nothing() -> None:
    assert not LIGHT.matches("not a hash", "not a hash")


def test_hashes_with_weaker_parameters_are_outdated() -> None:
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    kept = LIGHT.hash("a real password")
    assert stronger.outdated(kept)
    assert not LIGHT.outdated(kept)
    assert stronger.matches(kept, "a real password")
