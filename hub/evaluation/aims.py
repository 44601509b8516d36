"""What a proposal for a road is to reach."""

from __future__ import annotations

from enum import StrEnum


class Aim(StrEnum):
    """`BANDS`: the widest green bands, proved. `ALL`: the least delay by which no movement waits longer."""

    BANDS = "bands"
    ALL = "all"
