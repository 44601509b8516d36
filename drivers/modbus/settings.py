"""Settings of the Modbus driver."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from drivers.modbus.line import Serial
from drivers.modbus.model import Poll

_SERIAL = re.compile(r"([0-9]{3,7})-([78])([NEO])([12])")


class BadSetting(ValueError):
    """A setting that cannot be used; the message says what to write instead."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What can be set, in the section of this driver. Times in seconds."""

    fast: float = 1.0  # between reads of the class fast, where the register map has none of its own
    normal: float = 60.0
    slow: float = 900.0
    timeout: float = 1.0  # an answer may take
    misses: int = 2  # answers in a row that are missed until a unit counts as away
    probe_least: float = 5.0  # until a unit that is away is asked again; doubled each time
    probe_most: float = 300.0
    probe_share: float = 0.05  # of a busy line's time that goes into units that do not answer
    life: float = 10.0  # longest silence towards the hub about a device that lives and says nothing new
    serial: str = "19200-8E1"  # of serial ports that `ports` does not name
    ports: dict[str, str] = {}
    maps: str | None = None  # folder of the city's own register maps (*.toml)
    counters: str | None = None  # file that keeps how often counters began at 0 again

    def every(self, poll: Poll) -> float:
        """Seconds between the reads of a class."""
        return {Poll.FAST: self.fast, Poll.NORMAL: self.normal, Poll.SLOW: self.slow}[poll]

    def port(self, path: str) -> Serial:
        """How a serial port is set."""
        return read_serial("modbus.ports", self.ports.get(path, self.serial))

    @property
    def file(self) -> Path | None:
        """Where counters are kept."""
        return Path(self.counters) if self.counters else None


def read_serial(key: str, text: str) -> Serial:
    """The setting of a serial port, as it is written; raises BadSetting."""
    found = _SERIAL.fullmatch(text)
    if found is None:
        raise BadSetting(
            f"{key}: {text[:40]!r}: write baud rate, data bits, parity (N, E, O) and stop bits, e.g. 9600-8N1"
        )
    return Serial(int(found[1]), int(found[2]), found[3], int(found[4]))


def read_settings(given: Mapping[str, Any]) -> Settings:
    """The settings, checked; raises BadSetting."""
    try:
        settings = msgspec.convert(dict(given), Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(f"modbus: {error}: the settings are {', '.join(Settings.__struct_fields__)}") from None
    for name in ("fast", "normal", "slow", "timeout", "misses", "probe_least", "probe_most", "probe_share", "life"):
        if getattr(settings, name) <= 0:
            raise BadSetting(f"modbus.{name} is {getattr(settings, name)}: it must be above 0")
    read_serial("modbus.serial", settings.serial)
    for port, text in settings.ports.items():
        read_serial(f"modbus.ports.{port}", text)
    return settings
