"""Settings that are wrong say what to write instead."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import drivers.mqtt
from drivers.mqtt import MqttDriver
from drivers.mqtt.driver import PROFILE_SESSIONS
from drivers.mqtt.session import wait_before
from drivers.mqtt.settings import BadSetting, Settings, read_settings, read_url
from drivers.mqtt.topics import CHANNELS
from hub.model.commands import Command, Operation
from hub.ports import Order, Unreachable
from tests.drivers.mqtt.hub import Collected, context


def test_addresses() -> None:
    plain, secure = read_url("mqtt://broker.example", None), read_url("mqtts://[::1]:9999/", None)
    assert (plain.host, plain.port, plain.tls) == ("broker.example", 1883, None)
    assert (secure.host, secure.port) == ("::1", 9999)
    assert secure.tls is not None and secure.tls.check_hostname


@pytest.mark.parametrize(
    "url", ["broker:1883", "http://broker", "mqtt://", "mqtt://user:secret@broker", "mqtt://b:99999", "mqtt://b/path"]
)
def test_bad_addresses_are_explained_without_their_secrets(url: str) -> None:
    with pytest.raises(BadSetting, match="mqtt://host:1883") as caught:
        read_url(url, None)
    assert "secret" not in str(caught.value)


def test_a_ca_file_that_is_not_there() -> None:
    with pytest.raises(BadSetting, match="ca_file"):
        read_url("mqtts://broker", "/nowhere/ca.pem")


@pytest.mark.parametrize(
    ("given_settings", "named"),
    [
        ({"prefx": "x"}, "prefix"),
        ({"keepalive": "soon"}, "keepalive"),
        ({"keepalive": 0}, "keepalive"),
        ({"prefix": "a/+"}, "prefix"),
        ({"prefix": "/a"}, "prefix"),
    ],
)
def test_bad_settings(given_settings: dict[str, Any], named: str) -> None:
    with pytest.raises(BadSetting, match=named):
        read_settings(given_settings)


def test_settings_from_the_environment_are_text() -> None:
    assert read_settings({"keepalive": "30", "future_limit": "60"}).limits().future == 60


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_waits_grow_to_five_seconds_and_differ(attempt: int, chance: float) -> None:
    assert 0.1 <= wait_before(attempt, chance) <= 5
    assert wait_before(attempt, 0) <= wait_before(attempt + 1, 0)
    assert wait_before(0, chance) <= 0.2


def test_every_setting_and_counter_is_documented() -> None:
    text = (Path(drivers.mqtt.__file__).parent / "README.md").read_text("utf-8")
    for name in Settings.__struct_fields__:
        assert f"`{name}`" in text, f"add {name} to the table of settings"
    driver = MqttDriver(context("mqtt://127.0.0.1", Collected()))
    for name in driver.counters():
        figure = re.sub(rf"^({'|'.join((*CHANNELS, *PROFILE_SESSIONS))})(?=_)", "", name)
        assert re.search(rf"(^|[ `]){figure}[ `]", text), f"add {figure} to the figures"


async def _refused(order: Order) -> None:
    await MqttDriver(context("mqtt://127.0.0.1", Collected())).send(order)


def test_an_order_before_the_start_is_unreachable() -> None:
    command = Command("c", Operation.READ, 1.0, "an", 2.0)
    with pytest.raises(Unreachable, match="not started"):
        asyncio.run(_refused(Order(command, device="lamp-0001")))
