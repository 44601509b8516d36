"""Settings and accounts that cannot be are refused with one sentence."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hub.broker import BrokerError, BrokerSettings, EmbeddedBroker, hash_secret
from hub.ports import BrokerAccess, BrokerAccount
from tests.broker.clients import REFUSED
from tests.broker.house import HUB, SECRET, accounts, house, native


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sync", "often"), ("sync", "0s"),
        ("host", 'x" }'), ("mqtt_port", 0), ("mqtt_port", 65536), ("max_in_flight", 0), ("max_in_flight", 65536),
        ("max_payload", 0), ("max_store", 1000), ("ack_wait", 0), ("log_size", 0),
    ],
)  # fmt: skip
def test_a_bad_setting_is_named(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(BrokerError, match=name.replace("mqtt_", "")):
        BrokerSettings(folder=tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("device", "secret_hash"),
    [('x", password: "', None), ("Lamp", None), ("a.b", None), ("", None), (HUB, None), ("lamp-1", "plain")],
)
def test_an_account_that_cannot_be_changes_nothing(tmp_path: Path, device: str, secret_hash: str | None) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1") as made:
            lamp = await made.device("lamp-1")
            with pytest.raises(BrokerError, match="account"):
                await made.broker.publish({device: BrokerAccount(secret_hash or hash_secret("x" * 32), native(device))})
            assert lamp.connected
            await made.device("lamp-1")
            await made.broker.publish(accounts(["lamp-1", "lamp-2"]))
            await made.device("lamp-2")

    asyncio.run(play())


def test_an_account_may_do_what_its_access_says_and_no_more(tmp_path: Path) -> None:
    async def play() -> None:
        access = BrokerAccess(("tele/plug.1/+", "zigbee2mqtt/#"), ("cmnd/plug.1/+", "zigbee2mqtt/#"))
        async with house(tmp_path) as made:
            await made.broker.publish({"plug-1": BrokerAccount(hash_secret(SECRET), access)})
            hub, plug = await made.hub(), await made.device("plug-1")
            assert hub.subscribe("tele/+/STATE", "zigbee2mqtt/+", "ll/d/+/up/#") == [1, 1, 1]
            assert plug.subscribe("cmnd/plug.1/Dimmer", "zigbee2mqtt/+/set") == [1, 1]
            assert plug.subscribe("cmnd/plug/Dimmer", "cmnd/+/Dimmer", "tele/+/STATE") == [REFUSED] * 3
            plug.publish("tele/plug.2/STATE", "forged")
            plug.publish("ll/d/plug-1/up/state", "forged")
            plug.publish("tele/plug.1/STATE", "here")
            assert hub.next()[:2] == ("tele/plug.1/STATE", "here")
            plug.publish("zigbee2mqtt/lamp", "there")
            assert hub.next().payload == "there"
            hub.publish("cmnd/plug.1/Dimmer", "60")
            assert plug.next()[:2] == ("cmnd/plug.1/Dimmer", "60")
            assert hub.messages.empty()

    asyncio.run(play())


@pytest.mark.parametrize(
    "topic", ["zigbee2mqtt/bed room", "tele//STATE", "tele/a*b/STATE", "tele/a>/STATE", "tele/a#/STATE"]
)
def test_a_topic_that_the_broker_refuses_is_explained(tmp_path: Path, topic: str) -> None:
    broker = EmbeddedBroker(BrokerSettings(folder=tmp_path, mqtt_port=1), HUB, SECRET)
    with pytest.raises(ValueError, match="rename the device"):
        broker.usable(BrokerAccess((topic,), ()))
    with pytest.raises(ValueError, match=r"mqtt\.url"):
        broker.usable(BrokerAccess((), (topic,)))
