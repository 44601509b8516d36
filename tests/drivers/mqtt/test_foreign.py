"""Devices of profiles through the driver: what is subscribed to, carried, refused and read again."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from drivers.mqtt import MqttDriver
from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause
from hub.ports import CannotCarry, Confirmation, Lane, Order
from hub.registry.city import City
from tests.drivers.mqtt.broker import mosquitto
from tests.drivers.mqtt.hub import Collected, context, running
from tests.drivers.mqtt.wire import publish
from tests.e2e.foreign import ChirpStack, Foreign

FLAT = Device("flat-1", "", DeviceKind.LIGHT, "flat-json")
PLUG = Device("plug-1", "", DeviceKind.LIGHT, "tasmota", address="tasmota_1")
BULB = Device("bulb-1", "", DeviceKind.LIGHT, "zigbee2mqtt", address="le loi 12")
BRIDGE = Device("bridge-1", "", DeviceKind.GATEWAY, "zigbee2mqtt", address="bridge")
RADIO = Device("radio-1", "", DeviceKind.LIGHT, "chirpstack", address="0101010101010101")
NATIVE = Device("lamp-1", "", DeviceKind.LIGHT)
BEHIND = Device("lamp-2", "", DeviceKind.LIGHT, address="lamp-1")


def order(device: str, operation: Operation = Operation.SET_LEVEL, level: float | None = 60) -> Order:
    now = time.time()
    return Order(Command("cmd-1", operation, now, "an", now + 60, level), device=device)


def test_only_topics_of_types_in_use_are_heard_from_the_first_device_to_the_last(tmp_path: Path) -> None:
    async def scene() -> None:
        inbox, city = Collected(), City(devices=[NATIVE])

        async def say(power: int) -> None:
            """The flat device, and after it on the same connection the plug."""
            await publish(broker, "tele/flat-1/telemetry", json.dumps({"power": power}))
            await publish(broker, "tele/tasmota_1/SENSOR", json.dumps({"ENERGY": {"Power": 1000 + power}}))

        async def heard(power: int) -> None:
            await inbox.until(lambda: power in inbox.values("power"))

        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, inbox, city)):
                await say(1)
                city.put_devices([FLAT, PLUG])
                async with asyncio.timeout(20):
                    while not {2, 1002} <= set(inbox.values("power")):
                        await say(2)
                assert not {1, 1001} & set(inbox.values("power"))
                await publish(broker, "tele/tasmota_1/STATE", '{"POWER":"ON","Dimmer":42}')
                await inbox.until(lambda: bool(inbox.all("lights")))
                assert [lane for lane, delivery in inbox.deliveries if delivery.lights] == [Lane.STATE]
                (light,) = inbox.all("lights")
                assert (light.device, light.level, light.cause) == ("plug-1", 42.0, Cause.LOCAL)
                city.drop_device("flat-1")
                round_, refused = 2, -1
                while refused != len(inbox.all("rejected")):  # until a round goes by in which it is not heard any more
                    refused, round_ = len(inbox.all("rejected")), round_ + 1
                    await say(round_)
                    await heard(1000 + round_)
            await say(500)  # while the hub is away
            async with running(context(broker.url, inbox, city)):
                await heard(1500)
            assert len(inbox.all("rejected")) == refused

    asyncio.run(scene())


def test_orders_are_carried_as_the_type_reads_them_or_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        city = City(devices=[FLAT, PLUG, BULB, RADIO])
        inbox = Collected()
        with mosquitto(tmp_path / "broker") as broker:
            others = Foreign(broker.port, "cmnd/#", "zigbee2mqtt/#")
            server = ChirpStack(broker.port)
            async with running(context(broker.url, inbox, city)) as driver:
                while len(others.granted) < 2 or not server.granted:
                    await asyncio.sleep(0.01)
                await driver.send(order("plug-1"))
                await driver.send(order("bulb-1"))
                while len(others.heard) < 2:
                    await asyncio.sleep(0.01)
                heard = dict(others.heard)
                assert b"Dimmer 60" in heard["cmnd/tasmota_1/Backlog0"]
                assert json.loads(heard["zigbee2mqtt/le loi 12/set"])["brightness"] == 152
                with pytest.raises(CannotCarry, match="know no set_level"):
                    await driver.send(order("flat-1"))
                with pytest.raises(CannotCarry, match="know no resume"):
                    await driver.send(order("plug-1", Operation.RESUME))
                with pytest.raises(CannotCarry, match="wait for it"):
                    await driver.send(order("radio-1"))  # its application is not known yet
                server.uplink(RADIO.address or "", {"dim": 30})
                await inbox.until(lambda: bool(inbox.all("lights")))
                await driver.send(order("radio-1"))
                await inbox.until(lambda: bool(inbox.all("results")))
            others.close()
            server.close()
        (receipt,) = inbox.all("results")
        assert (receipt.device, receipt.command, receipt.outcome) == ("radio-1", "cmd-1", Outcome.SENT)
        assert "not said yet" in receipt.detail

    asyncio.run(scene())


def _driver(*devices: Device) -> MqttDriver:
    return MqttDriver(context("mqtt://127.0.0.1", Collected(), City(devices=devices)))


def test_an_account_reaches_what_its_device_is_and_no_further() -> None:
    driver = _driver()
    native, plug, bridge = (driver.access(device) for device in (NATIVE, PLUG, BRIDGE))
    assert native is not None and native.publish == ("ll/d/lamp-1/up/#",)
    assert native.subscribe == ("ll/d/lamp-1/down/#", "ll/g/+/down/command")
    assert plug is not None and {"tele/tasmota_1/#", "stat/tasmota_1/#"} <= set(plug.publish)
    assert "cmnd/tasmota_1/#" in plug.subscribe
    assert bridge is not None and bridge.publish == ("zigbee2mqtt/#",)
    assert driver.access(BULB) is None and driver.access(BEHIND) is None  # others sign in for them
    assert driver.access(Device("x", "", DeviceKind.LIGHT, "no-such-profile")) is None


def test_types_are_told_to_the_hub() -> None:
    profiles = _driver().profiles()
    assert profiles["native"].groups and profiles["native"].operations == frozenset(Operation)
    assert not profiles["tasmota"].groups and profiles["tasmota"].confirmation is Confirmation.STATE
    assert not profiles["flat-json"].operations


def test_what_was_put_aside_is_read_again_as_if_it_had_just_come() -> None:
    driver, now = _driver(NATIVE, FLAT), time.time()
    native = driver.decode("ll/d/lamp-1/up/telemetry", b'[{"n":"power","v":61.5}]', now - 60, lambda: None)
    assert native is not None and native.rows[0].values == {"power": 61.5} and native.rows[0].received == now - 60
    flat = driver.decode("tele/flat-1/telemetry", b'{"power":61.5}', now, lambda: None)
    assert flat is not None and flat.rows[0].device == "flat-1"
    again = driver.decode("tele/stranger/telemetry", b'{"power":61.5}', now, lambda: None)
    assert again is not None and [each.code for each in again.rejected] == ["unknown-device"]
    assert driver.decode("store", b"{}", now, lambda: None) is None


def test_a_citys_own_profile_is_known_and_a_bad_one_named(tmp_path: Path) -> None:
    own = """
        title = "Own"
        kinds = ["light"]
        [[messages]]
        topic = "own/{device}"
        channel = "telemetry"
        fields = [{ field = "p", metric = "power" }]
    """
    (tmp_path / "own.toml").write_text(own)
    device = Device("own-1", "", DeviceKind.LIGHT, "own")
    driver = MqttDriver(context("mqtt://127.0.0.1", Collected(), City(devices=[device]), profiles=str(tmp_path)))
    delivery = driver.decode("own/own-1", b'{"p":7}', time.time(), lambda: None)
    assert delivery is not None and delivery.rows[0].values == {"power": 7.0}
    (tmp_path / "own.toml").write_text(own.replace("power", "powder"))
    with pytest.raises(ValueError, match=r"own\.toml.*powder"):
        MqttDriver(context("mqtt://127.0.0.1", Collected(), City(), profiles=str(tmp_path)))
