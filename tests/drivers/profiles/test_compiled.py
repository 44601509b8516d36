"""Profiles at work: addresses, channels, accounts, what lights say, commands that cannot be carried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.burst import Burst
from drivers.profiles import SHIPPED, CannotCarry, Channel, Profiles, load_profiles
from hub.model.commands import Command, Operation
from tests.drivers.profiles.registered import NOW, compiled, device

LEVEL = Command("cmd-1", Operation.SET_LEVEL, NOW, "operator", NOW + 60, 60.0)
EUI = "0101010101010101"


def said(profiles: Profiles, topic: str | bytes, payload: object, received: float = NOW) -> Burst:
    burst = Burst()
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    assert profiles.decode(topic, raw, received, burst)
    return burst


def test_a_topic_of_no_profile_is_left_to_others() -> None:
    burst = Burst()
    profiles = compiled([])
    for topic in ("ll/d/lamp-1/up/state", "tele/lamp-1/STATE/x", "tele/lamp-1/state", b"tele/\xff/STATE", ""):
        assert not profiles.decode(topic, b"{}", NOW, burst)
    assert burst == Burst()


def test_a_cleared_retained_message_says_nothing() -> None:
    assert said(compiled([device("tasmota")]), "tele/lamp-1/STATE", b"") == Burst()


def test_topics_come_as_text_or_bytes() -> None:
    profiles = compiled([device("zigbee2mqtt", address="Đèn đường 1")])
    for topic in ("zigbee2mqtt/Đèn đường 1", "zigbee2mqtt/Đèn đường 1".encode()):
        assert said(profiles, topic, {"power": 40}).rows[0].device == "lamp-1"


def test_the_id_is_the_address_of_a_device_that_has_none() -> None:
    profiles = compiled([device("flat-json"), device("tasmota", "lamp-2", address="lamp-1")])
    assert said(profiles, "tele/lamp-1/telemetry", {"power": 1}).rows[0].device == "lamp-1"
    assert said(profiles, "tele/lamp-1/STATE", {"POWER": "OFF"}).rows[0].device == "lamp-2"


def test_an_unknown_address_is_refused_with_what_to_register() -> None:
    (rejected,) = said(compiled([]), "zigbee2mqtt/hall", {"state": "ON"}).rejected
    assert (rejected.code, rejected.device) == ("unknown-device", "hall")
    assert "profile 'zigbee2mqtt' has the address 'hall': register it" in rejected.reason


def test_every_channel_has_its_filters() -> None:
    filters = compiled([]).subscriptions()
    assert filters[Channel.TELEMETRY] == (
        "application/+/device/+/event/status",
        "tele/+/telemetry",
        "tele/+/SENSOR",
    )
    assert "zigbee2mqtt/+" in filters[Channel.STATE]
    assert "tele/+/LWT" in filters[Channel.PRESENCE]
    assert filters[Channel.RESULT] == ("application/+/device/+/event/ack",)


def test_telemetry_tells_of_a_light_when_its_level_changes() -> None:
    profiles = compiled([device("flat-json"), device("flat-json", "meter-1", "meter")])
    levels = [
        [light.level for light in said(profiles, "tele/lamp-1/telemetry", message, NOW + second).lights]
        for second, message in enumerate([{"dim": 40}, {"dim": 40, "power": 9}, {"power": 9}, {"on": True}, {"dim": 0}])
    ]
    assert levels == [[40.0], [], [], [100.0], [0.0]]
    assert said(profiles, "tele/meter-1/telemetry", {"dim": 40}).lights == []


def test_a_state_always_tells_of_a_light() -> None:
    profiles = compiled([device("tasmota")])
    for _ in range(2):
        assert said(profiles, "stat/lamp-1/RESULT", {"POWER": "ON", "Dimmer": 40}).lights[0].level == 40.0


def test_a_report_with_a_wrong_clock_is_taken_at_the_time_of_receipt() -> None:
    message = {"time": "2031-01-01T00:00:00Z", "object": {"level": 60}}
    burst = said(compiled([device("chirpstack", address=EUI)]), f"application/a/device/{EUI}/event/up", message)
    assert burst.lights[0].time == burst.rows[0].time == NOW
    assert burst.rows[0].quality == 1
    assert burst.rejected == []


def test_an_old_report_counts_but_is_no_reading() -> None:
    message = {"time": "2024-01-01T00:00:00Z", "object": {"level": 60}}
    burst = said(compiled([device("chirpstack", address=EUI)]), f"application/a/device/{EUI}/event/up", message)
    assert burst.lights[0].level == 60.0
    assert burst.rows == []


# --- commands -----------------------------------------------------------------------------------------------------


def test_what_a_type_cannot_do_is_said_at_once() -> None:
    for profile, operation, reason in (
        ("flat-json", Operation.SET_LEVEL, "know no set_level: they take no command at all"),
        ("tasmota", Operation.RESUME, "know no resume: they take identify, read, reboot, set_level"),
        ("talq", Operation.READ, "profile 'talq' is unknown: set it to one of chirpstack"),
    ):
        with pytest.raises(CannotCarry) as refused:
            compiled([]).publish(device(profile), Command("c", operation, NOW, "o", NOW + 60, 1.0))
        assert reason in refused.value.reason


def test_an_application_is_learnt_from_an_uplink_or_written_in_the_address() -> None:
    lamp, other = device("chirpstack", address=EUI), device("chirpstack", "lamp-2", address="app-2/0202020202020202")
    profiles = compiled([lamp, other])
    assert profiles.publish(other, LEVEL).topic == "application/app-2/device/0202020202020202/command/down"
    with pytest.raises(CannotCarry, match="application of the device is not known before it has reported"):
        profiles.publish(lamp, LEVEL)
    said(profiles, f"application/app-1/device/{EUI}/event/up", {"rxInfo": [{"rssi": -90}]})
    assert profiles.publish(lamp, LEVEL).topic == f"application/app-1/device/{EUI}/command/down"


def test_the_network_names_a_downlink_as_we_did() -> None:
    lamp = device("chirpstack", address=f"app/{EUI}")
    profiles = compiled([lamp])
    message = profiles.publish(lamp, LEVEL)
    assert message.reference == json.loads(message.payload)["id"]
    ack = {"queueItemId": message.reference, "acknowledged": True}
    (delivery,) = said(profiles, f"application/app/device/{EUI}/event/ack", ack).deliveries
    assert (delivery.device, delivery.reference, delivery.delivered) == ("lamp-1", message.reference, True)


OWN = """
title = "LoRa lamp"
kinds = ["light"]
[[messages]]
topic = "lora/{device}/up"
channel = "state"
fields = [{ field = "lv", metric = "level", full = 255 }]
[commands]
confirmation = "state"
level = { full = 255, least = 3 }
ramp = { scale = 10, most = 65535 }
[commands.set_level]
topic = "lora/{device}/down"
json = { data = "{bytes}", note = "{id} at {level}" }
hex = "01 {level:02x} {ramp:04x}"
[commands.reboot]
topic = "lora/{device}/down"
hex = "ff"
"""


def test_bytes_are_written_in_hexadecimal_and_carried_in_base64(tmp_path: Path) -> None:
    (tmp_path / "lora.toml").write_text(OWN)
    lamp = device("lora", address="a b")
    profiles = compiled([lamp], profiles=load_profiles(tmp_path))
    for level, ramp, data, note in ((60.0, 2.5, "AZkAGQ==", "c at 153"), (0.5, 0.0, "AQMAAA==", "c at 3")):
        command = Command("c", Operation.SET_LEVEL, NOW, "o", NOW + 60, level, ramp)
        message = profiles.publish(lamp, command)
        assert message.topic == "lora/a b/down"
        assert json.loads(message.payload) == {"data": data, "note": note}
        assert message.reference is None
    assert profiles.publish(lamp, Command("c", Operation.REBOOT, NOW, "o", NOW + 60)).payload == b"\xff"


@pytest.mark.parametrize("profile", ["tasmota", "zigbee2mqtt"])
@pytest.mark.parametrize("level", [0.0, 0.3, 1.0, 33.3, 60.0, 99.9, 100.0])
def test_a_lamp_that_obeys_reports_the_level_that_was_ordered(profile: str, level: float) -> None:
    lamp = device(profile)
    profiles = compiled([lamp])
    message = profiles.publish(lamp, Command("c", Operation.SET_LEVEL, NOW, "o", NOW + 60, level))
    if profile == "zigbee2mqtt":
        topic, state = "zigbee2mqtt/lamp-1", {"brightness": 200} | json.loads(message.payload)
    elif message.payload == b"OFF":
        topic, state = "stat/lamp-1/RESULT", {"POWER": "OFF"}
    else:
        done = dict(part.strip().split(" ") for part in message.payload.decode().split(";") if " " in part.strip())
        topic, state = "stat/lamp-1/RESULT", {"POWER": "ON", "Dimmer": int(done["Dimmer"])}
    (light,) = said(profiles, topic, state).lights
    assert light.level == pytest.approx(level, abs=1.0)
    assert (light.level > 0) is (level > 0)


# --- accounts at the broker ---------------------------------------------------------------------------------------


def test_a_device_may_use_its_own_topics_only() -> None:
    lamp = device("tasmota", address="tasmota_1")
    profiles = compiled([lamp])
    assert profiles.publish_filters(lamp) == ("tele/tasmota_1/#", "stat/tasmota_1/#")
    assert profiles.subscribe_filters(lamp) == ("cmnd/tasmota_1/#", "cmnd/tasmotas/#")
    meter = device("flat-json", "meter-1", "meter")
    assert profiles.publish_filters(meter) == ("tele/meter-1/telemetry",)
    assert profiles.subscribe_filters(meter) == ()


def test_a_bridge_may_use_the_topics_of_all_its_devices() -> None:
    bridge, bulb = device("zigbee2mqtt", "zigbee", "gateway", "bridge"), device("zigbee2mqtt")
    profiles = compiled([bridge, bulb])
    assert profiles.publish_filters(bridge) == profiles.subscribe_filters(bridge) == ("zigbee2mqtt/#",)
    assert profiles.publish_filters(bulb) == (
        "zigbee2mqtt/lamp-1",
        "zigbee2mqtt/lamp-1/availability",
        "zigbee2mqtt/lamp-1/state",
    )
    assert profiles.subscribe_filters(bulb) == ("zigbee2mqtt/lamp-1/set", "zigbee2mqtt/lamp-1/get")


def test_only_a_bridge_tells_of_the_bridge() -> None:
    profiles = compiled([device("zigbee2mqtt", "zigbee", "gateway", "bridge"), device("zigbee2mqtt")])
    assert said(profiles, "zigbee2mqtt/bridge/state", b"offline").presence[0].online is False
    assert said(profiles, "zigbee2mqtt/lamp-1/state", b"OFF") == Burst()


def test_the_shipped_profiles_do_not_overlap_with_native_topics() -> None:
    for profile in load_profiles(SHIPPED).values():
        assert all(not pattern.filter.startswith("ll/") for pattern in profile.topics)
