from __future__ import annotations

from dataclasses import replace

import pytest

from hub.model.users import Role, User
from hub.registry import Exists, Missing, Registry

HUONG = User("huong", Role.OPERATOR, "$argon2id$1", ("ward-1", "le-loi"), False, 1_763_750_000.5)


def test_users_come_back_as_they_were_added(registry: Registry) -> None:
    assert registry.users.count() == 0
    registry.users.add(HUONG)
    registry.users.add(User("admin", Role.ADMIN, "$argon2id$2"))
    assert registry.users.get("huong") == HUONG
    assert registry.users.get("Huong") is None
    assert [user.name for user in registry.users.all()] == ["admin", "huong"]
    assert registry.users.count() == 2
    with pytest.raises(Exists, match="'huong' exists already"):
        registry.users.add(replace(HUONG, role=Role.ADMIN))


def test_users_change(registry: Registry) -> None:
    registry.users.add(HUONG)
    registry.users.set_password("huong", "$argon2id$3")
    assert registry.users.get("huong") == replace(HUONG, password_hash="$argon2id$3")
    disabled = replace(HUONG, role=Role.VIEWER, zones=(), disabled=True)
    registry.users.update(disabled)
    assert registry.users.get("huong") == disabled
    with pytest.raises(Missing, match="no user 'nobody'"):
        registry.users.set_password("nobody", "x")
    with pytest.raises(Missing, match="no user 'nobody'"):
        registry.users.update(replace(HUONG, name="nobody"))


def test_facts_outlive_a_restart(registry: Registry, url: str) -> None:
    assert registry.facts.get("broker.client") is None
    registry.facts.set("broker.client", "hub-1")
    registry.facts.set("broker.client", "hub-2")
    registry.close()
    reopened = Registry(url)
    assert reopened.facts.get("broker.client") == "hub-2"
    reopened.close()
