from __future__ import annotations

from dataclasses import replace

from hub.model.commands import Outcome
from hub.registry import IdempotencyKey, Registry, TargetChange
from tests.registry.examples import NOW, command, outcomes, override


def test_active_ones_are_those_that_hold_at_that_time(registry: Registry) -> None:
    for number, (start, until) in enumerate(((10.0, 20.0), (12.0, 30.0), (15.0, 16.0))):
        held = override(f"o{number}", start, until, f"c{number}")
        registry.orders.place(command(f"c{number}", start), [], override=held)
    overrides = registry.orders.overrides
    assert [o.id for o in overrides()] == ["o2", "o1", "o0"]
    for time, expected in (
        (9.9, []),
        (10, ["o0"]),
        (15, ["o2", "o1", "o0"]),
        (16, ["o1", "o0"]),
        (20, ["o1"]),
        (30, []),
    ):
        assert [o.id for o in overrides(active_at=time)] == expected
        assert all(o.active(time) for o in overrides(active_at=time))


def test_an_override_is_ended_once(registry: Registry) -> None:
    orders = registry.orders
    orders.place(command("c1"), [], override=override("o1"))
    ended = replace(override("o1"), ended=NOW + 100)
    assert orders.end_override("o1", NOW + 100, "linh") == ended
    assert orders.end_override("o1", NOW + 101, "linh") is None
    assert orders.override("o1") == ended
    assert orders.overrides(active_at=NOW + 99) == [ended]
    assert orders.overrides(active_at=NOW + 100) == []
    assert orders.end_override("nothing", NOW, "linh") is None


def test_an_override_that_is_over_cannot_be_ended(registry: Registry) -> None:
    registry.orders.place(command("c1"), [], override=override("o1", NOW, NOW + 60))
    assert registry.orders.end_override("o1", NOW + 60, "linh") is None
    assert registry.orders.override("o1") == override("o1", NOW, NOW + 60)


def test_pruning_keeps_what_still_matters(registry: Registry) -> None:
    orders = registry.orders
    key = IdempotencyKey("u", "old", "", "{}", 100.0)
    orders.place(command("c-old", 100.0), ["a", "b"], override=override("o-old", 100.0, 200.0, "c-old"), key=key)
    orders.place(command("c-held", 101.0), ["c"], override=override("o-held", 101.0, 900.0, "c-held"))
    orders.place(command("c-cut", 102.0), ["d"], override=override("o-cut", 102.0, 900.0, "c-cut"))
    orders.place(command("c-running", 103.0), ["e"])
    orders.place(command("c-new", 600.0), ["f"], key=replace(key, key="new", created=600.0))
    orders.end_override("o-cut", 300.0, "linh")
    orders.mark([TargetChange("c-old", "a", Outcome.APPLIED)])
    orders.finish(["c-old", "c-held", "c-cut", "c-new"])

    assert orders.prune(500.0) == 5  # two overrides, two commands, one key
    assert [c.id for c in orders.commands()] == ["c-new", "c-running", "c-held"]
    assert [o.id for o in orders.overrides()] == ["o-held"]
    assert outcomes(registry, "c-old") == outcomes(registry, "c-cut") == {}
    assert outcomes(registry, "c-held") == {"c": "pending"}
    assert orders.key("u", "old") is None
    assert orders.key("u", "new") is not None
    assert orders.prune(500.0) == 0


def test_pruning_takes_all_however_many(registry: Registry) -> None:
    for number in range(230):
        registry.orders.place(command(f"c{number}", 1.0), ["a"])
    registry.orders.finish([f"c{number}" for number in range(230)])
    assert registry.orders.prune(2.0) == 230
    assert registry.orders.commands() == []
