"""Paths into a JSON message: `ENERGY.Power`, `rxInfo[0].rssi`, `SDS0X1["PM2.5"]`."""

from __future__ import annotations

import re
from typing import Any, Final

Path = tuple[str | int, ...]

MISSING: Final = object()
_STEP = re.compile(r"""(?:^|\.)([^.\[\]"]+)|\[(\d{1,4})\]|\["([^"]+)"\]""")


class BadPath(ValueError):
    """A path that cannot be read; the message says what to write instead."""


def parse_path(text: str) -> Path:
    """The steps of a path; raises BadPath."""
    steps: list[str | int] = []
    end = 0
    for found in _STEP.finditer(text):
        if found.start() != end or (end == 0 and (not found[1] or text[0] == ".")):
            break
        key, place, quoted = found.groups()
        steps.append(int(place) if place is not None else key or quoted)
        end = found.end()
    if not steps or end != len(text):
        raise BadPath(
            f"{text!r} is no path: write keys with dots, places in brackets, keys that hold dots in brackets and quotes, "
            "e.g. 'ENERGY.Power', 'rxInfo[0].rssi', 'SDS0X1[\"PM2.5\"]'"
        )
    return tuple(steps)


def look(message: Any, path: Path) -> Any:
    """What stands at `path`; MISSING when nothing does, or null."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(message, list) or step >= len(message):
                return MISSING
            message = message[step]
        else:
            if not isinstance(message, dict) or step not in message:
                return MISSING
            message = message[step]
    return MISSING if message is None else message


def show(path: Path) -> str:
    """The path as it is written."""
    steps = (f"[{step}]" if isinstance(step, int) else f'["{step}"]' if "." in step else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
