"""Secrets of device accounts."""

from __future__ import annotations

import bcrypt

from hub.broker import hash_secret, make_secret


def test_secrets_are_long_random_and_need_no_quoting() -> None:
    made = {make_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret) for secret in made} == {32}
    assert all(
        set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") for secret in made
    )


def test_the_hash_is_bcrypt_at_the_lowest_cost_and_salted() -> None:
    secret = make_secret()
    first, second = hash_secret(secret), hash_secret(secret)
    assert first.startswith("$2b$04$")
    assert first != second
    assert bcrypt.checkpw(secret.encode(), first.encode())
    assert not bcrypt.checkpw(make_secret().encode(), first.encode())
