"""Secrets of device accounts."""

from __future__ import annotations

import secrets

import bcrypt

_LOWEST_COST = 4


def make_secret() -> str:
    """A new secret of 192 random bits, 32 characters that need no quoting in URLs or shells."""
    return secrets.token_urlsafe(24)


def hash_secret(secret: str) -> str:
    """The bcrypt hash of a secret from `make_secret`, at bcrypt's lowest cost (4, about 1 ms).

    A costly hash protects passwords that can be guessed. These secrets are random: 2^192 guesses are out of reach at
    any cost, while the usual cost of 10-12 takes 30-200 ms of a core for every connect, minutes when a whole city
    connects after a power cut. Never use it for passwords that people choose.
    """
    return bcrypt.hashpw(secret.encode(), bcrypt.gensalt(_LOWEST_COST)).decode()
