"""The one unit table. Units are converted at the edge (drivers) and nowhere else.

Names are SenML's (RFC 8428 section 12.1, secondary units of RFC 8798) plus the ones cities write. Each
maps to a unit the hub stores, with `stored = value * factor + offset`.
"""

from __future__ import annotations

from typing import NamedTuple


class Conversion(NamedTuple):
    """How a unit on the wire becomes the unit stored."""

    unit: str
    factor: float = 1.0
    offset: float = 0.0


_SAME = (
    "W",
    "Wh",
    "V",
    "A",
    "Hz",
    "lx",
    "Cel",
    "%RH",
    "dB",
    "dBm",
    "ug/m3",
    "h",
    "m",
    "m/s",
    "deg",
    "hPa",
    "mm/h",
    "count",
    "s",
    "%",
    "/",
)

CONVERSIONS: dict[str, tuple[Conversion, ...]] = {unit: (Conversion(unit),) for unit in _SAME} | {
    # A ratio and its percentages: SenML's "/" is 0..1 and its "%" is an alias of "/" that must not be trusted
    # (RFC 8428 section 12.1 note); what it means depends on the metric, so both readings are listed.
    "/": (Conversion("/"), Conversion("%", 100.0), Conversion("count")),
    "%": (Conversion("%", 100.0), Conversion("/")),
    "/100": (Conversion("%"), Conversion("/", 0.01)),
    "%EL": (Conversion("%"),),
    "kW": (Conversion("W", 1000.0),),
    "MW": (Conversion("W", 1e6),),
    "mW": (Conversion("W", 1e-3),),
    "J": (Conversion("Wh", 1 / 3600),),
    "Ws": (Conversion("Wh", 1 / 3600),),
    "kWh": (Conversion("Wh", 1000.0),),
    "MWh": (Conversion("Wh", 1e6),),
    "mV": (Conversion("V", 1e-3),),
    "kV": (Conversion("V", 1e3),),
    "mA": (Conversion("A", 1e-3),),
    "kHz": (Conversion("Hz", 1e3),),
    "K": (Conversion("Cel", 1.0, -273.15),),
    "degF": (Conversion("Cel", 5 / 9, -160 / 9),),
    "Pa": (Conversion("hPa", 0.01),),
    "kPa": (Conversion("hPa", 10.0),),
    "mbar": (Conversion("hPa"),),
    "kg/m3": (Conversion("ug/m3", 1e9),),
    "mg/m3": (Conversion("ug/m3", 1e3),),
    "km/h": (Conversion("m/s", 1 / 3.6),),
    "mm": (Conversion("m", 1e-3),),
    "cm": (Conversion("m", 1e-2),),
    "lat": (Conversion("deg"),),
    "lon": (Conversion("deg"),),
    "rad": (Conversion("deg", 57.29577951308232),),
    "min": (Conversion("h", 1 / 60),),
    "s": (Conversion("s"), Conversion("h", 1 / 3600)),
    "ms": (Conversion("s", 1e-3), Conversion("h", 1 / 3.6e6)),
    "d": (Conversion("h", 24.0),),
    "dBW": (Conversion("dBm", 1.0, 30.0),),
    "1": (Conversion("count"), Conversion("/")),
    "m/h": (Conversion("mm/h", 1000.0),),
}


class UnknownUnit(ValueError):
    """A unit that cannot become the metric's unit."""


def conversion(wire_unit: str, stored_unit: str) -> Conversion:
    """How `wire_unit` becomes `stored_unit`; UnknownUnit names the units that would do."""
    for candidate in CONVERSIONS.get(wire_unit, ()):
        if candidate.unit == stored_unit:
            return candidate
    usable = sorted(name for name, options in CONVERSIONS.items() if any(o.unit == stored_unit for o in options))
    raise UnknownUnit(f"unit {wire_unit[:40]!r} cannot become {stored_unit!r}: send one of {', '.join(usable)}")
