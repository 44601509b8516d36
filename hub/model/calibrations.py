"""Calibrations of sensors, and the cubic metre that a concentration is of."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Basis(StrEnum):
    """The cubic metre of a concentration: of the air as it is, or at 25 °C and 760 mmHg (Nm3, QCVN 05:2023 §1.3.10)."""

    AMBIENT = "ambient"
    NORMAL = "normal"


class Calibration(NamedTuple):
    """From `since` on a sensor's reading counts as reading * factor + offset, in the cubic metre of `basis` (None: the
    usual one), until the next calibration of the same metric. `changed` is when it was written, and `by` whom."""

    id: str
    device: str
    metric: str
    since: float
    factor: float
    offset: float
    basis: Basis | None
    note: str
    by: str
    changed: float
