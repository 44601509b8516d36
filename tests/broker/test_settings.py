"""Settings and accounts that cannot be are refused with one sentence."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hub.broker import BrokerError, BrokerSettings, hash_secret
from tests.broker.house import HUB, accounts, house


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prefix", ""), ("prefix", "ll/#"), ("prefix", "a.b"), ("prefix", "/ll"), ("sync", "often"), ("sync", "0s"),
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
                await made.broker.publish({device: secret_hash or hash_secret("x" * 32)})
            assert lamp.connected
            await made.device("lamp-1")
            await made.broker.publish(accounts(["lamp-1", "lamp-2"]))
            await made.device("lamp-2")

    asyncio.run(play())


def test_another_prefix_with_levels(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", prefix="city/hue") as made:
            hub, lamp = await made.hub(), await made.device("lamp-1")
            assert hub.subscribe("city/hue/d/+/up/#", "ll/d/+/up/#") == [1, 128]
            lamp.publish("ll/d/lamp-1/up/state", "elsewhere")
            lamp.publish("city/hue/d/lamp-1/up/state", "here")
            assert hub.next().payload == "here"
            assert hub.messages.empty()

    asyncio.run(play())
