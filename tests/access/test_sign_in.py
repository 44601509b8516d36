"""Signing in, against a real registry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from hub.access.passwords import Passwords
from hub.access.sign_in import BadCredentials, SignIn
from hub.access.throttle import Throttle, TooManyFailures
from hub.access.tokens import SESSION, BadToken, Tokens
from hub.model.users import Role, User
from hub.registry import Registry
from tests.servers.registries import open_registry

LIGHT = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
SECRET = "correct horse battery"


class Desk:
    """A sign-in desk with a clock that the test moves."""

    def __init__(self, registry: Registry, passwords: Passwords = LIGHT) -> None:
        self.now = 1_763_750_000.0
        self.registry = registry
        self.sign_in = SignIn(registry, Tokens(b"k" * 32), passwords, Throttle(), lambda: self.now)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    registry = open_registry(tmp_path / "registry.db")
    registry.users.add(User("anna", Role.OPERATOR, LIGHT.hash(SECRET)))
    yield Desk(registry)
    registry.close()


def test_a_token_leads_back_to_its_user(desk: Desk) -> None:
    async def check() -> None:
        grant = await desk.sign_in.sign_in("anna", SECRET, "10.0.0.1")
        session = await desk.sign_in.session(grant.token)
        assert (session.user.name, session.user.role) == ("anna", Role.OPERATOR)

    asyncio.run(check())


@pytest.mark.parametrize("name", ["anna", "nobody", "", "a\0b", "\ud800", "x" * 10_000])
def test_wrong_passwords_and_unknown_users_look_the_same(desk: Desk, name: str) -> None:
    with pytest.raises(BadCredentials):
        asyncio.run(desk.sign_in.sign_in(name, "wrong horse battery", "10.0.0.1"))


def test_ten_failures_close_the_door_even_to_the_right_password(desk: Desk) -> None:
    async def check() -> None:
        for number in range(10):
            with pytest.raises(BadCredentials):
                await desk.sign_in.sign_in("anna", "wrong horse battery", f"10.0.0.{number}")
        with pytest.raises(TooManyFailures):
            await desk.sign_in.sign_in("anna", SECRET, "10.0.1.1")
        desk.now += 301
        await desk.sign_in.sign_in("anna", SECRET, "10.0.1.1")

    asyncio.run(check())


def test_guesses_sent_at_once_are_counted_too(desk: Desk) -> None:
    async def check() -> None:
        guesses = [desk.sign_in.sign_in("anna", "wrong horse battery", "10.0.0.1") for _ in range(30)]
        refused = await asyncio.gather(*guesses, return_exceptions=True)
        assert sum(isinstance(each, BadCredentials) for each in refused) <= 11
        assert sum(isinstance(each, TooManyFailures) for each in refused) >= 19

    asyncio.run(check())


def test_a_changed_password_or_a_disabled_user_ends_the_session(desk: Desk) -> None:
    async def check() -> None:
        grant = await desk.sign_in.sign_in("anna", SECRET, "10.0.0.1")
        session = await desk.sign_in.session(grant.token)
        assert await desk.sign_in.holds(session)
        desk.registry.users.set_password("anna", LIGHT.hash("another long password"))
        assert not await desk.sign_in.holds(session)
        with pytest.raises(BadToken):
            await desk.sign_in.session(grant.token)
        grant = await desk.sign_in.sign_in("anna", "another long password", "10.0.0.1")
        anna = desk.registry.users.get("anna")
        assert anna is not None
        desk.registry.users.update(replace(anna, disabled=True))
        with pytest.raises(BadToken):
            await desk.sign_in.session(grant.token)
        with pytest.raises(BadCredentials):
            await desk.sign_in.sign_in("anna", "another long password", "10.0.0.1")

    asyncio.run(check())


def test_refreshing_goes_on_for_twelve_hours_and_no_longer(desk: Desk) -> None:
    async def check() -> None:
        began = desk.now
        grant = await desk.sign_in.sign_in("anna", SECRET, "10.0.0.1")
        while desk.now + 600 < began + SESSION:
            desk.now += 600
            grant = desk.sign_in.refresh(await desk.sign_in.session(grant.token))
        session = await desk.sign_in.session(grant.token)
        assert await desk.sign_in.holds(session)
        desk.now = began + SESSION
        assert not await desk.sign_in.holds(session)
        with pytest.raises(BadToken):
            await desk.sign_in.session(grant.token)

    asyncio.run(check())


def test_an_outdated_hash_is_replaced_at_the_sign_in(desk: Desk) -> None:
    async def check() -> None:
        stronger = Desk(desk.registry, Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)))
        before = desk.registry.users.get("anna")
        grant = await stronger.sign_in.sign_in("anna", SECRET, "10.0.0.1")
        after = desk.registry.users.get("anna")
        assert before is not None and after is not None
        assert before.password_hash != after.password_hash
        assert (await stronger.sign_in.session(grant.token)).user == after

    asyncio.run(check())
