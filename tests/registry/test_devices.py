from __future__ import annotations

from dataclasses import replace

import pytest

from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.zones import Location, Zone
from hub.registry import Exists, Missing, NotEmpty, Registry, Selection
from tests.registry.examples import NOW, add_lamps, command, event, outcomes, rejected, state

LAMP = Device(
    "lamp-1", "Đèn Lê Lợi 1", DeviceKind.LIGHT, "native", "le-loi", Location(16.46371234, 107.59), 61.5, "gw-1"
)
GATEWAY = Device("gw-1", "Gateway", DeviceKind.GATEWAY, status=DeviceStatus.MAINTENANCE)
METER = Device("meter-1", "Công tơ", DeviceKind.METER, zone="ward-1")


@pytest.fixture
def stocked(registry: Registry) -> Registry:
    registry.zones.add(Zone("ward-1", "Ward", "ward"))
    registry.zones.add(Zone("le-loi", "Lê Lợi", "street", "ward-1"))
    registry.devices.add_many([LAMP, GATEWAY, METER], {"gw-1": "$2b$gw", "meter-1": "$2b$meter"})
    return registry


def test_what_was_added_comes_back(stocked: Registry) -> None:
    assert stocked.devices.all() == [GATEWAY, LAMP, METER]
    assert stocked.devices.get("lamp-1") == LAMP
    assert stocked.devices.get("lamp-2") is None


def test_all_are_added_or_none(stocked: Registry) -> None:
    new = replace(LAMP, id="lamp-2")
    with pytest.raises(Exists, match="'lamp-1' exists already"):
        stocked.devices.add_many([new, LAMP], {})
    with pytest.raises(Exists, match="'lamp-2' is given twice"):
        stocked.devices.add_many([new, new], {})
    with pytest.raises(Missing, match="no zone 'mars'"):
        stocked.devices.add_many([new, replace(LAMP, id="lamp-3", zone="mars")], {"lamp-2": "x"})
    assert len(stocked.devices.all()) == 3
    assert "lamp-2" not in stocked.devices.accounts()


def test_update_replaces_everything_but_the_id(stocked: Registry) -> None:
    moved = Device(
        "lamp-1", "Tên khác", DeviceKind.CABINET, "tasmota", "ward-1", None, None, None, DeviceStatus.RETIRED
    )
    stocked.devices.update(moved)
    assert stocked.devices.get("lamp-1") == moved
    assert stocked.devices.page(q="tên khác") == [moved]
    assert stocked.devices.page(q="lê lợi") == []
    with pytest.raises(Missing, match="no device 'lamp-9'"):
        stocked.devices.update(replace(LAMP, id="lamp-9"))
    with pytest.raises(Missing, match="no zone 'mars'"):
        stocked.devices.update(replace(LAMP, zone="mars"))


def test_pages_follow_ids_whatever_the_database_thinks_of_the_alphabet(registry: Registry) -> None:
    ids = ["a", "a-1", "a0", "a1", "ab", "b-2", "b1", "lamp-10", "lamp-9"]
    add_lamps(registry, *reversed(ids))
    found: list[str] = []
    while page := registry.devices.page(after=found[-1] if found else None, limit=2):
        found += [device.id for device in page]
    assert found == ids


def test_filters_narrow_together(stocked: Registry) -> None:
    page = stocked.devices.page
    assert page(zones=["le-loi", "ward-1"]) == [LAMP, METER]
    assert page(zones=["le-loi", "ward-1"], kind=DeviceKind.METER) == [METER]
    assert page(zones=[]) == []
    assert [device.id for device in page(zoneless=True)] == ["gw-1"]
    assert page(status=DeviceStatus.MAINTENANCE) == [GATEWAY]
    assert page(q="METER") == [METER]
    assert page(q="đèn lê LỢI") == [LAMP]
    assert page(q="ĐÈN LÊ lợi") == [LAMP]
    assert page(q="den le loi") == [LAMP]
    assert page(q="Công tơ") == [METER]  # the same letters, composed of others
    assert page(q="%") == page(q="_") == page(q="\\") == []
    assert page(q="w", kind=DeviceKind.GATEWAY, after="gw-1") == []


def test_accounts_are_kept_apart_from_devices(stocked: Registry) -> None:
    assert stocked.devices.accounts() == {"gw-1": "$2b$gw", "meter-1": "$2b$meter"}
    stocked.devices.set_account("lamp-1", "$2b$lamp")
    stocked.devices.set_account("gw-1", "$2b$new")
    stocked.devices.set_account("meter-1", None)
    assert stocked.devices.accounts() == {"gw-1": "$2b$new", "lamp-1": "$2b$lamp"}
    with pytest.raises(Missing, match="no device 'lamp-9'"):
        stocked.devices.set_account("lamp-9", "x")


def test_a_key_s_seed_is_replaced_taken_away_and_gone_with_its_device(stocked: Registry) -> None:
    devices = stocked.devices
    devices.set_key("lamp-1", "first", 1.0)
    devices.set_key("lamp-1", "second", 2.0)
    devices.set_key("gw-1", "third", 3.0)
    assert devices.keys() == {"lamp-1": "second", "gw-1": "third"}
    devices.set_key("gw-1", None)
    assert devices.keys() == {"lamp-1": "second"}
    with pytest.raises(Missing, match="nobody"):
        devices.set_key("nobody", "seed", 1.0)
    devices.delete("lamp-1")
    assert devices.keys() == {}


def test_a_deleted_device_leaves_only_its_history_as_text(stocked: Registry) -> None:
    stocked.orders.place(command("c1"), ["meter-1", "lamp-1"])
    stocked.reports.record(lights=[state("meter-1")], events=[event("meter-1", True)], rejected=[rejected("meter-1")])
    stocked.devices.delete("meter-1")
    assert stocked.devices.get("meter-1") is None
    assert stocked.devices.accounts() == {"gw-1": "$2b$gw"}
    assert stocked.lights.all() == []
    assert stocked.events.active() == []
    assert stocked.events.list() == []
    assert outcomes(stocked, "c1") == {"lamp-1": "pending", "meter-1": "pending"}
    assert len(stocked.quarantine.page(Selection(device="meter-1"))) == 1
    stocked.devices.add_many([METER], {})
    assert stocked.lights.all() == []
    with pytest.raises(Missing):
        stocked.devices.delete("lamp-9")


def test_a_gateway_goes_after_those_it_speaks_for(stocked: Registry) -> None:
    with pytest.raises(NotEmpty, match=r"'gw-1' speaks for 1 others \(lamp-1\): change their address first"):
        stocked.devices.delete("gw-1")
    stocked.devices.delete("lamp-1")
    stocked.devices.delete("gw-1")
    assert stocked.devices.all() == [METER]


def test_text_that_a_database_cannot_hold_is_replaced_visibly(registry: Registry) -> None:
    registry.devices.add_many([Device("lamp-1", "a\0b\ud800c😀", DeviceKind.LIGHT)], {})
    assert [d.name for d in registry.devices.page(q="\0B\ud800")] == ["a␀b�c😀"]
    assert registry.devices.get("\0") is None
    assert registry.devices.page(after="\udfff", zones=["\0", "\ud800"]) == []
    registry.orders.place(command("c1", NOW), ["lamp-1", "x\0"])
    assert outcomes(registry, "c1") == {"lamp-1": "pending", "x␀": "pending"}
