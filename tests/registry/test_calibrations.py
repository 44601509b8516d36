"""Dated calibrations: written once, found by sensor, never changed."""

from __future__ import annotations

import pytest

from hub.model.audit import AuditEntry
from hub.model.calibrations import Basis, Calibration
from hub.registry import AuditRow, Exists, Missing, Registry
from tests.registry.examples import NOW


def calibration(id: str, since: float = NOW, metric: str = "pm2_5", device: str = "air-1") -> Calibration:
    return Calibration(id, device, metric, since, 0.9, 1.5, Basis.NORMAL, "beside the reference", "lan", NOW)


def test_they_are_found_by_sensor_and_time(registry: Registry) -> None:
    late, early = calibration("c1", NOW + 5), calibration("c2", NOW - 5)._replace(basis=None)
    other, foreign = calibration("c3", metric="o3"), calibration("c4", device="air-2")
    for each in (late, early, other, foreign):
        registry.calibrations.add(each)
    assert registry.calibrations.of(["air-1"]) == [other, early, late]
    assert registry.calibrations.list() == [late, early, other, foreign]
    assert registry.calibrations.list("air-1", after="c1", limit=1) == [early]
    assert registry.calibrations.get("c4") == foreign


def test_one_sensor_has_one_beginning_at_a_time(registry: Registry) -> None:
    registry.calibrations.add(calibration("c1"))
    with pytest.raises(Exists, match=r"'c1' .* delete it first"):
        registry.calibrations.add(calibration("c2"))
    registry.calibrations.delete("c1")
    registry.calibrations.add(calibration("c2"))
    with pytest.raises(Missing, match="'c1'"):
        registry.calibrations.get("c1")


def test_adding_and_deleting_leave_a_line_in_the_audit_and_a_refusal_none(registry: Registry) -> None:
    lines = [AuditEntry(NOW, "lan", f"calibration.{what}", "c1", {}) for what in ("added", "deleted")]
    registry.calibrations.add(calibration("c1"), audit=lines[0])
    with pytest.raises(Exists):
        registry.calibrations.add(calibration("c2"), audit=lines[0])
    registry.calibrations.delete("c1", audit=lines[1])
    with pytest.raises(Missing):
        registry.calibrations.delete("c1", audit=lines[1])
    assert registry.audit.page() == [AuditRow(2, lines[1]), AuditRow(1, lines[0])]
