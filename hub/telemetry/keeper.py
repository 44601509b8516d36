"""Keeps latest values, presence and clocks over a restart: by a snapshot, and by the store for what came after it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import structlog

from hub.background import Background
from hub.model.presence import PresenceCopy
from hub.ports import Clock, StoreUnavailable, TelemetryStore
from hub.telemetry.latest import Held, LatestCopy, LatestValues, rows_of
from hub.telemetry.snapshot import DamagedSnapshot, read_snapshot, write_snapshot

log = structlog.get_logger("lamplighter.telemetry")
MARGIN = 120.0  # seconds before the snapshot from which the store is asked: what was under way is not in it
EVERY = 60.0
_SLICE = 1_000  # devices taken in at once; the event loop goes on in between


class Remembering(Protocol):
    """Whoever knows presence and clocks (the board)."""

    version: int

    def copy(self) -> PresenceCopy:
        """What is known now."""

    def restore(self, known: PresenceCopy) -> None:
        """Take in what was known before."""

    def heard(self, heard: Iterable[tuple[str, float]]) -> None:
        """Take in when devices were heard of, as far as the store knows."""


class Keeper:
    """The snapshot at `path`: read at start, written every minute in which something changed, and at the end.

    A snapshot that is missing or damaged costs time, not knowledge: everything is then asked of the store. While the store is
    away, what is shown is the snapshot's, and the rest is asked for as soon as it answers.

    `oldest` says when the oldest row that the caches do not have yet was received: it may be stored after a snapshot of now.
    """

    def __init__(
        self,
        path: Path,
        latest: LatestValues,
        board: Remembering,
        store: TelemetryStore,
        clock: Clock,
        *,
        every: float = EVERY,
        oldest: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._path, self._latest, self._board, self._store, self._clock = path, latest, board, store, clock
        self._every, self._oldest = every, oldest
        self._ids: Mapping[str, str] = {}
        self._whole_at: float | None = None  # the caches hold all that the store had got by then
        self._behind = True  # the store was not asked yet
        self._written: tuple[int, int] | None = None
        self._writing = threading.Lock()  # a turn that is cancelled leaves its thread writing
        self._catching_up = Background("latest values from the store", self._catch_up, expected=(StoreUnavailable,))
        self._flushing = Background("snapshot", self._turn, expected=(OSError,), pause=10.0)

    async def load(self, ids: Mapping[str, str]) -> None:
        """Fill the caches with what is known of the devices `ids` ({id: the string to use for it})."""
        self._ids = ids
        try:
            found = await asyncio.to_thread(read_snapshot, self._path, ids)
        except (DamagedSnapshot, OSError) as error:
            log.warning("the snapshot of latest values cannot be read; the store is asked", error=str(error))
            found = None
        if found is not None:
            self._latest.restore(found.latest)
            self._board.restore(found.presence)
            self._whole_at = found.whole_at
        try:
            await self._ask()
        except StoreUnavailable as error:
            log.warning(
                "the store is away: latest values are those of the snapshot until it answers",
                snapshot=None if found is None else found.whole_at,
                error=str(error),
            )

    def start(self) -> None:
        """Begin to write, and to ask a store that was away."""
        if self._behind:
            self._catching_up.start()
        self._flushing.start()

    async def stop(self) -> None:
        """Write a last time."""
        await self._catching_up.stop()
        await self._flushing.stop()
        try:
            await self.flush()
        except OSError as error:
            log.warning("the snapshot of latest values could not be written", error=str(error))

    async def flush(self) -> None:
        """Write the snapshot when anything changed since the last; raises OSError."""
        versions = self._latest.version, self._board.version
        if versions != self._written:
            whole_at = self._whole_at if self._behind else self._complete_until()
            latest = self._latest.copy()
            await asyncio.sleep(0)
            await asyncio.to_thread(self._write, whole_at, latest, self._board.copy())
            self._written = versions

    def _complete_until(self) -> float:
        now, oldest = self._clock.now(), self._oldest()
        return now if oldest is None else min(now, oldest)

    def _write(self, whole_at: float | None, latest: LatestCopy, presence: PresenceCopy) -> None:
        with self._writing:
            write_snapshot(self._path, whole_at, latest, presence)

    async def _turn(self) -> None:
        await asyncio.sleep(self._every)
        await self.flush()

    async def _catch_up(self) -> None:
        if self._behind:
            await self._ask()
            log.info("latest values are complete: the store answered")
        await asyncio.Event().wait()

    async def _ask(self) -> None:
        now = self._clock.now()
        for rows in await asyncio.to_thread(self._fetch, now):
            devices = list(rows)
            for start in range(0, len(devices), _SLICE):
                part = {device: rows[device] for device in devices[start : start + _SLICE]}
                self._latest.load(part)
                self._board.heard((device, min(row.time, now)) for device, row in part.items())
                await asyncio.sleep(0)
        self._behind = False

    def _fetch(self, now: float) -> list[dict[str, Held]]:
        after = None
        if self._whole_at is not None:
            after = min(self._whole_at, now) - MARGIN * self._clock.rate
        ids = self._ids
        return [
            {ids[device]: row for device, row in portion.items() if device in ids}
            for portion in rows_of(self._store.latest(after), now)
        ]
