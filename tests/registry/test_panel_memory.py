"""What is remembered of fire panels between two writes changes nothing of what is recorded."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sqlalchemy.exc import StatementError

from hub.model.commands import Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.fire import PanelCondition, PanelCounts, PanelPoint, PanelReport
from hub.model.panels import Found, Held, PointKey
from hub.model.reports import EventReport, ResultReport
from hub.registry import Registry, RegistryUnavailable
from hub.registry.panels import Known, PanelMemory, Taken
from hub.registry.reports import Reports
from tests.registry.examples import NOW

FIRE = EventReport("panel-1", "fireAlarm", True, NOW, NOW + 0.1, "1/23", "kho")
STATE = PanelReport("panel-1", NOW + 5, NOW + 5.1, PanelCounts(0, 0, 0, 0, 0))
LISTED = replace(STATE, counts=PanelCounts(1, 0, 0, 0, 0), points=(PanelPoint("1/23", PanelCondition.ALARM, "kho"),))
TYPES = {"fireAlarm": PanelCondition.ALARM, "fireFault": PanelCondition.FAULT, "fireDisabled": PanelCondition.DISABLED}


def furnished(registry: Registry, *panels: str) -> None:
    registry.devices.add_many([Device(panel, "", DeviceKind.FIRE_PANEL) for panel in panels or ("panel-1",)])


def words(chance: random.Random, count: int) -> list[EventReport | PanelReport]:
    """What two panels say in turn: changes, some twice or late, and states that know more or less than was told."""
    said: list[EventReport | PanelReport] = []
    for n in range(count):
        panel, received = f"panel-{chance.randint(1, 2)}", NOW + n
        time = received - chance.choice([0.0, 0.0, 0.0, 2.0, 90.0, 400.0])
        if chance.random() < 0.6:
            type, point = chance.choice(list(TYPES)), f"1/{chance.randint(1, 4)}"
            said.append(EventReport(panel, type, chance.random() < 0.6, time, received, point))
            continue
        points = {(type, f"1/{chance.randint(1, 4)}") for type in TYPES for _ in range(chance.randint(0, 2))}
        listed = tuple(PanelPoint(point, TYPES[type]) for type, point in sorted(points))
        counts = [sum(each.state is condition for each in listed) for condition in PanelCondition]
        said.append(PanelReport(panel, time, received, PanelCounts(*counts), listed))
        if chance.random() < 0.2:
            said.append(said[-2])
    return said


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_registry_that_remembers_records_what_one_does_that_reads_all_again(registry: Registry, seed: int) -> None:
    furnished(registry, "panel-1", "panel-2", "other-1", "other-2")
    said = words(random.Random(seed), 60)
    for word in said:
        twin = replace(word, device=word.device.replace("panel", "other"))
        anew = Reports(registry._database)
        recorded, plain = (
            reports.record(
                events=[each] if isinstance(each, EventReport) else [],
                panels=[each] if isinstance(each, PanelReport) else [],
            )
            for reports, each in ((registry.reports, word), (anew, twin))
        )
        assert [replace(each, id=0, device="") for each in recorded.fire] == [
            replace(each, id=0, device="") for each in plain.fire
        ]
    standing = registry.fire.standing()
    for number in (1, 2):
        assert standing[f"panel-{number}"].standing == standing[f"other-{number}"].standing


def test_what_could_not_be_written_is_not_remembered(registry: Registry) -> None:
    furnished(registry)
    registry.reports.record(panels=[STATE])
    event = replace(FIRE, time=NOW + 10, received=NOW + 10)
    nonsense = ResultReport("lamp-1", "order-1", Outcome.APPLIED, NOW, NOW, object())  # type: ignore[arg-type]
    with pytest.raises((RegistryUnavailable, StatementError)):
        registry.reports.record(events=[event], results=[nonsense])
    assert [each.point for each in registry.reports.record(events=[event]).fire] == ["1/23"]


def test_a_panel_that_was_deleted_and_registered_anew_begins_anew(registry: Registry) -> None:
    furnished(registry)
    registry.reports.record(panels=[LISTED])
    registry.devices.delete("panel-1")
    furnished(registry)
    (begun,) = registry.reports.record(panels=[replace(LISTED, time=NOW + 9, received=NOW + 9)]).fire
    assert (begun.active, begun.found) == (True, Found.COMPARISON)


def test_what_was_overtaken_is_not_remembered() -> None:
    memory = PanelMemory()
    key = PointKey(PanelCondition.ALARM, "1/23")
    first = memory.take(["panel-1", "panel-2"])
    second = memory.take(["panel-1"])
    newer = Known(Held(LISTED), {key})
    memory.keep(Taken(second.turn, {"panel-1": newer}))
    memory.keep(Taken(first.turn, {"panel-1": Known(Held(STATE)), "panel-2": Known(Held(STATE))}))
    assert memory.take(["panel-1"]).known == {"panel-1": newer}
    assert memory.take(["panel-1"]).known == {}
