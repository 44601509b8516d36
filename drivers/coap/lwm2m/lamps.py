"""A lamp's orders as writes to object 3416, the outdoor lamp controller."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from hub.model.commands import Command

COMMAND, DEFAULT, END, FADE = 1, 4, 51, 52
_DAY: Final = 86_400.0


def writes(command: Command, there: Collection[int], now: float, again: bool) -> list[tuple[int, float]]:
    """(resource, value) in the order of writing, for a lamp that has the resources `there`. Pure.

    What ends is an override with its end in the lamp, so that a hub that is lost leaves no lamp stuck. The program's level
    becomes the default level, to which the lamp returns by itself, and a running override is cleared. A lamp that did not follow
    that (`again`), or has no default level, gets the program's level as an override of a day.
    """
    level = float(round(command.level or 0.0))
    steps: list[tuple[int, float]] = []
    fade = [(FADE, command.ramp)] if FADE in there else []
    if command.until is not None:
        if END in there:
            steps.append((END, float(int(command.until))))
        return [*steps, *fade, (COMMAND, level)]
    if DEFAULT in there:
        steps.append((DEFAULT, level))
    if END not in there:
        return [*steps, (COMMAND, level)]
    if DEFAULT in there and not again:
        return [*steps, (END, 0.0)]
    return [*steps, (END, float(int(now + _DAY))), *fade, (COMMAND, level)]
