"""A TelemetryStore that takes readings while the real one is away: they wait on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Health, LatestValue, RowsRefused, SeriesQuery, Span, StoreSizes, StoreUnavailable, Tier
from hub.store.spool.backlog import ALARMS, Backlog
from hub.store.spool.drain import CHUNK, DistantStore, Drain, Refused
from hub.store.spool.spool import Spool
from hub.store.spool.turns import Turns

PATIENCE = 2.0  # s that a fresh batch waits for its turn at the store before it goes to disk


class SpooledStore:
    """Puts `spool` in front of `store`. Owns both from here on.

    While the store works and is durable, `append` goes straight to it, also while older readings are still being drained:
    readings know their device, metric and time, so their order does not matter. When the store fails, or only promises, they
    go to the spool and `append` returns once they are durable there. Reading asks the store alone: what still waits is not
    seen.

    `refused` gets rows that waited and that the store can never take; it returns when they are kept elsewhere.
    """

    def __init__(
        self,
        store: DistantStore,
        spool: Spool,
        *,
        now: Callable[[], float],
        refused: Callable[[Refused], None],
        settle_seconds: float = 30.0,
    ) -> None:
        self._store, self._spool, self._now = store, spool, now
        self._turns = Turns(CHUNK)
        self._drain = Drain(spool, store, self._turns, refused, settle_seconds)

    def start(self) -> None:
        """Begin to drain."""
        self._drain.start()

    def append(self, rows: Sequence[Row]) -> None:
        """Store rows, or keep them on disk. Raises RowsRefused as the store does, StoreUnavailable when neither works."""
        if not rows:
            return
        if self._store.durable and (self._drain.away is None or self._spool.empty) and self._append(rows):
            return
        try:
            self._spool.write(rows)
        except StoreUnavailable as error:
            away = self._drain.away
            raise StoreUnavailable(f"{error} (the store is away: {away[1]})" if away else str(error)) from error
        self._drain.wake()

    def _append(self, rows: Sequence[Row]) -> bool:
        with self._turns.fresh(len(rows), PATIENCE) as ours:
            if not ours or (self._drain.away is not None and not self._spool.empty):
                return False
            try:
                self._store.append(rows)
            except StoreUnavailable as error:
                self._drain.lost(str(error))
                return False
            except RowsRefused:
                if self._store.durable:
                    raise
            self._drain.found()
            return self._store.durable  # another server may have taken the place of the durable one

    # --- what waits -------------------------------------------------------------------------------------------------

    @property
    def away(self) -> bool:
        """True while the store does not take readings."""
        return self._drain.away is not None

    def backlog(self) -> Backlog:
        """What waits on disk."""
        return self._spool.backlog()

    @property
    def share(self) -> float:
        """How much of the spool's quota is used, 0 to 1."""
        return self._spool.share

    def oldest_age(self) -> float:
        """Seconds since the oldest waiting batch was taken; 0 when none waits."""
        return self._spool.backlog().age(self._now())

    def oldest_waiting(self) -> float | None:
        """No reading that waits has an earlier source time than this; None when none waits. Minus infinity: not known."""
        return self._spool.backlog().reading

    def spool_health(self) -> Health:
        """The spool's own state: not ok when hardly any room is left."""
        backlog, damaged = self._spool.backlog(), self._spool.damaged()
        words = backlog.words(self._now())
        if damaged:
            words += f"; {damaged} damaged part{'s' if damaged > 1 else ''} set aside in {self._spool.folder}"
        return Health(backlog.share < ALARMS[-1], words)

    def health(self) -> Health:
        """The store's state, and what waits for it."""
        away, backlog = self._drain.away, self._spool.backlog()
        if away is None:
            ok, words = self._store.health()
        else:
            ok, words = False, f"away for {time.monotonic() - away[0]:.0f} s: {away[1]}"
        return Health(ok, f"{words}; {backlog.words(self._now())}" if backlog.batches else words)

    def close(self) -> None:
        """Stop; what waits stays on disk."""
        self._drain.stop()
        self._spool.close()
        self._store.close()

    # --- what the store does ----------------------------------------------------------------------------------------

    def latest(self, received_after: float | None = None) -> Iterable[LatestValue]:
        return self._store.latest(received_after)

    def readings(self, kind: DeviceKind, device: str, span: Span, limit: int) -> list[Row]:
        return self._store.readings(kind, device, span, limit)

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        return self._store.series(query)

    def roll_up(self, tier: Tier, span: Span, zones: Mapping[str, str | None]) -> int:
        return self._store.roll_up(tier, span, zones)

    def drop_before(self, time: float, tier: Tier | None = None) -> int:
        return self._store.drop_before(time, tier)

    def sizes(self) -> StoreSizes:
        return self._store.sizes()
