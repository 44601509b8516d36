"""What is written to a lamp's controller (object 3416), as the commands and the configuration that its station knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulators.lwm2m.formats import Value
from simulators.lwm2m.messages import BAD_REQUEST, CHANGED, NOT_ALLOWED
from simulators.lwm2m.objects import ACTIVE, COMMAND, DEFAULT, DURATION, END, FADE, LAMP, Table

_WRITABLE = frozenset({COMMAND, DEFAULT, END, FADE, DURATION})
_LEVELS = frozenset({COMMAND, DEFAULT})

Tell = Callable[..., str]
"""An order by its fields; returns its outcome, empty when nobody answers."""


class Switch:
    """Writes go to `tell` and `configure`; what is held stays in `table`."""

    def __init__(
        self, table: Table, now: Callable[[], float], tell: Tell, configure: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self._table, self._now, self._tell, self._configure = table, now, tell, configure

    def write(self, resource: int, value: Value) -> int:
        """Take a write; returns the code of the answer."""
        if resource not in _WRITABLE:
            return NOT_ALLOWED
        if isinstance(value, str) or (resource in _LEVELS and not 0 <= value <= 100):
            return BAD_REQUEST
        if resource == COMMAND:
            return self._override(float(value))
        self._table.put((LAMP, resource), value)
        if resource == DEFAULT:
            self._configure({"program": steady(float(value))})
        elif resource == END and self._table.number(ACTIVE):
            return self._end()
        return CHANGED

    def _override(self, level: float) -> int:
        end = self._table.number(END)
        if end <= self._now():
            end = self._now() + self._table.number(DURATION)
        fade = max(0.0, self._table.number(FADE))
        if self._tell(op="set_level", level=level, ramp=fade, until=end) == "rejected":
            return NOT_ALLOWED
        self._table.put((LAMP, COMMAND), level)
        self._table.put((LAMP, END), end)
        return CHANGED

    def _end(self) -> int:
        """The end of what holds now is another one."""
        end = self._table.number(END)
        if end <= self._now():
            outcome = self._tell(op="resume")
        else:
            outcome = self._tell(op="set_level", level=self._table.number(COMMAND), ramp=0, until=end)
        return NOT_ALLOWED if outcome == "rejected" else CHANGED


def steady(level: float) -> dict[str, Any]:
    """A program of one level."""
    return {
        "id": "default-level",
        "tz": "UTC",
        "location": {"lat": 0.0, "lon": 0.0},
        "steps": [{"at": "12:00", "level": level}],
    }


def steady_level(program: object) -> float | None:
    """The level of such a program; None when it is another."""
    if isinstance(program, dict) and program.get("id") == "default-level":
        return float(program["steps"][0]["level"])
    return None
