from __future__ import annotations

from dataclasses import replace

import pytest

from hub.model.devices import Device, DeviceKind
from hub.model.zones import BadParent, Location, Zone
from hub.registry import Exists, Missing, NotEmpty, Registry

HUE = Zone("hue", "Huế", "province")
WARD = Zone("ward-1", "Phường Thuận Hoá", "ward", "hue", Location(16.4637, 107.5909))
STREET = Zone("le-loi", "Lê Lợi", "street", "ward-1", None, (Location(16.1, 107.1), Location(16.2000001, 107.3)))


def add_all(registry: Registry) -> None:
    for zone in (HUE, WARD, STREET):
        registry.zones.add(zone)


def test_what_was_added_comes_back(registry: Registry) -> None:
    add_all(registry)
    assert registry.zones.all() == [HUE, STREET, WARD]
    assert registry.zones.get("le-loi") == STREET
    assert registry.zones.get("nowhere") is None


def test_an_id_is_taken_once(registry: Registry) -> None:
    registry.zones.add(HUE)
    with pytest.raises(Exists, match="'hue' exists already"):
        registry.zones.add(replace(HUE, name="other"))
    assert registry.zones.get("hue") == HUE


def test_a_branch_can_be_moved_but_not_into_itself(registry: Registry) -> None:
    add_all(registry)
    moved = replace(STREET, parent="hue", name="Lê Lợi mới", path=())
    registry.zones.update(moved)
    assert registry.zones.get("le-loi") == moved
    with pytest.raises(BadParent, match="lies inside it"):
        registry.zones.update(replace(HUE, parent="le-loi"))
    with pytest.raises(BadParent, match="no zone 'mars'"):
        registry.zones.add(Zone("crater", "Crater", "ward", "mars"))


def test_changing_what_is_not_there_is_refused(registry: Registry) -> None:
    with pytest.raises(Missing, match="no zone 'hue'"):
        registry.zones.update(HUE)
    with pytest.raises(Missing, match="no zone 'hue'"):
        registry.zones.delete("hue")


def test_only_an_empty_zone_is_deleted(registry: Registry) -> None:
    add_all(registry)
    registry.devices.add_many([Device(f"lamp-{n}", "", DeviceKind.LIGHT, zone="le-loi") for n in range(5)], {})
    with pytest.raises(NotEmpty, match=r"'ward-1' still holds 1 zones \(le-loi\)"):
        registry.zones.delete("ward-1")
    with pytest.raises(NotEmpty, match=r"'le-loi' still holds 5 devices \(lamp-0, lamp-1, lamp-2 \.\.\.\)"):
        registry.zones.delete("le-loi")
    for n in range(5):
        registry.devices.delete(f"lamp-{n}")
    registry.zones.delete("le-loi")
    registry.zones.delete("ward-1")
    assert registry.zones.all() == [HUE]
