"""A store in memory that can be away, refuse rows, forget what it only promised, and count who wrote when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hub.model.readings import Row
from hub.ports import RowsRefused, StoreUnavailable
from hub.store import MemoryStore
from hub.store.spool import Refused, Spool, SpooledStore
from tests.servers.waiting import until
from tests.store.rows import MONDAY

QUOTA = 4_000_000


class DistantMemory(MemoryStore):
    """`away`, when not empty, is what every call answers; rows of devices in `poison` are refused; devices in `bad` make the
    store fail as if it had a bug. `batches` holds (thread, rows) of each append in order."""

    def __init__(self, durable: bool = True) -> None:
        super().__init__()
        self.durable = durable
        self.away = ""
        self.server = "first"
        self.poison: frozenset[str] = frozenset()
        self.bad: frozenset[str] = frozenset()
        self.batches: list[tuple[str, int]] = []
        self.tried = 0
        self.gate = threading.Event()
        self.gate.set()

    def incarnation(self) -> str | None:
        if self.away:
            raise StoreUnavailable(self.away)
        return self.server

    def append(self, rows: Sequence[Row]) -> None:
        self.tried += 1
        self.gate.wait()
        if self.away:
            raise StoreUnavailable(self.away)
        if not self.bad.isdisjoint(row.device for row in rows):
            raise ValueError("never seen such a row")
        self.batches.append((threading.current_thread().name, len(rows)))
        refused = {index: "no such field" for index, row in enumerate(rows) if row.device in self.poison}
        super().append([row for row in rows if row.device not in self.poison])
        if refused:
            raise RowsRefused(refused)

    def restart(self, *, forgetting: Iterable[str] = ()) -> None:
        """The server begins a new life without what it had of these devices."""
        forgotten = frozenset(forgetting)
        self.rows = {key: row for key, row in self.rows.items() if key[1] not in forgotten}
        self.server += "'"

    def devices(self) -> set[str]:
        """Whose readings it has."""
        return {device for _, device, _ in list(self.rows)}


@contextmanager
def spooled(
    folder: Path,
    inner: DistantMemory,
    *,
    quota: int = QUOTA,
    refused: Callable[[Refused], None] = lambda rows: None,
    settle_seconds: float = 30.0,
    start: bool = True,
) -> Iterator[SpooledStore]:
    """A SpooledStore on `folder`, running unless `start` is False."""
    store = SpooledStore(
        inner, Spool(folder, quota, lambda: MONDAY), now=lambda: MONDAY, refused=refused, settle_seconds=settle_seconds
    )
    if start:
        store.start()
    try:
        yield store
    finally:
        inner.gate.set()
        store.close()


def drained(store: SpooledStore) -> None:
    """Wait until nothing waits on disk."""
    until("the spool to be empty", lambda: store.backlog().batches == 0, within=30)
