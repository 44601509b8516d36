from __future__ import annotations

from hub.ports import Span, Tier
from hub.registry import Members, Registry


def test_what_a_tier_holds_is_replaced(registry: Registry) -> None:
    assert registry.rollups.spans() == {}
    registry.rollups.reach({Tier.QUARTER: Span(0, 900), Tier.HOUR: Span(0, 0)})
    registry.rollups.reach({Tier.QUARTER: Span(0, 1800.5)})
    assert registry.rollups.spans() == {Tier.QUARTER: Span(0, 1800.5), Tier.HOUR: Span(0, 0)}


def test_a_mark_made_while_an_hour_is_restated_stays(registry: Registry) -> None:
    registry.rollups.mark_late([0.0, 3600.0, 7200.0], 1)
    registry.rollups.mark_late([3600.0], 2)
    registry.rollups.restated([0.0, 3600.0], 1)
    assert registry.rollups.late() == {3600.0: 2, 7200.0: 1}
    registry.rollups.restated([3600.0, 7200.0], 2)
    assert registry.rollups.late() == {}


def test_members_of_zones_are_replaced_and_forgotten(registry: Registry) -> None:
    registry.rollups.set_members({"a": Members("1", 0.0), "b": Members("2", 0.0), "c": Members("3", 5.0)})
    registry.rollups.set_members({"b": Members("4", 900.0)}, gone=["a", "nobody"])
    assert registry.rollups.members() == {"b": Members("4", 900.0), "c": Members("3", 5.0)}
    registry.rollups.set_members({}, gone=["b", "c"])
    assert registry.rollups.members() == {}
