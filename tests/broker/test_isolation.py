"""A device speaks as itself alone and hears what is meant for it alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.broker.clients import REFUSED, Will
from tests.broker.house import HUB, SECRET, House, house

FORBIDDEN_TO_HEAR = [
    "#", "+/#", "+/+/+/+/#", "ll/#", "ll/d/#", "ll/d/lamp-2/#", "ll/d/lamp-2/down/command", "ll/d/+/down/command",
    "ll/d/lamp-1/up/state", "ll/g/#", "ll/g/+/#", "$SYS/#", "$MQTT/#", "$MQTT/sub/#", "$MQTT/msgs/#", "$MQTT/rmsgs/#",
    "$MQTT/deliver/#", "$JS/API/#", "$JS/#", "$JSC/#", "_INBOX/#",
]  # fmt: skip
FORBIDDEN_TO_SAY = [
    "ll/d/lamp-2/up/state", "ll/d/lamp-1/down/command", "ll/d/lamp-2/down/command", "ll/d/lamp-2/down/config",
    "ll/g/ward-1/down/command", "ll/d/lamp-1/up", "ll/d/lamp-1", "elsewhere", "$MQTT/msgs/ll/d/lamp-2/up/state",
    "$MQTT/rmsgs/ll/d/lamp-2/up/state", "$MQTT/sub/x", "$SYS/x", "$JS/API/STREAM/PURGE/$MQTT_msgs",
]  # fmt: skip


def test_a_device_and_the_hub_talk(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1") as made:
            hub, lamp = await made.hub(), await made.device("lamp-1")
            assert hub.subscribe("ll/d/+/up/#") == [1]
            assert lamp.subscribe("ll/d/lamp-1/down/#", "ll/g/ward-1/down/command") == [1, 1]
            lamp.publish("ll/d/lamp-1/up/telemetry", "12")
            assert hub.next()[:2] == ("ll/d/lamp-1/up/telemetry", "12")
            hub.publish("ll/g/ward-1/down/command", "all")
            assert lamp.next()[:2] == ("ll/g/ward-1/down/command", "all")
            hub.publish("ll/d/lamp-1/down/config", "mine", retain=True)
            assert lamp.next()[:2] == ("ll/d/lamp-1/down/config", "mine")

    asyncio.run(play())


def test_what_is_not_its_own_cannot_be_heard(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", "lamp-2") as made:
            spy = await made.device("lamp-1")
            assert {topic: spy.subscribe(topic) for topic in FORBIDDEN_TO_HEAR} == {
                topic: [REFUSED] for topic in FORBIDDEN_TO_HEAR
            }
            hub, other = await made.hub(), await made.device("lamp-2")
            hub.subscribe("ll/d/+/up/#")
            spy.subscribe("ll/d/lamp-1/down/#")
            other.publish("ll/d/lamp-2/up/state", "secret", retain=True)
            hub.publish("ll/d/lamp-2/down/command", "secret")
            hub.publish("ll/d/lamp-1/down/command", "mine")
            assert spy.next().payload == "mine"
            assert spy.messages.empty()

    asyncio.run(play())


async def _own_words_only(made: House) -> None:
    """Say something allowed; the hub hears it and nothing before it, live or retained."""
    hub, honest = await made.hub(), await made.device("lamp-1")
    assert hub.subscribe("ll/#") == [1]
    honest.publish("ll/d/lamp-1/up/state", "honest")
    assert hub.next()[:2] == ("ll/d/lamp-1/up/state", "honest")
    assert hub.messages.empty()


@pytest.mark.parametrize("retain", [False, True])
def test_a_forged_publish_reaches_nobody(tmp_path: Path, retain: bool) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", "lamp-2") as made:
            hub, victim, forger = await made.hub(), await made.device("lamp-2"), await made.device("lamp-1")
            assert hub.subscribe("ll/#") == [1]
            victim.subscribe("ll/d/lamp-2/down/#", "ll/g/ward-1/down/command")
            for topic in FORBIDDEN_TO_SAY:
                forger.publish(topic, "forged", retain=retain)
            forger.publish("ll/d/lamp-1/up/state", "honest")
            assert hub.next()[:2] == ("ll/d/lamp-1/up/state", "honest")
            assert hub.messages.empty()
            hub.publish("ll/d/lamp-2/down/command", "real")
            assert victim.next().payload == "real"
            hub.leave()
            await _own_words_only(made)

    asyncio.run(play())


@pytest.mark.parametrize("retain", [False, True])
def test_a_forged_will_reaches_nobody(tmp_path: Path, retain: bool) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", "lamp-2") as made:
            hub = await made.hub()
            hub.subscribe("ll/d/+/up/#")
            forger = await made.device("lamp-1", will=Will("ll/d/lamp-2/up/presence", "offline", retain))
            honest = await made.device("lamp-1", will=Will("ll/d/lamp-1/up/presence", "offline", retain))
            forger.crash()
            honest.crash()
            assert hub.next()[:2] == ("ll/d/lamp-1/up/presence", "offline")
            assert hub.messages.empty()
            late = await made.hub()
            late.subscribe("ll/d/lamp-2/up/presence")
            honest = await made.device("lamp-2")
            honest.publish("ll/d/lamp-2/up/presence", "online")
            assert late.next().payload == "online"

    asyncio.run(play())


def test_nobody_else_gets_in(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1") as made:
            strangers = [(None, None), ("lamp-1", "wrong"), ("lamp-1", ""), ("lamp-9", SECRET), (HUB, SECRET)]
            for user, password in [*strangers, ("_keeper", SECRET)]:
                assert await asyncio.to_thread(made.client(user, password).connect) != 0, (user, password)

    asyncio.run(play())


def test_a_device_account_is_of_no_use_on_the_nats_port(tmp_path: Path) -> None:
    """NATS's own protocol has deliveries of other sessions in reach; device accounts are for MQTT alone."""

    async def play() -> None:
        async with house(tmp_path, "lamp-1") as made:
            ports = next((made.settings.folder / "ports").glob("*.ports")).read_text()
            port = int(ports.partition("nats://127.0.0.1:")[2].partition('"')[0])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readline()
            writer.write(b'CONNECT {"user":"lamp-1","pass":"%s","verbose":false}\r\nPING\r\n' % SECRET.encode())
            assert b"Authorization Violation" in await asyncio.wait_for(reader.readline(), 20)
            writer.close()

    asyncio.run(play())


def test_another_session_cannot_be_read_by_taking_its_client_id(tmp_path: Path) -> None:
    """MQTT lets whoever knows a client id end that connection; nats-server does not hand over what was queued."""

    async def play() -> None:
        async with house(tmp_path, "lamp-1", "lamp-2") as made:
            hub, victim = await made.hub(), await made.device("lamp-2", id="of-lamp-2")
            victim.subscribe("ll/d/lamp-2/down/#")
            victim.crash()
            hub.publish("ll/d/lamp-2/down/command", "for lamp-2")
            thief = await made.device("lamp-1", id="of-lamp-2")
            thief.subscribe("ll/d/lamp-1/down/#")
            hub.publish("ll/d/lamp-1/down/command", "for lamp-1")
            assert thief.next().payload == "for lamp-1"
            assert thief.messages.empty()
            thief.crash()
            again = await made.device("lamp-2", id="of-lamp-2")
            assert again.next().payload == "for lamp-2"

    asyncio.run(play())
