"""What the rules ask of the city, its lights and the hub's own parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from hub.alarms.power import Curve
from hub.model.cabinets import CabinetReport
from hub.model.devices import Device


class Level(NamedTuple):
    """A level in per cent, and since when."""

    level: float
    since: float


class Street(Protocol):
    """The state that readings are judged against. Every answer is at once, from memory."""

    def device(self, device: str) -> Device | None:
        """The registered device of that id."""

    def devices(self) -> Iterable[Device]:
        """All of them."""

    def in_effect(self, device: str) -> Level | None:
        """The level in effect at a light; None when it is not known, or somebody switched it on the spot."""

    def asked(self, device: Device, at: float) -> float | None:
        """The level that a light was to have at that time; None when somebody switched it on the spot."""

    def sun(self, device: Device, at: float) -> float:
        """Degrees of the sun above the horizon there."""

    def burnt(self, device: str) -> float | None:
        """Hours that a lamp has burnt, as it last said."""

    def curve(self, device: Device) -> Curve:
        """How a lamp's power follows its level."""

    def cabinet(self, cabinet: str) -> CabinetReport | None:
        """What a cabinet last said of its contactors."""

    def lights(self, cabinet: str) -> Iterable[Device]:
        """The lights that a cabinet feeds or speaks for."""

    def along(self, device: str) -> Iterable[Device]:
        """Every device that a cabinet or gateway feeds or speaks for."""

    def silence(self, device: Device, now: float) -> float | None:
        """Seconds since the device itself is not heard; 0 while it is, None when that says nothing of the device."""

    def clock_error(self, device: str) -> float:
        """Seconds by which its clock is off, 0 when it is right."""

    def owner(self, device: str) -> str:
        """Whose connection carries the device: its gateway, or itself."""

    def parts(self) -> Mapping[tuple[str, str], float]:
        """What the hub measures of itself: {(measure, point): value}."""
