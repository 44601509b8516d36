"""What a signal controller says of itself (docs/signals-wire.md), by MQTT and by whatever carries the same JSON.

A controller whose state is wrong in one part is still a controller whose lamps somebody looks at: what is good of it counts, what
is not is refused with its reason. Only without a mode there is nothing that could be believed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from drivers.mqtt.reports import State
from drivers.reporting import clean, report_time
from drivers.senml.refusals import RecordError
from hub.model.devices import Device
from hub.model.junctions import ChosenBy, Detected, JunctionMode, JunctionReport

EXAMPLE = (
    '{"t":1763750000,"mode":"plan","plan":"p3","stage":"2","second":41,"cycle":90,"groups":"GGrrr","clock_error":0.4,'
    '"checksum":"0f..","faults":[]}'
)
UNREADABLE = "unreadable"  # the fault of a controller whose faults cannot be read
MOST_STORED, MOST_DETECTORS, MOST_FAULTS = 64, 256, 64
_TOLD = 5  # refusals of one state that are told
_NAME, _FAULT = 63, 64  # characters
_COUNT = 10**12  # vehicles
_LONGEST_CYCLE = 3600.0  # s
_LETTERS = re.compile(r"[ruGgyfoO]{1,64}")
_CHECKSUM = re.compile(r"[0-9a-fA-F]{1,64}")
_MODES = {mode.value: mode for mode in JunctionMode}
_CHOSEN = {by.value: by for by in ChosenBy}
T = TypeVar("T")


class JunctionState(State, gc=False):
    """`up/state` of a signal controller."""

    mode: Any = None
    stage: Any = None
    second: Any = None
    cycle: Any = None
    groups: Any = None
    clock_error: Any = None
    checksum: Any = None
    faults: Any = None
    by: Any = None
    selected: Any = None
    until: Any = None
    correction: Any = None
    stored: Any = None
    detectors: Any = None


class Junction(NamedTuple):
    """What a state means, and what is wrong with it."""

    report: JunctionReport
    wrong: Sequence[RecordError]


def junction(state: JunctionState, device: Device, received: float, future: float) -> Junction:
    """What a controller says of itself; raises RecordError when it says nothing that could be believed."""
    mode = _MODES.get(state.mode) if isinstance(state.mode, str) else None
    if mode is None:
        raise RecordError("bad-state", f"mode {_shown(state.mode)} is none of {', '.join(_MODES)}: send {EXAMPLE}")
    wrong: list[RecordError] = []

    def said(name: str, read: Callable[[Any], T | None], instead: str) -> T | None:
        value = getattr(state, name)
        found = None if value is None else read(value)
        if value is not None and found is None:
            wrong.append(RecordError("bad-state", f"{name} {_shown(value)}: {instead}"))
        return found

    cycle = said("cycle", _between(1, _LONGEST_CYCLE), "send the seconds of the cycle, 1 to 3600")
    last = math.nextafter(cycle or _LONGEST_CYCLE, 0)
    time, _ = report_time(state.t, received, future)
    faults = said("faults", _faults, f"send at most {MOST_FAULTS} text codes, [] when nothing is wrong")
    if faults is None:
        faults = () if state.faults is None else (UNREADABLE,)  # what cannot be read is not nothing
    report = JunctionReport(
        device.id,
        time,
        received,
        mode,
        plan=said("plan", _name, "send the name of the program that runs"),
        stage=said("stage", _stage, "send the id of the stage that is shown"),
        second=said("second", _between(0, last), "send the second of the cycle, from 0 and below cycle"),
        cycle=cycle,
        groups=said("groups", _groups, "send a letter for each signal group, of r u G g y f o O"),
        clock_error=said("clock_error", _between(-1e6, 1e6), "send how many seconds the clock is ahead"),
        checksum=said("checksum", _checksum, "send the sha-256 of the program that runs in hexadecimal digits"),
        faults=faults,
        by=said("by", _chosen, f"send {', '.join(_CHOSEN)}"),
        selected=said("selected", _name, "send the name of the program that an order asks for, or null"),
        until=said("until", _between(0, 1e11), "send when the order ends, as Unix seconds, or null"),
        command=said("command", _name, "send the id of the order that holds, or null"),
        correction=said("correction", _between(-_LONGEST_CYCLE, _LONGEST_CYCLE), "send seconds, 0 in step"),
        stored=said("stored", _stored, f"send name and checksum of at most {MOST_STORED} programs"),
        detectors=said("detectors", _detectors, 'send {"d1":{"count":12,"occupied":false}}') or {},
    )
    return Junction(report, wrong[:_TOLD])


def letters(said: str) -> str:
    """Group states as the hub writes them: `R` is red too, as in the contract's first example."""
    return said.replace("R", "r")


def _shown(value: Any) -> str:
    return repr(value)[:40]


def _name(value: Any) -> str | None:
    return clean(value, _NAME) if isinstance(value, str) and value else None


def _stage(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000:
        return str(value)
    return _name(value)


def _groups(value: Any) -> str | None:
    found = letters(value) if isinstance(value, str) else ""
    return found if _LETTERS.fullmatch(found) else None


def _checksum(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and _CHECKSUM.fullmatch(value) else None


def _chosen(value: Any) -> ChosenBy | None:
    return _CHOSEN.get(value) if isinstance(value, str) else None


def _faults(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or len(value) > MOST_FAULTS or not all(isinstance(each, str) for each in value):
        return None
    return tuple(dict.fromkeys(clean(each, _FAULT) for each in value if each))


def _stored(value: Any) -> dict[str, str] | None:
    if not isinstance(value, dict) or len(value) > MOST_STORED:
        return None
    sums = {clean(name, _NAME): _checksum(each) for name, each in value.items()}
    return {name: each for name, each in sums.items() if each} if all(sums.values()) else None


def _detectors(value: Any) -> dict[str, Detected] | None:
    if not isinstance(value, dict) or len(value) > MOST_DETECTORS:
        return None
    found: dict[str, Detected] = {}
    for name, each in value.items():
        if not isinstance(each, dict):
            return None
        count, occupied, broken = each.get("count"), each.get("occupied"), each.get("broken", False)
        whole = count is None or (isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= _COUNT)
        if not whole or not isinstance(occupied, bool | None) or not isinstance(broken, bool):
            return None
        found[clean(name, _NAME)] = Detected(count, occupied, broken)
    return found


def _between(low: float, high: float) -> Callable[[Any], float | None]:
    def read(value: Any) -> float | None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if number and low <= value <= high else None

    return read
