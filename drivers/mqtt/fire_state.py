"""What a fire panel says of itself (contract: "State of a fire panel"), by MQTT and CoAP.

Nothing that could be a fire is dropped for the sake of something else that is wrong: what is good of a state counts, what is
not is refused with its reason, and the state is then not complete, so that it ends nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from drivers.mqtt.reports import State
from drivers.reporting import clean, report_time
from drivers.senml.refusals import RecordError
from hub.model.devices import Device
from hub.model.fire import PanelCondition, PanelCounts, PanelPoint, PanelReport

MOST_POINTS = 10_000
_MOST = 1_000_000  # that a count may say
_POINT, _TEXT = 100, 500  # characters that are kept
_CONDITIONS = {condition.value: condition for condition in PanelCondition}
_EXAMPLE = (
    '{"t":1763750000,"alarm":1,"fault":0,"supervisory":0,"disabled":0,"test":0,'
    '"points":[{"point":"1/23","state":"alarm","text":"Lobby"}]}'
)
_TOLD = 5  # refusals of one state that are told


class Panel(NamedTuple):
    """What a state means, and what is wrong with it."""

    report: PanelReport
    wrong: Sequence[RecordError]


def panel(state: State, device: Device, received: float, future: float) -> Panel:
    """What a panel says of itself; raises RecordError when it says nothing that could be read."""
    said = (state.alarm, state.fault, state.supervisory, state.disabled, state.test, state.points)
    if said == (None,) * len(said):
        raise RecordError("bad-state", f"a fire panel says how many points are in which condition: send {_EXAMPLE}")
    wrong: list[RecordError] = []
    counts = PanelCounts(*(_count(each, getattr(state, each.value), wrong) for each in PanelCondition))
    points = _points(state.points, wrong)
    for condition in PanelCondition:
        named, counted = sum(point.state is condition for point in points), counts.of(condition)
        if counted is not None and named > counted:
            wrong.append(
                RecordError(
                    "bad-state", f"{condition} is {counted}, and {named} points are: count those that are named"
                )
            )
    whole = not wrong and (state.points is not None or None not in counts)
    time, _ = report_time(state.t, received, future)
    test = clean(state.self_test, _TEXT) if isinstance(state.self_test, str) else None
    error = None if state.t is None else state.t - received
    return Panel(PanelReport(device.id, time, received, counts, points, whole, test, error), wrong[:_TOLD])


def repaired(payload: bytes) -> bytes | None:
    """The JSON in a payload whose only faults are in its texts: bytes that are no UTF-8, characters that JSON wants escaped, or
    halves of a character. Each becomes a sign that it was one. None when there is more to it."""
    try:
        said = json.loads(payload.decode("utf-8", "replace"), strict=False)
        return json.dumps(said, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return None


def _count(condition: PanelCondition, said: Any, wrong: list[RecordError]) -> int | None:
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said <= _MOST or said % 1:
        wrong.append(RecordError("bad-state", f"{condition} {str(said)[:40]!r}: send how many points are, from 0"))
        return None
    return int(said)


def _points(said: Any, wrong: list[RecordError]) -> tuple[PanelPoint, ...]:
    if said is None:
        return ()
    if not isinstance(said, list):
        wrong.append(RecordError("bad-state", f"points is a list: send {_EXAMPLE}"))
        return ()
    if len(said) > MOST_POINTS:
        wrong.append(RecordError("too-large", f"{len(said)} points: send at most {MOST_POINTS}"))
    found: dict[tuple[str, PanelCondition], PanelPoint] = {}
    for each in said[:MOST_POINTS]:
        try:
            point = _point(each)
        except RecordError as error:
            wrong.append(error)
        else:
            found.setdefault((point.point, point.state), point)
    return tuple(found.values())


def _point(said: Any) -> PanelPoint:
    if not isinstance(said, dict):
        raise RecordError("bad-state", f"a point is an object: send {_EXAMPLE}")
    point, word, text = said.get("point"), said.get("state"), said.get("text")
    if isinstance(point, int) and not isinstance(point, bool):
        point = str(point)
    if not isinstance(point, str):
        raise RecordError("bad-state", f'point {str(point)[:40]!r}: send its address as text, "1/23"')
    condition = _CONDITIONS.get(word) if isinstance(word, str) else None
    if condition is None:
        raise RecordError(
            "bad-state", f"state {str(word)[:40]!r} of point {point[:40]!r} is none of {', '.join(_CONDITIONS)}"
        )
    return PanelPoint(clean(point, _POINT), condition, clean(text, _TEXT) if isinstance(text, str) else "")
