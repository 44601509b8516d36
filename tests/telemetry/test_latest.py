"""The newest value of every metric."""

from __future__ import annotations

from hub.ports import LatestValue
from hub.telemetry.latest import LatestValues
from tests.telemetry.pipeline import NOW, row


def test_an_older_reading_never_replaces_a_newer_one() -> None:
    latest = LatestValues()
    latest.load([LatestValue("lamp-1", "power", NOW, 60.0)])
    latest.update([row(time=NOW - 10, power=10.0, voltage=229.0), row(time=NOW + 10, power=70.0)])
    latest.update([row(time=NOW + 5, power=20.0)])
    assert latest.of("lamp-1") == {"power": (NOW + 10, 70.0), "voltage": (NOW - 10, 229.0)}
    assert latest.newest("lamp-1") == NOW + 10


def test_a_deleted_device_is_forgotten() -> None:
    latest = LatestValues()
    latest.update([row("lamp-1"), row("lamp-2")])
    latest.forget("lamp-1")
    assert (len(latest), latest.newest("lamp-1"), dict(latest.of("lamp-1"))) == (1, None, {})
