"""The record of messages, on both databases: episodes of the journal, attempts, states that never go back, what is forgotten."""

from __future__ import annotations

from dataclasses import replace

from hub.model.alarms import Alarm, AlarmChanges, AlarmKey, AlarmNote
from hub.model.notify import Attempt, ChannelKind, Delivery, DeliveryState, Outcome, What
from hub.registry import DeliveryChoice, Registry, Settled

PLANNED, WAITING, DELIVERED = DeliveryState.PLANNED, DeliveryState.WAITING, DeliveryState.DELIVERED
NOW = 1_790_000_000.25


def made(message: str, alarm: str = "alarm-1", channel: str = "sms", **more: object) -> Delivery:
    delivery = Delivery(message, channel, ChannelKind.WEBHOOK, alarm, 1, What.BEGAN, "all", created=NOW, due=NOW)
    return replace(delivery, **{"state": WAITING} | more)  # type: ignore[arg-type]


def notes(registry: Registry, alarm: str, times: int, *what: str) -> None:
    written = AlarmChanges(
        (Alarm(alarm, AlarmKey(alarm, "lampFailure"), times=times),),
        tuple(AlarmNote(alarm, NOW, each) for each in what),
    )
    registry.alarms.apply(written)


def test_every_line_of_the_journal_has_its_episode_however_late_it_is_read(registry: Registry) -> None:
    notes(registry, "a", 2, "began", "acknowledged", "ended", "began")
    notes(registry, "b", 1, "began")
    notes(registry, "a", 3, "ended", "acknowledged", "began", "ended")
    lines = registry.deliveries.journal(0, 100)
    assert [(line.alarm, line.what, line.episode) for line in lines] == [
        ("a", "began", 1), ("a", "acknowledged", 1), ("a", "ended", 1), ("a", "began", 2), ("b", "began", 1),
        ("a", "ended", 2), ("a", "acknowledged", 2), ("a", "began", 3), ("a", "ended", 3),
    ]  # fmt: skip
    for size in (1, 2, 3, 4):
        found, after = [], 0
        while part := registry.deliveries.journal(after, size):
            found, after = [*found, *part], part[-1].id
        assert found == lines
    registry.alarms.apply(AlarmChanges(gone=("b",)))
    assert [line.episode for line in registry.deliveries.journal(0, 100) if line.alarm == "b"] == [0]


def test_an_attempt_is_there_before_and_after_it(registry: Registry) -> None:
    record = registry.deliveries
    first, second = record.plan([made("m1"), made("m2")], [], NOW, 7)
    assert (first.id, second.id, record.cursor()) == (1, 2, 7)
    number = record.begin([1, 2], "digest", "sms", NOW + 1)
    assert [each.outcome for each in record.attempts(["digest"])] == [Outcome.BEGUN]
    record.end(Attempt(number, "digest", "sms", NOW + 1, Outcome.FAILED, 0.5, "503", "busy", ("a",)), [1, 2], NOW + 1.5)
    assert record.left(["digest"]) == {"digest": ("a",)}
    assert record.failing() == {"sms": NOW + 1}
    assert [(each.message, each.attempts, each.first_attempt, each.state) for each in record.open()] == [
        ("digest", 1, NOW + 1, WAITING)
    ] * 2
    number = record.begin([1, 2], "digest", "sms", NOW + 9)
    record.end(Attempt(number, "digest", "sms", NOW + 9, Outcome.DELIVERED, 0.1, "200"), [1, 2], NOW + 9.1)
    assert record.open() == [] and record.failing() == {}
    told = [
        (each.channel, each.kind, each.what, each.first_attempt, each.ended, each.state)
        for each in record.of_episodes([("alarm-1", 1)])
    ]
    assert told == [("sms", ChannelKind.WEBHOOK, What.BEGAN, NOW + 1, NOW + 9.1, DELIVERED)] * 2
    record.settle([Settled(1, DeliveryState.DISCARDED, "too late", "lan")], NOW + 10)
    found = record.get(1)
    assert found is not None and found.state is DELIVERED, "what was delivered stays delivered"


def test_what_was_under_way_when_the_hub_ended_is_said_to_be_unknown(registry: Registry) -> None:
    record = registry.deliveries
    record.plan([made("m1"), made("m2", channel="mail")], [], NOW)
    record.begin([1], "m1", "sms", NOW)
    record.begin([2], "m2", "mail", NOW)
    assert record.interrupted("mail") == 1
    assert [each.outcome for each in record.attempts(["m1", "m2"])] == [Outcome.BEGUN, Outcome.UNKNOWN]
    assert record.interrupted() == 1
    assert [each.id for each in record.open()] == [1, 2]


def test_the_record_is_chosen_and_forgotten_only_when_it_is_over(registry: Registry) -> None:
    record = registry.deliveries
    record.plan([made("m1"), made("m2", "alarm-2", fire=True), made("m3", state=PLANNED, due=NOW + 600)], [], NOW)
    number = record.begin([1], "m1", "sms", NOW)
    record.end(Attempt(number, "m1", "sms", NOW, Outcome.FAILED), [1], NOW, reason="no answer", final=True)
    assert [each.id for each in record.page(DeliveryChoice(states=[DeliveryState.GIVEN_UP]))] == [1]
    assert [each.id for each in record.page(DeliveryChoice(fire=True))] == [2]
    assert [each.id for each in record.page(DeliveryChoice(alarm="alarm-1"), below=3)] == [1]
    assert record.page(DeliveryChoice(before=NOW)) == []
    assert record.of_episodes([("alarm-2", 1), ("alarm-9", 1)]) == [record.get(2)]
    record.plan([], [Settled(3, DeliveryState.CANCELLED, "returned")], NOW + 1)
    assert record.prune(NOW + 1) == 2
    assert [each.id for each in record.page(DeliveryChoice())] == [2]
    assert record.attempts(["m1"]) == []
