"""The city in memory: who is at which address, and who speaks for whom."""

from __future__ import annotations

from dataclasses import replace

from hub.model.devices import Device, DeviceKind
from hub.registry.city import City

PLUG = Device("plug-1", "", DeviceKind.LIGHT, "tasmota", address="tasmota_1")
OWN_ID = Device("plug-2", "", DeviceKind.LIGHT, "tasmota")
GATEWAY = Device("gw-1", "", DeviceKind.GATEWAY)
CHILD = Device("lamp-1", "", DeviceKind.LIGHT, address="gw-1")
NAMESAKE = Device("plug-3", "", DeviceKind.LIGHT, "tasmota", address="gw-1")


def test_a_device_is_found_by_its_address_or_having_none_its_id() -> None:
    city = City(devices=[PLUG, OWN_ID, GATEWAY, CHILD])
    assert city.at("tasmota", "tasmota_1") == PLUG
    assert city.at("tasmota", "plug-2") == OWN_ID
    assert city.at("tasmota", "plug-1") is None  # its address counts, not its id
    assert city.at("zigbee2mqtt", "tasmota_1") is None
    assert city.at("native", "gw-1") == GATEWAY and city.at("native", "lamp-1") is None


def test_the_index_follows_changes() -> None:
    city = City(devices=[PLUG, GATEWAY])
    assert set(city.profiles()) == {"tasmota"}
    moved = replace(PLUG, address="tasmota_2")
    city.put_devices([moved])
    assert city.at("tasmota", "tasmota_1") is None and city.at("tasmota", "tasmota_2") == moved
    city.put_devices([replace(moved, profile="native", address=None)])
    assert city.at("tasmota", "tasmota_2") is None and set(city.profiles()) == set()
    city.put_devices([PLUG])
    city.drop_device("plug-1")
    assert city.at("tasmota", "tasmota_1") is None and set(city.profiles()) == set()
    city.replace([], [OWN_ID])
    assert city.at("tasmota", "plug-2") == OWN_ID


def test_two_that_swap_addresses_are_both_found() -> None:
    first, second = PLUG, replace(OWN_ID, address="tasmota_2")
    city = City(devices=[first, second])
    city.put_devices([replace(first, address="tasmota_2"), replace(second, address="tasmota_1")])
    assert [found.id for each in ("tasmota_1", "tasmota_2") if (found := city.at("tasmota", each))] == [
        "plug-2",
        "plug-1",
    ]


def test_gateways_are_of_native_devices_alone() -> None:
    city = City(devices=[GATEWAY, CHILD, NAMESAKE])
    assert [child.id for child in city.children("gw-1")] == ["lamp-1"]
    assert city.topic_owner("lamp-1") == "gw-1" and city.topic_owner("plug-3") == "plug-3"
    assert city.speaks_for("gw-1", "lamp-1") and not city.speaks_for("gw-1", "plug-3")
