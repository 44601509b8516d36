"""What is made of a reading before it counts: its calibration, and the cubic metre that it is of. Pure.

Stored readings are never changed: a calibration that is found to be wrong is replaced, and the past is right again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from hub.model.calibrations import Basis, Calibration

NORMAL_KELVIN = 298.15  # 25 °C
NORMAL_HPA = 1013.25  # 760 mmHg
KELVIN = 273.15


OF_PARTICLES = frozenset({"pm1", "pm2_5", "pm10"})
OF_GASES = frozenset({"no2", "so2", "o3", "co"})


def usual_basis(metric: str) -> Basis | None:
    """Particles are counted in the air as it is; gases measured by volume (ppb) become ug/m3 at 25 °C and 760 mmHg."""
    return Basis.AMBIENT if metric in OF_PARTICLES else Basis.NORMAL if metric in OF_GASES else None


class Calibrations:
    """The calibrations of some sensors, with the question which one holds."""

    def __init__(self, rows: Iterable[Calibration] = ()) -> None:
        self._rows: dict[tuple[str, str], list[Calibration]] = {}
        for row in sorted(rows, key=lambda row: row.since):
            self._rows.setdefault((row.device, row.metric), []).append(row)

    def at(self, device: str, metric: str, time: float) -> Calibration | None:
        """The one that holds at `time`; None: readings count as they are."""
        rows: Sequence[Calibration] = self._rows.get((device, metric), ())
        place = bisect_right(rows, time, key=lambda row: row.since)
        return rows[place - 1] if place else None


def corrected(value: float, calibration: Calibration | None) -> float:
    """The reading as it counts; a concentration is never below 0."""
    if calibration is None:
        return value
    found = value * calibration.factor + calibration.offset
    return max(0.0, found) if usual_basis(calibration.metric) is not None else found


def to_normal(value: float, basis: Basis | None, air: Mapping[str, float]) -> tuple[float, Basis | None]:
    """A concentration by the normal cubic metre, where the air's `temperature` (Cel) and `pressure` (hPa) are known; else
    as it is, with the basis that it has."""
    temperature, pressure = air.get("temperature"), air.get("pressure")
    if basis is not Basis.AMBIENT or temperature is None or pressure is None:
        return value, basis
    return value * (temperature + KELVIN) / NORMAL_KELVIN * NORMAL_HPA / pressure, Basis.NORMAL
