from __future__ import annotations

from dataclasses import replace

from hub.model.commands import Outcome
from hub.registry import LightRecord, Recorded, Registry, TargetChange
from tests.registry.examples import NOW, add_lamps, command, event, outcomes, rejected, result, state


def test_nothing_changes_nothing(registry: Registry) -> None:
    assert registry.reports.record() == Recorded([], [])
    assert registry.lights.all() == []


def test_an_older_state_never_replaces_a_newer(registry: Registry) -> None:
    add_lamps(registry, "a", "b")
    record = registry.reports.record
    record(lights=[state("a", 10, NOW), state("b", 30, NOW, "c9"), state("a", 20, NOW - 1)])
    assert registry.lights.all() == [
        LightRecord(state("a", 10, NOW), None),
        LightRecord(state("b", 30, NOW, "c9"), None),
    ]
    record(lights=[state("a", 50, NOW - 0.001)])
    record(lights=[state("b", 40, NOW)])  # of the same second: the last to arrive
    assert [light.report.level for light in registry.lights.all()] == [10, 40]
    record(lights=[state("a", 70, NOW + 2), state("a", 60, NOW + 1), state("a", 80, NOW + 2)])
    assert registry.lights.all()[0].report == state("a", 80, NOW + 2)


def test_the_level_in_effect_is_a_fact_of_its_own(registry: Registry) -> None:
    add_lamps(registry, "a", "b")
    registry.reports.record(in_effect=[("a", 55.5), ("a", 60.0), ("b", 20.0)])
    assert registry.lights.all() == []
    registry.reports.record(lights=[state("a", 10)])
    assert registry.lights.all() == [LightRecord(state("a", 10), 60.0)]
    registry.reports.record(lights=[state("a", 11, NOW + 1)], in_effect=[("a", 0.0)])
    assert registry.lights.all() == [LightRecord(state("a", 11, NOW + 1), 0.0)]


def test_results_and_states_settle_targets(registry: Registry) -> None:
    add_lamps(registry, *"abcd")
    registry.orders.place(command("c1"), list("abcd"))
    registry.orders.mark_sent("c1", None, NOW)
    lights = [state("a", command="c1"), state("c", command="c1"), state("d", command="other")]
    results = [result("b", "c1", Outcome.FAILED, "relay stuck"), result("c", "c1", Outcome.REJECTED, "too hot")]
    recorded = registry.reports.record(lights=lights, results=[*results, result("x", "c1"), result("a", "c9")])
    expected = [
        TargetChange("c1", "a", Outcome.APPLIED, "", NOW + 0.5),
        TargetChange("c1", "b", Outcome.FAILED, "relay stuck", NOW + 2),
        TargetChange("c1", "c", Outcome.REJECTED, "too hot", NOW + 2),
    ]
    assert sorted(recorded.changed) == expected
    assert outcomes(registry, "c1") == {"a": "applied", "b": "failed", "c": "rejected", "d": "sent"}
    assert registry.reports.record(lights=lights, results=results).changed == []


def test_an_old_state_still_proves_that_its_command_was_applied(registry: Registry) -> None:
    add_lamps(registry, "a")
    registry.orders.place(command("c1"), ["a"])
    registry.reports.record(lights=[state("a", 30, NOW + 9)])
    assert len(registry.reports.record(lights=[state("a", 60, NOW + 1, "c1")]).changed) == 1
    assert registry.lights.all()[0].report.level == 30


def test_devices_that_are_not_registered_leave_no_state(registry: Registry) -> None:
    add_lamps(registry, "a")
    strangers = [state("a"), state("ghost")]
    recorded = registry.reports.record(
        lights=strangers, in_effect=[("ghost", 1.0)], events=[event("ghost", True), event("a", True)]
    )
    assert [e.device for e in recorded.new_events] == ["a"]
    add_lamps(registry, "ghost")
    assert [light.report.device for light in registry.lights.all()] == ["a"]


def test_a_batch_is_kept_whole_or_not_at_all(registry: Registry) -> None:
    add_lamps(registry, "a")
    registry.orders.place(command("c1"), ["a"])
    broken = replace(rejected("a"), raw=None)  # type: ignore[arg-type]
    try:
        registry.reports.record(lights=[state("a", command="c1")], events=[event("a", True)], rejected=[broken])
    except Exception as error:
        assert not isinstance(error, AssertionError)
    else:
        raise AssertionError("a row without bytes was taken")
    assert registry.lights.all() == []
    assert registry.events.list() == []
    assert outcomes(registry, "c1") == {"a": "pending"}


def test_a_whole_city_in_one_batch(registry: Registry) -> None:
    ids = [f"lamp-{n:05}" for n in range(10_000)]
    add_lamps(registry, *ids)
    registry.orders.place(command("c1"), ids)
    recorded = registry.reports.record(
        lights=[state(id, command="c1") for id in ids],
        in_effect=[(id, 60.0) for id in ids],
        results=[result(id, "c1", detail="đã bật") for id in ids],
        events=[event(id, True) for id in ids],
    )
    assert len(recorded.changed) == len(recorded.new_events) == 10_000
    assert registry.orders.outcomes("c1")[Outcome.APPLIED] == 10_000
    assert len(registry.lights.all()) == len(registry.events.active()) == 10_000
