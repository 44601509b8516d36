"""Messages that incidents leave: told once each by the channels and routes that they name, through kills, in the record."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.model.incidents import Incident, IncidentChanges, Message
from hub.model.notify import DeliveryState, What
from tests.notify.test_desk import LINE, Room, hook, kinds, other, room
from tests.servers.webhook import Receiver, answer

__all__ = ["hook", "other", "room"]  # fixtures


class Killed(BaseException):
    """The process is no more."""


def leaves(room: Room, *messages: tuple[str, tuple[str, ...]], id: str = "inc-1", type: str = "cableCut") -> None:
    """An incident leaves these (what, to) for notifications."""
    now = room.clock.now()
    incident = Incident(id, "cable", "Cable", "gate-1", type, "", "cut", now, now + 900, 60.0, now + 900)
    told = [Message(now, id, "cable", "gate-1", what, "high", f"Cable cut: {what}", to) for what, to in messages]
    room.registry.incidents.apply(IncidentChanges((incident,), (), tuple(told)))


async def told(room: Room, hook: Receiver) -> list[str]:
    await room.desk.catch_up()
    await room.settled()
    return kinds(hook)


def test_a_message_goes_once_to_each_channel_and_route_that_it_names(
    room: Room, hook: Receiver, other: Receiver
) -> None:
    async def scene() -> None:
        async with room.open():
            await room.channel("sms", hook)
            await room.channel("boss", other)
            await room.route("night", (0, "sms"), (10, "boss"), when={"classes": ["hub"]})
            leaves(room, ("opened", ("sms", "night")), ("ended", ("boss",)))
            assert await told(room, hook) == ["incident.opened"]
            assert kinds(other) == ["incident.ended"]
            sent = hook.posts[0].json["data"]["incident"]
            assert sent | {"street": None, "cabinet": None} == {
                "id": "inc-1", "playbook": "cable", "what": "opened", "text": "Cable cut: opened", "severity": "high",
                "class": "safety", "type": "cableCut", "point": "", "device": "gate-1", "name": "Tủ", "zone": "le-loi",
                "zones": ["le-loi", "ward-1"], "zone_name": "Lê Lợi", "street": None, "cabinet": None,
            }  # fmt: skip
            record = [(each.channel, each.alarm, each.what, each.state) for each in room.record()]
            assert record == [
                ("sms", "inc-1", What.INCIDENT, DeliveryState.DELIVERED),
                ("boss", "inc-1", What.INCIDENT, DeliveryState.DELIVERED),
            ]
            assert room.registry.deliveries.message_cursor() == 2
        async with room.open():
            assert await told(room, hook) == ["incident.opened"], "what was planned once is not planned again"

    asyncio.run(scene())


@pytest.mark.parametrize("to", [(), ("nobody",), ("nobody", "off")])
def test_where_no_name_is_given_or_one_is_gone_the_routes_choose(
    room: Room, hook: Receiver, other: Receiver, to: tuple[str, ...]
) -> None:
    async def scene() -> None:
        async with room.open():
            await room.channel("sms", hook)
            await room.channel("boss", other)
            choice = {"severities": ["high"], "types": ["cableCut"], "zones": ["ward-1"]}
            await room.route("fits", (0, "sms"), when=choice, on=["began"])
            await room.route("off", (0, "boss"), enabled=False)
            await room.route("lights", (0, "boss"), when={"severities": ["critical"]})
            leaves(room, ("opened", to), ("refused", to), ("ended", to))
            assert await told(room, hook) == ["incident.opened", "incident.refused"]
            assert other.posts == []

    asyncio.run(scene())


@pytest.mark.parametrize("written", [False, True])
def test_killed_before_or_after_it_was_planned_it_is_told_and_planned_once(
    room: Room, hook: Receiver, written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with room.open():
            await room.channel("sms", hook)
            await room.desk.stop()  # nothing else looks: it is killed in the midst of this one
            record = room.registry.deliveries
            plan = record.plan

            def cut(*given: Any, **more: Any) -> Any:
                if written:
                    plan(*given, **more)
                raise Killed

            leaves(room, ("opened", ("sms",)))
            with monkeypatch.context() as dying, pytest.raises(Killed):
                dying.setattr(record, "plan", cut)
                await room.desk.catch_up()
            assert len(room.record()) == written and hook.posts == []
        async with room.open():
            assert await told(room, hook) == ["incident.opened"]
            assert len(room.record()) == 1

    asyncio.run(scene())


def test_quiet_hours_hold_it_unless_it_is_of_fire(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        room.clock.added = 11 * 3600.0  # 23:00
        async with room.open():
            await room.channel("sms", hook)
            await room.route("all", (0, "sms"), quiet=[{"from": "22:00", "until": "06:00"}])
            leaves(room, ("opened", ()))
            leaves(room, ("opened", ()), id="inc-2", type="fireAlarm")
            assert await told(room, hook) == ["incident.opened"]
            assert hook.posts[0].json["data"]["incident"]["id"] == "inc-2"
            assert [(each.alarm, each.fire) for each in room.record(fire=True)] == [("inc-2", True)]
            await room.pass_by(7.1 * 3600)
            assert await told(room, hook) == ["incident.opened"] * 2

    asyncio.run(scene())


def test_what_an_incident_says_in_a_digest_and_after_it_was_given_up_is_not_lost(room: Room, hook: Receiver) -> None:
    async def scene() -> None:
        hook.way = answer(503)
        async with room.open():
            await room.channel("sms", hook, digest={"most": 1, "within": 60})
            leaves(room, ("opened", ("sms",)), ("refused", ("sms",)), ("ended", ("sms",)))
            await room.desk.catch_up()
            await room.until("an attempt", lambda: hook.posts)
            room.clock.added += 3601
            await room.settled()
            lost = room.record(states=[DeliveryState.GIVEN_UP])
            assert len(lost) == 3
            hook.way = answer(200)
            hook.posts.clear()
            for each in lost:
                await room.desk.again(each, LINE)
            await room.settled()
            said = [post.json for post in hook.posts]
            items = [item for each in said for item in each["data"].get("items", [each])]
            assert [item["type"] for item in items] == ["incident.opened", "incident.refused", "incident.ended"]

    asyncio.run(scene())
