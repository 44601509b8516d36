"""Where a Modbus device is: the line it hangs on, and its unit number there, in one text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

FORMS = "tcp://10.0.0.5:502/17, rtu+tcp://10.0.0.5:4001/17 or rtu:///dev/ttyUSB0/17"
_NET = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?/(?P<unit>[0-9]{1,3})")
_SERIAL = re.compile(r"(?P<port>/[A-Za-z0-9._/:-]+)/(?P<unit>[0-9]{1,3})")
_LAST = 247  # the highest unit number on a line; 0 is everybody
_DIRECT = (0, 255)  # by TCP: the device at that address itself


class BadAddress(ValueError):
    """A text that is no Modbus address; the message says what to write instead."""


class Scheme(StrEnum):
    """How frames travel."""

    TCP = "tcp"
    RTU_OVER_TCP = "rtu+tcp"
    RTU = "rtu"


@dataclass(frozen=True, slots=True)
class LineAddress:
    """A connection: a TCP server, or a serial port (`host` is its path, `port` 0)."""

    scheme: Scheme
    host: str
    port: int = 0

    def __str__(self) -> str:
        if self.scheme is Scheme.RTU:
            return f"rtu://{self.host}"
        return (
            f"{self.scheme.value}://[{self.host}]:{self.port}"
            if ":" in self.host
            else f"{self.scheme.value}://{self.host}:{self.port}"
        )


@dataclass(frozen=True, slots=True)
class Address:
    """A device: its line, and its unit number on that."""

    line: LineAddress
    unit: int

    def __str__(self) -> str:
        return f"{self.line}/{self.unit}"


def parse_address(text: str) -> Address:
    """The address that `text` is; raises BadAddress. There is one way to write each, so that no device is had twice."""
    scheme, mark, rest = text.partition("://")
    if not mark or scheme not in tuple(Scheme):
        raise BadAddress(f"address {text[:80]!r}: a Modbus device has its line and unit number there: write {FORMS}")
    kind = Scheme(scheme)
    found = (_SERIAL if kind is Scheme.RTU else _NET).fullmatch(rest)
    if found is None:
        raise BadAddress(f"address {text[:80]!r}: write it as {FORMS}; the last number is the unit")
    unit, port = int(found["unit"]), 0
    if kind is Scheme.RTU:
        host = found["port"]
    else:
        host = found["host"].strip("[]").lower()
        if found["port"] is None:
            raise BadAddress(
                f"address {text[:80]!r}: the port is missing: write {kind.value}://{found['host']}:502/{unit}"
            )
        port = int(found["port"])
        if not 1 <= port <= 65535:
            raise BadAddress(f"address {text[:80]!r}: no port {port}: write one of 1 to 65535, mostly 502")
    if not 1 <= unit <= _LAST and not (kind is Scheme.TCP and unit in _DIRECT):
        direct = ", or 0 or 255 for the device itself" if kind is Scheme.TCP else ""
        raise BadAddress(f"address {text[:80]!r}: no unit {unit}: write one of 1 to {_LAST}{direct}")
    address = Address(LineAddress(kind, host, port), unit)
    if str(address) != text:
        raise BadAddress(f"address {text[:80]!r}: write {str(address)!r}, so that no device is registered twice")
    return address


def check_address(text: str) -> None:
    """Raise BadAddress unless `text` is the address of a Modbus device."""
    parse_address(text)
