"""Run as a program: append numbered rows to the store in the folder named, printing each batch once it is durable."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from hub.store import DuckDbStore
from tests.store.rows import MONDAY, WEEK, row

DEVICES = [f"lamp-{n}" for n in range(20)]


def batch(number: int) -> list[tuple[str, float]]:
    """(device, time) of a batch: new readings, with late ones of the week before in every third."""
    late = WEEK if number % 3 == 0 else 0.0
    return [(device, MONDAY + number - late) for device in DEVICES]


def main(folder: str, first: int) -> None:
    """Append until killed."""
    store = DuckDbStore(Path(folder), lambda: MONDAY)
    for number in itertools.count(first):
        store.append(
            [
                row(device, time, power=float(number), **({"level": 1.0} if number > 5 else {}))
                for device, time in batch(number)
            ]
        )
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
