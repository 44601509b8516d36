"""Run as a program: append numbered rows to a spooled store whose real one (DuckDB) is away now and then; each batch's number
is printed once `append` has returned."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from hub.model.readings import Row
from hub.ports import StoreUnavailable
from hub.store import DuckDbStore
from hub.store.spool import Spool, SpooledStore
from tests.store.rows import MONDAY, row

DEVICES = [f"lamp-{n}" for n in range(20)]


class Distant(DuckDbStore):
    """An embedded store in the part of a distant one. `chance` decides whether it is away."""

    durable = True
    server: str | None = "first"
    chance: random.Random | None = None

    def incarnation(self) -> str | None:
        return self.server

    def append(self, rows: Sequence[Row]) -> None:
        if self.chance is not None and self.chance.random() < 0.6:
            raise StoreUnavailable("away")
        super().append(rows)


def open_store(folder: Path) -> tuple[Distant, SpooledStore]:
    """The real store and the spool in front of it, not yet started."""
    inner = Distant(folder / "store", lambda: MONDAY)
    spool = Spool(folder / "spool", 50_000_000, lambda: MONDAY)
    return inner, SpooledStore(inner, spool, now=lambda: MONDAY, refused=lambda rows: None, settle_seconds=0.2)


def batch(number: int) -> list[Row]:
    return [row(device, MONDAY + number, power=float(number)) for device in DEVICES]


def main(folder: str, first: int, promises: bool) -> None:
    """Append until killed. The log goes elsewhere than the numbers."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    inner, store = open_store(Path(folder))
    inner.chance, inner.durable = random.Random(first), not promises
    store.start()
    for number in itertools.count(first):
        store.append(batch(number))
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "promises")
