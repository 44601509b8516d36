"""Keys of devices: shown once, the same after a restart, nowhere written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.access.keys import DeviceKeys, NoSecurePort, NoSignIn
from hub.model.devices import Device, DeviceKind
from hub.registry import Registry
from hub.secret_file import load_secrets
from tests.drivers.mqtt.hub import WallClock
from tests.servers.registries import open_registry

LAMPS = {name: Device(name, name, DeviceKind.LIGHT) for name in ("lamp-1", "lamp-2")}
CHILD = Device("child", "", DeviceKind.LIGHT, address="gw")


class Way:
    """A driver at which devices without a gateway sign in."""

    def __init__(self, url: str | None = "coaps://hub:5684") -> None:
        self.secure_url = url

    def keyed(self, device: Device) -> bool:
        return device.address is None


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    opened = open_registry(tmp_path / "registry.db", lambda made: made.devices.add_many(list(LAMPS.values())))
    yield opened
    opened.close()


def made(registry: Registry, secret: str = "secret", way: Way | None = None) -> DeviceKeys:
    keys = DeviceKeys(registry, secret, LAMPS, WallClock())
    keys.ways = [way or Way()]
    return keys


def test_a_key_is_told_again_after_a_restart_and_only_to_who_has_both_halves(registry: Registry) -> None:
    keys = made(registry)
    key = keys.issue(LAMPS["lamp-1"])
    assert len(key) == 26 and set(key) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert keys.find("lamp-1") == made(registry).find("lamp-1") == key.encode()
    assert made(registry, "another").find("lamp-1") != key.encode()
    assert key not in repr(registry.devices.keys())
    other = keys.issue(LAMPS["lamp-2"])
    assert other != key and keys.find("lamp-1") == key.encode()


def test_a_new_key_replaces_the_old_and_a_withdrawn_one_is_none(registry: Registry) -> None:
    keys = made(registry)
    lamp = LAMPS["lamp-1"]
    assert keys.has(lamp) is False and keys.find("lamp-1") is None
    first = keys.issue(lamp)
    second = keys.issue(lamp)
    assert first != second and keys.find("lamp-1") == second.encode() and keys.has(lamp) is True
    assert keys.withdraw("lamp-1") and not keys.withdraw("lamp-1")
    assert keys.find("lamp-1") is None and made(registry).find("lamp-1") is None


def test_what_cannot_sign_in_gets_no_key_and_hears_why(registry: Registry) -> None:
    keys = made(registry)
    with pytest.raises(NoSignIn, match="gateway"):
        keys.issue(CHILD)
    assert keys.has(CHILD) is None
    closed = made(registry, way=Way(None))
    with pytest.raises(NoSecurePort, match=r"coap\.secure_port"):
        closed.issue(LAMPS["lamp-1"])
    assert closed.has(LAMPS["lamp-1"]) is None and registry.devices.keys() == {}


def test_a_device_that_is_no_more_has_no_key(registry: Registry) -> None:
    devices = dict(LAMPS)
    keys = DeviceKeys(registry, "secret", devices, WallClock())
    keys.ways = [Way()]
    keys.issue(LAMPS["lamp-1"])
    del devices["lamp-1"]
    assert keys.find("lamp-1") is None


def test_a_folder_of_before_is_given_the_secret_that_it_lacks(tmp_path: Path) -> None:
    before = load_secrets(tmp_path)
    path = tmp_path / "secrets.json"
    path.write_text(path.read_text().replace(f',\n  "device_key": "{before.device_key}"', ""))
    after = load_secrets(tmp_path)
    assert after == load_secrets(tmp_path) and after.device_key != before.device_key
    assert after[:3] == before[:3]
    assert path.stat().st_mode & 0o777 == 0o600
