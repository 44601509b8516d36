"""The labels of SenML (RFC 8428 section 4.3, CBOR integers section 6) and the names units and metrics go by."""

from __future__ import annotations

from typing import Final, NamedTuple

from hub.model.metrics import metric
from hub.model.units import Conversion, conversion

CBOR_LABELS: Final = {
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}
CBOR_KEYS: Final = {label: key for key, label in CBOR_LABELS.items()}

BASE_LABELS: Final = frozenset({"bver", "bn", "bt", "bu", "bv", "bs"})

RELATIVE_BELOW: Final = float(2**28)
"""Times below this are relative to now (RFC 8428 section 4.5.3)."""

VERSION: Final = 10
SECONDARY_UNITS: Final = 26
"""Version 10 with the feature flag of RFC 9100 for secondary units (RFC 8798): 10 + 2**4."""


class Target(NamedTuple):
    """Where a value goes: `stored = value * factor + offset`, believable when `low <= stored <= high`."""

    metric: str
    factor: float
    offset: float
    low: float
    high: float


def converted(value: float, factor: float, offset: float) -> float:
    """A value in the stored unit, to twelve digits: 0.0612 kW are 61.2 W, not 61.199999999999996."""
    return float(f"{value * factor + offset:.12g}")


class Targets:
    """(name, unit) -> Target, worked out once each. A missing unit is the metric's own."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None], Target] = {}
        self.get = self._known.get

    def resolve(self, name: str, unit: str | None) -> Target:
        """The target of `name` in `unit`; raises UnknownMetric or UnknownUnit, which say what would do."""
        found = self._known.get((name, unit))
        if found is None:
            about = metric(name)
            via = Conversion(about.unit) if unit is None else conversion(unit, about.unit)
            found = Target(about.name, via.factor, via.offset, about.low, about.high)
            self._known[(name, unit)] = found
        return found
