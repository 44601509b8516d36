"""Programs and calendars as people wrote them."""

from __future__ import annotations

import pytest

from hub.registry import Exists, Missing, Registry, Written

HALF = Written("half", {"id": "half", "steps": [{"at": "sunset", "level": 50}]}, 1_763_750_000.25, "hương")
FULL = Written("full", {"id": "full", "steps": [{"at": "sunset", "level": 100}]}, 1_763_750_001.0, "admin")
CENTRE = Written("centre", {"id": "centre", "name": "Trung tâm", "default": "half"}, 1_763_750_002.0, "admin")


def test_what_was_written_comes_back_by_id(registry: Registry) -> None:
    registry.plans.programs.add(HALF)
    registry.plans.programs.add(FULL)
    assert registry.plans.programs.all() == [FULL, HALF]
    changed = HALF._replace(body={"id": "half", "steps": []}, by="admin")
    registry.plans.programs.replace(changed)
    registry.plans.programs.delete("full")
    assert registry.plans.programs.all() == [changed]
    assert registry.plans.calendars.all() == []


def test_an_id_is_taken_once_and_what_is_not_there_cannot_change(registry: Registry) -> None:
    registry.plans.calendars.add(CENTRE)
    with pytest.raises(Exists, match="calendar 'centre' exists already"):
        registry.plans.calendars.add(CENTRE._replace(by="other"))
    with pytest.raises(Missing, match="no program 'half'"):
        registry.plans.programs.replace(HALF)
    with pytest.raises(Missing, match="no program 'half'"):
        registry.plans.programs.delete("half")
    assert registry.plans.calendars.all() == [CENTRE]


def test_a_calendar_comes_with_all_its_programs_or_not_at_all(registry: Registry) -> None:
    registry.plans.programs.add(FULL)
    with pytest.raises(Exists, match="program 'full' exists already"):
        registry.plans.install([HALF, FULL], CENTRE)
    assert registry.plans.programs.all() == [FULL]
    assert registry.plans.calendars.all() == []
    registry.plans.install([HALF], CENTRE)
    assert registry.plans.programs.all() == [FULL, HALF]
    assert registry.plans.calendars.all() == [CENTRE]
