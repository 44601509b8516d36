"""Roles, and users who are limited to zones."""

from __future__ import annotations

from pathlib import Path

from hub.access.limits import outside
from hub.access.roles import PERMISSIONS, Permission, may
from hub.model.users import Role
from hub.model.zones import Zone, ZoneTree

TREE = ZoneTree(
    {
        zone.id: zone
        for zone in (
            Zone("hue", "Huế", "city"),
            Zone("ward-1", "1", "ward", "hue"),
            Zone("le-loi", "Lê Lợi", "street", "ward-1"),
            Zone("ward-2", "2", "ward", "hue"),
        )
    }
)


def test_every_role_may_read_and_only_operators_and_admins_may_switch() -> None:
    assert all(may(role, Permission.READ) for role in Role)
    assert {role for role in Role if may(role, Permission.OVERRIDE)} == {Role.OPERATOR, Role.ADMIN}
    assert PERMISSIONS[Role.ADMIN] == frozenset(Permission)
    assert PERMISSIONS.keys() == set(Role)


def test_the_table_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")
    for permission in Permission:
        assert f"`{permission}`" in text


def test_limits_reach_down_the_tree_and_not_up() -> None:
    assert outside(TREE, ["ward-1"], ["ward-1", "le-loi"]) == []
    assert outside(TREE, ["ward-1"], ["hue"]) == ["hue"]


def test_what_lies_outside_is_named_once() -> None:
    assert outside(TREE, ["ward-1"], ["le-loi", "ward-2", "ward-2", None]) == ["ward-2", "(no zone)"]
    assert outside(TREE, [], ["ward-2", None]) == []
