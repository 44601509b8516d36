"""Bearer tokens: JSON Web Tokens (RFC 7519) signed with HS256, short-lived, tied to the user's password."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import jwt

LIFETIME = 15 * 60.0
SESSION = 12 * 3600.0
_ALGORITHM = "HS256"
_ISSUER = "lamplighter"


class BadToken(Exception):
    """A token that opens nothing; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `signed_in` is when the password was given; `fingerprint` names the password of then."""

    user: str
    signed_in: float
    expires: float
    fingerprint: str


def fingerprint(password_hash: str) -> str:
    """A short name of a password hash: tokens carry it, so they end when the password changes."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]


class Tokens:
    """Makes and reads tokens with one secret key (32 bytes or more). `now` is the wall's Unix time."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError(f"the token key has {len(key)} bytes: give 32 random ones or more")
        self._key = key

    def make(self, user: str, password_hash: str, signed_in: float, now: float) -> tuple[str, float]:
        """A new token and the seconds it lives: 15 minutes, but never past 12 hours after `signed_in` (BadToken)."""
        expires = min(now + LIFETIME, signed_in + SESSION)
        if expires <= now:
            raise BadToken("this session began more than 12 hours ago: sign in again")
        claims = {
            "iss": _ISSUER,
            "sub": user,
            "exp": expires,
            "auth_time": signed_in,
            "pwd": fingerprint(password_hash),
        }
        return jwt.encode(claims, self._key, _ALGORITHM), expires - now

    def read(self, token: str, now: float) -> Claims:
        """What a token of ours says; BadToken when it is not ours, was changed, or has expired."""
        try:
            # The expiry is compared below, with the caller's clock.
            said: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"require": ["sub", "exp", "auth_time", "pwd"], "verify_exp": False},
            )
            claims = Claims(str(said["sub"]), float(said["auth_time"]), float(said["exp"]), str(said["pwd"]))
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise BadToken("the bearer token is not one of this hub: sign in at /api/v1/auth/token") from None
        if claims.expires <= now:
            raise BadToken("the token has expired: refresh it before its 15 minutes are over, or sign in again")
        return claims
