"""Run as a program: append to the store in the folder named and roll it up, hour by hour, until killed. Prints each step."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from hub.ports import Span, Tier
from hub.store import DuckDbStore
from tests.store.rows import MONDAY, row

HOUR = 3600.0
LAMPS = [f"lamp-{n}" for n in range(50)]
ZONES = {lamp: f"ward-{n % 3}" for n, lamp in enumerate(LAMPS)}


def reports(hour: int) -> list[tuple[str, float, float]]:
    """(lamp, time, power) of an hour, and of a late lamp two hours before."""
    found = [(lamp, MONDAY + hour * HOUR + n * 300, float(hour + n)) for n in range(12) for lamp in LAMPS[1:]]
    return [*found, *((LAMPS[0], MONDAY + (hour - 2) * HOUR + n * 300, 1.0) for n in range(12))]


def main(folder: str, first: int) -> None:
    """Roll up until killed."""
    store = DuckDbStore(Path(folder), lambda: MONDAY)
    for hour in itertools.count(first):
        store.append([row(lamp, time, power=power) for lamp, time, power in reports(hour)])
        restated = Span(MONDAY + (hour - 2) * HOUR, MONDAY + (hour + 1) * HOUR)
        print(hour, flush=True)
        for tier in (Tier.QUARTER, Tier.HOUR):
            store.roll_up(tier, restated, ZONES)
        print(hour, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
