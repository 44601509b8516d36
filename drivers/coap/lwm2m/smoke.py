"""Smoke alarms (object 3407) as a fire panel: each instance is a point, and what all of them say is its state."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from drivers.coap.lwm2m.content import Item
from drivers.coap.lwm2m.meaning import Known, point_of
from hub.model.devices import Device
from hub.model.fire import PanelCondition, PanelPoint, PanelReport

SMOKE: Final = 3407
_STATE: Final = 6046


def panel(
    items: Iterable[Item], device: Device, received: float, known: Known, offered: Collection[int]
) -> PanelReport | None:
    """What the instances said until now, when one of them just said something; `offered` are all that the client has. Complete
    once each has been heard."""
    if not any(each.path[0] == SMOKE and each.path[2] == _STATE for each in items):
        return None
    heard = {path[1]: path for path in known.conditions if path[0] == SMOKE}
    burning = [path for _, path in sorted(heard.items()) if known.conditions[path]]
    points = tuple(PanelPoint(point_of(path), PanelCondition.ALARM) for path in burning)
    return PanelReport(device.id, received, received, points=points, complete=heard.keys() >= set(offered))
