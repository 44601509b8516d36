"""Tokens."""

from __future__ import annotations

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access.tokens import LIFETIME, SESSION, BadToken, Tokens, fingerprint

KEY = b"k" * 32
NOW = 1_763_750_000.0


def test_a_token_says_who_signed_in_and_lives_fifteen_minutes() -> None:
    token, lives = Tokens(KEY).make("anna", "hash", NOW, NOW)
    assert lives == LIFETIME == 900
    claims = Tokens(KEY).read(token, NOW + 899)
    assert (claims.user, claims.signed_in, claims.fingerprint) == ("anna", NOW, fingerprint("hash"))
    with pytest.raises(BadToken, match="expired"):
        Tokens(KEY).read(token, NOW + 900)


def test_no_token_outlives_twelve_hours_after_the_sign_in() -> None:
    late = NOW + SESSION - 60
    assert Tokens(KEY).make("anna", "hash", NOW, late)[1] == 60
    with pytest.raises(BadToken, match="sign in again"):
        Tokens(KEY).make("anna", "hash", NOW, NOW + SESSION)


def test_tokens_of_other_keys_and_algorithms_are_refused() -> None:
    claims = {"iss": "lamplighter", "sub": "anna", "exp": NOW + 100, "auth_time": NOW, "pwd": "x"}
    for forged in (
        jwt.encode(claims, b"x" * 32, "HS256"),
        jwt.encode(claims, None, "none"),
        jwt.encode(claims, b"k" * 64, "HS512"),
        jwt.encode(claims | {"iss": "other"}, KEY, "HS256"),
        jwt.encode({k: v for k, v in claims.items() if k != "pwd"}, KEY, "HS256"),
        jwt.encode(claims | {"exp": "soon"}, KEY, "HS256"),
    ):
        with pytest.raises(BadToken):
            Tokens(KEY).read(forged, NOW)


def test_a_changed_token_is_refused() -> None:
    token, _ = Tokens(KEY).make("anna", "hash", NOW, NOW)
    head, body, signature = token.split(".")
    other = Tokens(KEY).make("admin", "hash", NOW, NOW)[0].split(".")[1]
    with pytest.raises(BadToken):
        Tokens(KEY).read(f"{head}.{other}.{signature}", NOW)
    assert body != other


@given(st.text())
def test_anything_else_is_a_bad_token(text: str) -> None:
    with pytest.raises(BadToken):
        Tokens(KEY).read(text, NOW)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        Tokens(b"short")
