from __future__ import annotations

from dataclasses import replace

import pytest

from hub.model.commands import Command, CommandState, Operation, Outcome, Target
from hub.registry import Exists, IdempotencyKey, KeyTaken, Registry, TargetChange
from tests.registry.examples import NOW, command, outcomes, override

KEY = IdempotencyKey("huong", "k1", "sha", '{"id":"ô"}', NOW)


def test_an_order_is_kept_with_everything_that_belongs_to_it(registry: Registry) -> None:
    registry.orders.place(command("c1"), ["b", "a", "b"], override=override("o1"), key=KEY)
    assert registry.orders.command("c1") == command("c1")
    assert registry.orders.command("c2") is None
    assert registry.orders.targets("c1") == [
        Target("a", Outcome.PENDING, "", NOW),
        Target("b", Outcome.PENDING, "", NOW),
    ]
    assert registry.orders.override("o1") == override("o1")
    assert registry.orders.override("o2") is None
    assert registry.orders.key("huong", "k1") == KEY
    assert registry.orders.key("huong", "k2") is registry.orders.key("linh", "k1") is None


def test_a_command_with_few_fields_comes_back_the_same(registry: Registry) -> None:
    least = Command("c1", Operation.IDENTIFY, NOW, "huong", NOW + 9)
    registry.orders.place(least, [])
    assert registry.orders.command("c1") == least
    assert registry.orders.targets("c1") == []


def test_a_key_is_taken_for_a_day(registry: Registry) -> None:
    registry.orders.place(command("c1"), ["a"], key=KEY)
    again = replace(KEY, digest="other", created=NOW + 86_399)
    with pytest.raises(KeyTaken) as taken:
        registry.orders.place(command("c2"), ["a"], override=override("o2"), key=again)
    assert taken.value.stored == KEY
    assert registry.orders.command("c2") is None
    assert registry.orders.override("o2") is None
    assert outcomes(registry, "c1") == {"a": "pending"}

    assert registry.orders.key("huong", "k1", now=NOW + 86_399) == KEY
    assert registry.orders.key("huong", "k1", now=NOW + 86_400) is None
    later = replace(again, created=NOW + 86_400)
    registry.orders.place(command("c2"), ["a"], key=later)
    assert registry.orders.key("huong", "k1") == later


def test_an_order_that_cannot_be_kept_leaves_nothing(registry: Registry) -> None:
    registry.orders.place(command("c1"), ["a"], override=override("o1"))
    with pytest.raises(Exists, match="command 'c1'"):
        registry.orders.place(command("c1"), ["b"], key=KEY)
    with pytest.raises(Exists, match="override 'o1'"):
        registry.orders.place(command("c2"), ["a"], override=override("o1"), key=KEY)
    assert registry.orders.key("huong", "k1") is None
    assert outcomes(registry, "c1") == {"a": "pending"}
    assert registry.orders.command("c2") is None


def test_a_later_order_takes_over_what_is_still_open(registry: Registry) -> None:
    orders = registry.orders
    orders.place(command("c1"), ["a", "b", "c", "d"])
    orders.place(command("identify", operation=Operation.IDENTIFY), ["a", "b"])
    orders.mark_sent("c1", ["a", "b"], NOW + 1)
    orders.mark([TargetChange("c1", "b", Outcome.APPLIED, "", NOW + 2)])
    superseded = orders.place(command("c2", NOW + 3, Operation.RESUME), ["a", "b", "c"])
    expected = [TargetChange("c1", d, Outcome.SUPERSEDED, "superseded by c2", NOW + 3) for d in "ac"]
    assert sorted(superseded) == expected
    assert outcomes(registry, "c1") == {"a": "superseded", "b": "applied", "c": "superseded", "d": "pending"}
    assert outcomes(registry, "identify") == {"a": "pending", "b": "pending"}
    assert orders.targets("c1", Outcome.SUPERSEDED, limit=1)[0].detail == "superseded by c2"

    assert orders.place(command("read", NOW + 4, Operation.READ), ["a", "d"]) == []
    assert outcomes(registry, "c2") == {"a": "pending", "b": "pending", "c": "pending"}


def test_only_what_changes_is_returned(registry: Registry) -> None:
    orders = registry.orders
    orders.place(command("c1"), ["a", "b", "c"])
    assert orders.mark([]) == []
    sent = TargetChange("c1", "a", Outcome.SENT, "again", NOW + 1)
    assert orders.mark([sent, TargetChange("c1", "nobody", Outcome.SENT), TargetChange("c9", "a", Outcome.SENT)]) == [
        sent
    ]
    assert orders.mark([sent._replace(time=NOW + 2)]) == []
    timed_out = TargetChange("c1", "a", Outcome.TIMED_OUT, "no answer in 60 s", NOW + 60)
    failed = TargetChange("c1", "a", Outcome.FAILED, "relay", NOW + 61)
    assert orders.mark([sent, timed_out, failed]) == [timed_out]
    assert orders.mark([failed]) == []
    assert orders.targets("c1", Outcome.TIMED_OUT) == [Target("a", Outcome.TIMED_OUT, "no answer in 60 s", NOW + 60)]


def test_sent_moves_only_what_is_pending(registry: Registry) -> None:
    orders = registry.orders
    orders.place(command("c1"), ["a", "b", "c", "d"])
    orders.mark([TargetChange("c1", "c", Outcome.REJECTED, "", NOW)])
    orders.mark_sent("c1", ["a", "c"], NOW + 1)
    assert outcomes(registry, "c1") == {"a": "sent", "b": "pending", "c": "rejected", "d": "pending"}
    orders.mark_sent("c1", None, NOW + 2)
    assert outcomes(registry, "c1") == {"a": "sent", "b": "sent", "c": "rejected", "d": "sent"}
    assert [t.updated for t in orders.targets("c1")] == [NOW + 1, NOW + 2, NOW, NOW + 2]
    counts = orders.outcomes("c1")
    assert counts == dict.fromkeys(Outcome, 0) | {Outcome.SENT: 3, Outcome.REJECTED: 1}
    assert sum(orders.outcomes("c9").values()) == 0


def test_targets_come_in_pages(registry: Registry) -> None:
    devices = [f"lamp-{n:02}" for n in range(7)]
    registry.orders.place(command("c1"), devices)
    registry.orders.mark_sent("c1", devices[::2], NOW)
    sent: list[str] = []
    while page := registry.orders.targets("c1", Outcome.SENT, sent[-1] if sent else None, 3):
        sent += [target.device for target in page]
    assert sent == devices[::2]


def test_a_restart_finds_what_is_running(registry: Registry, url: str) -> None:
    orders = registry.orders
    orders.place(command("c2", NOW + 5), ["a", "b"])
    orders.place(command("c1", NOW + 9), ["c"])
    orders.place(command("c3", NOW + 1), ["d"])
    orders.place(command("c4", NOW + 2), [])
    orders.mark_sent("c2", ["a"], NOW + 6)
    orders.finish(["c3", "unknown"])
    orders.finish([])
    registry.close()
    reopened = Registry(url)
    running = reopened.orders.running()
    done = reopened.orders.command("c3")
    reopened.close()
    assert done == replace(command("c3", NOW + 1), state=CommandState.DONE)
    assert running == [
        (command("c4", NOW + 2), []),
        (command("c2", NOW + 5), [Target("a", Outcome.SENT, "", NOW + 6), Target("b", Outcome.PENDING, "", NOW + 5)]),
        (command("c1", NOW + 9), [Target("c", Outcome.PENDING, "", NOW + 9)]),
    ]


def test_commands_come_newest_first(registry: Registry) -> None:
    for id, created in (("c1", 1.0), ("c9", 2.0), ("c2", 3.0), ("c3", 3.0)):
        registry.orders.place(command(id, created), [])
    found: list[str] = []
    while page := registry.orders.commands(after=found[-1] if found else None, limit=2):
        found += [c.id for c in page]
    assert found == ["c3", "c2", "c9", "c1"]
    assert registry.orders.commands(after="gone") == []


def test_a_hundred_thousand_lamps_in_one_order(registry: Registry) -> None:
    devices = [f"lamp-{n:06}" for n in range(100_000)]
    registry.orders.place(command("c1"), devices)
    assert registry.orders.outcomes("c1")[Outcome.PENDING] == 100_000
    registry.orders.mark_sent("c1", devices[:60_000], NOW)
    assert registry.orders.outcomes("c1")[Outcome.SENT] == 60_000
    assert len(registry.orders.mark([TargetChange("c1", d, Outcome.APPLIED) for d in devices])) == 100_000
