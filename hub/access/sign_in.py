"""From name and password to a token, and from a token back to the user."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import NamedTuple

from hub.access.passwords import Passwords, WeakPassword
from hub.access.throttle import Throttle
from hub.access.tokens import SESSION, BadToken, Claims, Tokens, fingerprint
from hub.model.users import User
from hub.registry import Registry


class BadCredentials(Exception):
    """Unknown user, wrong password or disabled user; deliberately not said which."""


class Grant(NamedTuple):
    """A token and the seconds it lives."""

    token: str
    expires_in: float


class Session(NamedTuple):
    """Who holds a token, and the claims it made."""

    user: User
    claims: Claims


class SignIn:
    """Signs people in. `now` gives the wall's Unix time: sessions do not run faster in a simulated city."""

    def __init__(
        self,
        registry: Registry,
        tokens: Tokens,
        passwords: Passwords,
        throttle: Throttle,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._registry = registry
        self._tokens = tokens
        self._passwords = passwords
        self._throttle = throttle
        self._now = now
        self._hashing = asyncio.Semaphore(2)

    async def sign_in(self, name: str, password: str, address: str) -> Grant:
        """A token for the right password; raises BadCredentials, or TooManyFailures without looking at it."""
        keys = (f"user:{name[:64]}", f"address:{address[:64]}")
        self._throttle.check(keys, self._now())
        async with self._hashing:
            self._throttle.check(keys, self._now())
            user = await asyncio.to_thread(self._check, name, password)
        now = self._now()
        if user is None:
            self._throttle.failed(keys, now)
            raise BadCredentials
        self._throttle.succeeded(keys[0])
        return Grant(*self._tokens.make(user.name, user.password_hash, now, now))

    def _check(self, name: str, password: str) -> User | None:
        user = self._user(name)
        if not self._passwords.matches(user.password_hash if user else None, password):
            return None
        if user is None or user.disabled:
            return None
        if self._passwords.outdated(user.password_hash):
            with contextlib.suppress(WeakPassword):  # an old short password stays until its owner changes it
                self._registry.users.set_password(user.name, self._passwords.hash(password))
            return self._user(name)
        return user

    def _user(self, name: str) -> User | None:
        # Text that no database takes cannot be a name.
        if not name or len(name) > 64 or not name.isprintable():
            return None
        return self._registry.users.get(name)

    async def session(self, token: str) -> Session:
        """Whose token this is; BadToken when it is none, has expired, or the user was disabled or changed password."""
        claims = self._tokens.read(token, self._now())
        users = self._registry.users
        user = users.recent(claims.user) or await asyncio.to_thread(users.get, claims.user)
        if user is None or not _holds(user, claims):
            raise BadToken("this session was ended: sign in again")
        return Session(user, claims)

    async def holds(self, session: Session) -> bool:
        """True while the sign-in behind a session is good, though its token may have expired: for open streams."""
        if session.claims.signed_in + SESSION <= self._now():
            return False
        user = await asyncio.to_thread(self._registry.users.get, session.user.name)
        return user is not None and _holds(user, session.claims)

    def refresh(self, session: Session) -> Grant:
        """A new token for a session; BadToken 12 hours after the sign-in."""
        user, claims = session
        return Grant(*self._tokens.make(user.name, user.password_hash, claims.signed_in, self._now()))


def _holds(user: User, claims: Claims) -> bool:
    return not user.disabled and fingerprint(user.password_hash) == claims.fingerprint
