"""The desk on a real registry with the city's clock moved by hand: escalation, quiet hours, causes, storms, repair, restarts."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet

from hub.alarms.desk import AlarmDesk
from hub.alarms.ruleset import load_rules
from hub.model.audit import AuditEntry
from hub.model.devices import Device, DeviceKind
from hub.model.notify import ChannelKind, Delivery, DeliveryState, Outcome, What
from hub.model.reports import EventReport
from hub.model.zones import Zone
from hub.notify import outbox
from hub.notify.channels import Channel, Webhook
from hub.notify.desk import NotifyDesk
from hub.notify.picking import Retry
from hub.notify.sealing import SIGNING, Seal, new_signing_key
from hub.notify.webhook import WebhookCarrier
from hub.notify_room import AlarmFacts, notify_parts
from hub.registry import ChannelRow, DeliveryChoice, Registry, RegistryUnavailable, Written
from hub.registry.city import City
from tests.alarms.test_desk import Quiet
from tests.servers.registries import open_registry
from tests.servers.webhook import Receiver, answer, hang, receiver

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = datetime(2026, 11, 20, 12, tzinfo=HUE).timestamp()
LINE = AuditEntry(NOON, "admin", "test", "")
LAMPS = [
    Device(f"lamp-{n}", f"Đèn {n}", DeviceKind.LIGHT, zone="le-loi", address="gate-1", feed="gate-1/a")
    for n in range(40)
]
DEVICES = [
    Device("gate-1", "Tủ", DeviceKind.CABINET, zone="le-loi"),
    Device("panel-1", "Chợ", DeviceKind.FIRE_PANEL, zone="le-loi"),
    *LAMPS,
]


class Hands:
    """A clock that goes on from noon, further by what a test adds, and that was `set` by so many seconds."""

    rate = 1.0

    def __init__(self) -> None:
        self._since = time.monotonic()
        self.added = self.set = 0.0

    def now(self) -> float:
        return NOON + self.monotonic() + self.set

    def monotonic(self) -> float:
        return time.monotonic() - self._since + self.added

    def ahead(self, seconds: float) -> float:
        return self.now() + seconds


class Street(Quiet):
    """One cabinet with all the lamps, and a fire panel."""

    def __init__(self) -> None:
        super().__init__()
        self.known = {device.id: device for device in DEVICES}

    def along(self, device: str) -> Iterable[Device]:
        return LAMPS if device == "gate-1" else ()

    def owner(self, device: str) -> str:
        return "gate-1" if device.startswith("lamp") else device


class Room:
    """Alarms and notifications of one city, on a registry that outlives them."""

    def __init__(self, registry: Registry) -> None:
        self.registry, self.clock, self.street = registry, Hands(), Street()
        self.key = Fernet.generate_key().decode()
        self.city = City(registry.zones.all(), registry.devices.all())
        self.retry = Retry(first=0.01, most=0.05, fire_most=0.05, give_up=3600.0)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Room]:
        """A process of its own, so to speak."""
        rules, said = load_rules(), lambda *_: self.desk.news()
        self.alarms = AlarmDesk(rules, self.registry, self.street, self.clock, said, sweep_every=600)
        self.desk = NotifyDesk(
            self.registry, AlarmFacts(self.alarms, self.city), self.clock, Seal(self.key), HUE, self.carrier, settle=10.0,
            retry=self.retry,
        )  # fmt: skip
        self.street.parts = lambda: notify_parts(self.desk, self.alarms)  # type: ignore[method-assign]
        await self.alarms.load()
        await self.desk.load()
        self.desk.start()
        try:
            yield self
        finally:
            await self.desk.stop()

    def carrier(self, channel: Channel) -> WebhookCarrier:
        assert isinstance(channel, Webhook)
        return WebhookCarrier(channel, 5.0)

    async def channel(self, id: str, hook: Receiver, **more: Any) -> None:
        body = Webhook.model_validate({"url": hook.url, "digest": {"most": 50, "within": 60}} | more).model_dump(
            mode="json"
        )
        sealed = Seal(self.key).close({SIGNING: new_signing_key()})
        row = ChannelRow(id, ChannelKind.WEBHOOK, body, sealed, NOON, "admin")
        await self.desk.put_channel(row, LINE, new=id not in self.desk.channels)

    async def route(self, id: str, *steps: tuple[float, str], **more: Any) -> None:
        body = {"steps": [{"after": after, "channels": [channel]} for after, channel in steps]} | more
        await self.desk.put_route(Written(id, body, NOON, "admin"), LINE, new=True)

    async def says(self, type: str, *devices: str, active: bool = True) -> None:
        now = self.clock.now()
        self.registry.reports.record(events=[EventReport(each, type, active, now, now) for each in devices])
        await self.alarms.catch_up()
        await self.desk.catch_up()

    async def acknowledge(self, type: str) -> None:
        ids = [alarm.id for alarm in self.alarms.book.standing.values() if alarm.key.type == type]
        await self.alarms.change(ids, lambda draft, alarm: draft.acknowledge(alarm, "lan"), lambda changed: None)
        await self.desk.catch_up()

    async def pass_by(self, seconds: float) -> None:
        self.clock.added += seconds
        await self.desk.look()

    def record(self, **chosen: Any) -> list[Delivery]:
        return self.registry.deliveries.page(DeliveryChoice(**chosen), limit=1000)[::-1]

    async def until(self, what: str, look: Callable[[], object]) -> None:
        for _ in range(2000):
            if look():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(
            f"waited in vain for: {what}; {[(d.channel, d.what, d.state, d.reason) for d in self.record()]}"
        )

    async def settled(self) -> None:
        """Until nothing waits for a channel."""
        await self.until(
            "every message to be on its way's end", lambda: not self.record(states=[DeliveryState.WAITING])
        )


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    registry = open_registry(tmp_path / "registry.db")
    registry.zones.add(Zone("ward-1", "Phường 1", "ward"))
    registry.zones.add(Zone("le-loi", "Lê Lợi", "street", "ward-1"))
    registry.devices.add_many(DEVICES)
    yield Room(registry)
    registry.close()


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def kinds(hook: Receiver) -> list[str]:
    return [post.json["type"] for post in hook.posts]


def test_a_step_follows_when_nobody_acknowledges_and_none_when_somebody_does(
    room: Room, hook: Receiver, other: Receiver
) -> None:
    async def scene() -> None:
        async with room.open():
            await room.channel("sms", hook)
            await room.channel("boss", other)
            await room.route("all", (0, "sms"), (10, "boss"), on=["began", "ended", "acknowledged"])
            await room.says("lampFailure", "lamp-1")
            assert hook.posts == []
            await room.pass_by(11)
            await room.settled()
            assert kinds(hook) == ["alarm.began"]
            await room.pass_by(500)
            assert other.posts == []
            await room.pass_by(110)
            await room.settled()
            assert kinds(other) == ["alarm.began"]
            assert other.posts[0].json["data"]["step"] == 1
            await room.acknowledge("lampFailure")
            await room.settled()
            assert kinds(hook) == kinds(other) == ["alarm.began", "alarm.acknowledged"]
            await room.says("lampFailure", "lamp-1", active=False)
            await room.settled()
            assert kinds(hook)[-1] == kinds(other)[-1] == "alarm.ended"
            await room.says("lampUnresponsive", "lamp-2")
            await room.pass_by(11)
            await room.settled()
            await room.acknowledge("lampUnresponsive")
            await room.pass_by(3600)
            await room.settled()
            assert len(other.posts) == 3, "the boss hears nothing of what somebody has seen"
            (cancelled,) = room.record(states=[DeliveryState.CANCELLED])
            assert (cancelled.channel, cancelled.reason) == ("boss", "acknowledged by lan")

    asyncio.run(scene())


def test_an_alarm_is_told_whose_line_is_read_before_its_desk_knows_that_it_is_written(
    room: Room, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with room.open():
            await room.channel("sms", hook)
            await room.route("fire", (0, "sms"), when={"classes": ["fire"]})
            apply, written, go_on = room.registry.alarms.apply, threading.Event(), threading.Event()

            def slowly(*arguments: Any) -> Any:
                found = apply(*arguments)
                written.set()
                assert go_on.wait(20)
                return found

            monkeypatch.setattr(room.registry.alarms, "apply", slowly)
            now = room.clock.now()
            room.registry.reports.record(events=[EventReport("panel-1", "fireAlarm", True, now, now)])
            alarming = asyncio.create_task(room.alarms.catch_up())
            await asyncio.to_thread(written.wait, 20)
            telling = asyncio.create_task(room.desk.catch_up())
            await asyncio.wait({telling}, timeout=0.3)  # it may look at the line, and must not pass it over
            go_on.set()
            await asyncio.gather(alarming, telling)
            await room.settled()
            assert [post.json["data"]["alarm"]["type"] for post in hook.posts] == ["fireAlarm"]

    asyncio.run(scene())


def test_quiet_hours_hold_what_is_not_fire_until_morning(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        room.clock.added = 11 * 3600.0  # 23:00
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"), quiet=[{"from": "22:00", "until": "06:00"}])
            await room.says("lampFailure", "lamp-1", "lamp-2")
            await room.pass_by(60)
            assert hook.posts == []
            await room.says("fireAlarm", "panel-1")
            await room.settled()
            assert [post.json["data"]["alarm"]["type"] for post in hook.posts] == ["fireAlarm"]
            await room.says("lampFailure", "lamp-2", active=False)
            await room.pass_by(6.9 * 3600)
            assert len(hook.posts) == 1
            await room.pass_by(0.2 * 3600)
            await room.settled()
            assert [post.json["data"]["alarm"]["device"] for post in hook.posts[1:]] == ["lamp-1"]
            (held,) = room.record(states=[DeliveryState.CANCELLED])
            assert held.reason == "returned"

    asyncio.run(scene())


def test_a_cause_with_its_lamps_is_one_message(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"))
            await room.says("lampFailure", *(lamp.id for lamp in LAMPS))
            await room.pass_by(2)
            await room.says("circuitBreakerTripped", "gate-1")
            await room.pass_by(11)
            await room.settled()
            (only,) = hook.posts
            alarm = only.json["data"]["alarm"]
            assert (alarm["type"], alarm["beneath"]) == ("circuitBreakerTripped", len(LAMPS))
            cancelled = room.record(states=[DeliveryState.CANCELLED])
            assert {each.reason for each in cancelled} == {"it stands beneath its cause"}
            assert len(cancelled) == len(LAMPS)
            await room.says("circuitBreakerTripped", "gate-1", active=False)
            await room.says("lampFailure", *(lamp.id for lamp in LAMPS), active=False)
            await room.pass_by(11)
            await room.settled()
            assert kinds(hook) == ["alarm.began", "alarm.ended"], "of what was not told no end is told"

    asyncio.run(scene())


def test_a_storm_is_one_digest_and_fire_is_none_of_it(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        async with room.open():
            await room.channel("sms", hook, digest={"most": 3, "within": 60})
            await room.route("all", (0, "sms"))
            await room.says("lampFailure", *(lamp.id for lamp in LAMPS))
            await room.says("fireAlarm", "panel-1")
            await room.says("fireFault", "panel-1")
            await room.pass_by(11)
            await room.settled()
            assert sorted(kinds(hook)) == ["alarm.began", "alarm.began", "alarm.digest"]
            digest = next(post.json for post in hook.posts if post.json["type"] == "alarm.digest")
            assert digest["data"]["count"] == len(LAMPS)
            assert digest["data"]["types"] == {"lampFailure": len(LAMPS)}
            told = room.record(fire=False)
            assert {each.message for each in told} == {digest["id"]}

    asyncio.run(scene())


def test_a_dead_channel_delays_no_other_and_is_an_alarm_until_it_works(
    room: Room, hook: Receiver, other: Receiver
) -> None:
    async def scene() -> None:
        hook.way = hang
        async with room.open():
            await room.channel("sms", hook)
            await room.channel("boss", other)
            await room.route("all", (0, "sms"))
            await room.route("too", (0, "boss"))
            for number in range(8):  # more than may be under way at once
                await room.says("fireAlarm", "panel-1", active=number % 2 == 0)
                room.clock.added += 1
            await room.until("all of it at the channel that works", lambda: len(other.posts) == 8)
            assert kinds(other) == ["alarm.began", "alarm.ended"] * 4
            hook.way = answer(503)
            hook.ended.set()
            await room.until("the failure to be noticed", lambda: room.desk.outboxes["sms"].failing_since is not None)
            for _ in range(3):
                room.clock.added += 60
                await room.alarms.look()
            failed = [a for a in room.alarms.book.standing.values() if a.key.type == "notificationFailed"]
            assert [(alarm.key.point, alarm.state.raised) for alarm in failed] == [("sms", True)]
            await room.desk.catch_up()
            await room.pass_by(11)
            await room.until("the other channel to tell of it", lambda: len(other.posts) == 9)
            hook.way = answer(200)
            hook.posts.clear()
            room.desk.outboxes["sms"].hurry()
            await room.settled()
            ids = [post.headers["webhook-id"] for post in hook.posts]
            assert [each.message for each in room.record(channel="sms")] == ids[-8:], "in order, each once"
            await room.alarms.look()
            assert not any(
                a.state.raised for a in room.alarms.book.standing.values() if a.key.type == "notificationFailed"
            )

    asyncio.run(scene())


def test_nothing_is_tried_for_ever_and_nothing_is_lost_silently(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        hook.way = answer(404, b"gone")
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"))
            await room.says("circuitBreakerTripped", "gate-1")
            await room.pass_by(11)
            await room.until("some attempts", lambda: len(hook.posts) >= 3)
            room.clock.added += 3601
            await room.settled()
            (lost,) = room.record()
            assert lost.state is DeliveryState.GIVEN_UP and "not delivered within 1 h: 404 gone" in lost.reason
            tries = room.registry.deliveries.attempts([lost.message])
            assert len(tries) == lost.attempts and {each.outcome for each in tries} == {Outcome.FAILED}
            assert len({post.headers["webhook-id"] for post in hook.posts}) == 1
            hook.way = answer(200)
            await room.desk.again(lost, LINE)
            await room.settled()
            (found,) = room.record()
            assert found.state is DeliveryState.DELIVERED and found.message == lost.message

    asyncio.run(scene())


def test_fire_is_never_given_up_for_its_age(room: Room, hook: Receiver, other: Receiver) -> None:
    async def scene() -> None:
        hook.way = answer(503)
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"))
            await room.says("fireAlarm", "panel-1")
            await room.says("circuitBreakerTripped", "gate-1")
            await room.pass_by(11)
            await room.until("attempts of both", lambda: all(each.attempts for each in room.record()))
            for _ in range(3):
                tried = len(hook.posts)
                await room.pass_by(40 * 86_400.0)
                await room.until("it to be tried on", lambda tried=tried: len(hook.posts) > tried)
            await room.until("the other to be given up", lambda: room.record(states=[DeliveryState.GIVEN_UP]))
            assert {each.fire: each.state for each in room.record()} == {
                True: DeliveryState.WAITING, False: DeliveryState.GIVEN_UP,
            }  # fmt: skip
        async with room.open():
            hook.way = answer(200)
            await room.until("it to be told", lambda: room.record(states=[DeliveryState.DELIVERED], fire=True))

    asyncio.run(scene())


@pytest.mark.parametrize("days", [2, -2])
def test_a_clock_that_is_set_makes_nothing_old_and_hastens_no_step(
    room: Room, hook: Receiver, other: Receiver, days: int
) -> None:
    async def scene() -> None:
        hook.way = answer(503)
        async with room.open():
            await room.channel("sms", hook)
            await room.channel("boss", other)
            await room.route("all", (0, "sms"), (10, "boss"))
            await room.says("circuitBreakerTripped", "gate-1")
            await room.pass_by(11)
            await room.until("attempts", lambda: len(hook.posts) >= 2)
            failing = room.desk.parts()["notification_failing", "sms"]
            room.clock.set = days * 86_400.0
            tried = len(hook.posts)
            await room.pass_by(6)
            await room.until("it to be tried on", lambda: len(hook.posts) > tried + 2)
            await room.pass_by(6)
            assert [each.state for each in room.record()] == [DeliveryState.WAITING, DeliveryState.PLANNED]
            assert 0 < room.desk.parts()["notification_failing", "sms"] - failing < 60
        async with room.open():  # the next run reads the times that the clock was set to
            tried = len(hook.posts)
            await room.until("it to be tried on", lambda: len(hook.posts) > tried + 2)
            await room.pass_by(500)
            assert [each.state for each in room.record()] == [DeliveryState.WAITING, DeliveryState.PLANNED]
            hook.way = answer(200)
            room.desk.outboxes["sms"].hurry()
            await room.settled()
            assert other.posts == []
            await room.pass_by(100)
            await room.settled()
            assert kinds(other) == kinds(hook)[-1:] == ["alarm.began"]

    asyncio.run(scene())


def test_a_restart_goes_on_where_the_last_run_ended(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        hook.way = answer(503)
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"), (10, "sms"))
            await room.says("fireAlarm", "panel-1")
            await room.until("an attempt", lambda: hook.posts)
        room.registry.reports.record(  # the hub is away; the broker has handed it to the registry of the next run
            events=[EventReport("panel-1", "fireFault", True, room.clock.now(), room.clock.now())]
        )
        room.clock.added += 601
        hook.way = answer(200)
        hook.posts.clear()
        async with room.open():
            await room.desk.look()
            await room.settled()
            await room.until("the escalation", lambda: len(room.record(states=[DeliveryState.DELIVERED])) == 3)
            told = [(each.what, each.step, each.state) for each in room.record()]
            assert told[:2] == [(What.BEGAN, 0, DeliveryState.DELIVERED), (What.BEGAN, 1, DeliveryState.DELIVERED)]
            assert room.desk.outboxes["sms"].failing_since is None
        async with room.open():
            await room.desk.catch_up()
            assert len(room.record()) == 4, "what was planned once is not planned again"

    asyncio.run(scene())


def test_what_is_shelved_or_told_already_is_not_told_again(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"))
            await room.says("lampFailure", "lamp-1")
            (alarm,) = room.alarms.book.standing.values()
            end = room.clock.now() + 3600
            await room.alarms.change([alarm.id], lambda d, a: d.shelve(a, end, "lan", "known"), lambda _: None)
            await room.pass_by(11)
            assert [each.reason for each in room.record()] == ["shelved by lan"]
            await room.alarms.change([alarm.id], lambda d, a: d.unshelve(a, "lan"), lambda _: None)
            await room.desk.catch_up()
            await room.pass_by(11)
            await room.settled()
            assert kinds(hook) == ["alarm.began"]
            await room.alarms.change([alarm.id], lambda d, a: d.shelve(a, end, "lan", "known"), lambda _: None)
            await room.alarms.change([alarm.id], lambda d, a: d.unshelve(a, "lan"), lambda _: None)
            await room.desk.catch_up()
            await room.pass_by(11)
            await room.settled()
            assert kinds(hook) == ["alarm.began"]

    asyncio.run(scene())


def test_a_deleted_channel_discards_what_waited_and_its_alarm_ends(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        hook.way = answer(503)
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"), (30, "sms"))
            await room.says("fireAlarm", "panel-1")
            await room.until("the failure to be noticed", lambda: room.desk.outboxes["sms"].failing_since is not None)
            for _ in range(2):
                room.clock.added += 61
                await room.alarms.look()
            assert any(a.state.raised for a in room.alarms.book.standing.values() if a.key.type == "notificationFailed")
            await room.desk.delete_channel("sms", replace(LINE, who="huong"))
            assert {(each.state, each.by) for each in room.record()} == {(DeliveryState.DISCARDED, "huong")}
            await room.alarms.look()
            assert not any(
                a.state.raised for a in room.alarms.book.standing.values() if a.key.type == "notificationFailed"
            )

    asyncio.run(scene())


def test_secrets_of_another_key_are_said_to_be_unreadable_and_nothing_breaks(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        async with room.open():
            await room.channel("sms", hook)
        room.key = Fernet.generate_key().decode()
        async with room.open():
            id = await room.desk.test("sms", "admin", LINE)
            found = room.registry.deliveries.get(id)
            assert found is not None and found.state is DeliveryState.GIVEN_UP
            assert "restore that file, or write the secrets again" in found.reason
            assert hook.posts == []

    asyncio.run(scene())


def test_a_channel_that_is_changed_while_the_registry_goes_away_goes_on(
    room: Room, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        hook.way = answer(503)
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"))
            await room.says("fireAlarm", "panel-1")
            await room.until("an attempt", lambda: hook.posts)
            with monkeypatch.context() as broken, pytest.raises(RegistryUnavailable):
                broken.setattr(room.registry.deliveries, "interrupted", _away)
                await room.channel("sms", hook)
            hook.way = answer(200)
            await room.settled()
            assert [each.state for each in room.record()] == [DeliveryState.DELIVERED]

    asyncio.run(scene())


def _away(*_: object) -> int:
    raise RegistryUnavailable("away")


def test_what_waited_for_a_channel_that_was_deleted_when_the_hub_was_killed_is_over(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        hook.way = answer(503)
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"), (30, "sms"))
            await room.says("fireAlarm", "panel-1")
            await room.until("an attempt", lambda: hook.posts)
        room.registry.channels.delete("sms")  # and killed before its messages were settled
        async with room.open():
            assert {(each.state, each.reason) for each in room.record()} == {
                (DeliveryState.DISCARDED, "its channel was deleted")
            }

    asyncio.run(scene())


def test_what_is_due_since_long_ago_is_tried_after_a_restart_and_what_a_person_sends_again_too(
    room: Room, hook: Receiver
) -> None:
    async def scene() -> None:
        hook.way = answer(503)
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"))
            await room.says("fireAlarm", "panel-1")
            await room.until("an attempt", lambda: hook.posts)
        room.clock.added += 3601  # the hub was away for longer than it tries
        hook.way = answer(200)
        async with room.open():
            await room.settled()
            (found,) = room.record()
            assert found.state is DeliveryState.DELIVERED
            hook.way = answer(404)
            await room.says("supplyLoss", "gate-1")
            await room.pass_by(11)
            await room.until("an attempt", lambda: len(room.record()) == 2 and room.record()[1].attempts)
            room.clock.added += 3601
            await room.settled()
            lost = room.record()[1]
            assert lost.state is DeliveryState.GIVEN_UP
            hook.way = answer(503)
            await room.desk.again(lost, LINE)
        hook.way = answer(503)
        async with room.open():
            before = len(hook.posts)
            await room.until("it to be tried again", lambda: len(hook.posts) > before + 1)
            assert room.record()[1].state is DeliveryState.WAITING

    asyncio.run(scene())


def test_a_message_that_cannot_be_made_holds_up_no_other(
    room: Room, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = outbox.text

    def text(deliveries: Any, *rest: Any) -> Any:
        if any(each.body.get("alarm", {}).get("type") == "fireFault" for each in deliveries):
            raise KeyError("unforeseen")
        return made(deliveries, *rest)

    async def scene() -> None:
        monkeypatch.setattr(outbox, "text", text)
        room.retry = Retry(first=60.0, most=60.0, fire_most=60.0, give_up=3600.0)
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"))
            await room.says("fireFault", "panel-1")
            await room.until("its attempt to end", lambda: room.desk.outboxes["sms"].failing_since is not None)
            await room.says("fireAlarm", "panel-1")
            await room.until("the other", lambda: hook.posts)
            assert [each.attempts for each in room.record()] == [1, 1]
            (tried,) = room.registry.deliveries.attempts([room.record()[0].message])
            assert (tried.outcome, tried.detail) == (Outcome.FAILED, "unforeseen: KeyError")

    asyncio.run(scene())
