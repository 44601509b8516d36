"""What notifications ask of the alarms and the city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hub.model.alarms import Alarm, Severity

FIRE = "fire"  # the class of alarms that nothing holds back


@dataclass(frozen=True, slots=True)
class Facts:
    """An alarm as it stands, with what people call it. `zones` are its zone and those above it, {id: name}, the nearest first;
    `beneath` is how many devices or alarms it takes along. Texts are {language: text}."""

    alarm: Alarm
    severity: Severity
    group: str
    text: Mapping[str, str]
    response: Mapping[str, str]
    name: str = ""
    zones: Mapping[str, str] = field(default_factory=dict)
    street: str = ""
    cabinet: str = ""
    beneath: int = 0

    @property
    def fire(self) -> bool:
        """Whether it is of fire."""
        return self.group == FIRE


class Lookup(Protocol):
    """Every answer is at once, from memory; `settled` returns when that knows all that the registry's journal has now: a line is
    there a moment before."""

    async def settled(self) -> None:
        """Wait for it."""

    def of(self, alarm: str) -> Facts | None:
        """An alarm that exists."""

    def would_be(self, type: str, device: str, point: str) -> Facts:
        """An alarm that does not exist, as if it had just begun; `device` "" is the hub itself."""
