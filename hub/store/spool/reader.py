"""Reading the spool in order, past whatever is damaged."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import structlog

from hub.model.readings import Row
from hub.ports import StoreUnavailable
from hub.store.spool import files, layout
from hub.store.spool.segment import Place

log = structlog.get_logger("lamplighter.spool")

WINDOW = 256 << 10


class Chunk(NamedTuple):
    """Batches read together, up to `place`; without rows where all there was is damaged.

    `number` and `rows_through` are the last batch's, None where damage hides them.
    """

    rows: list[Row]
    number: int | None
    rows_through: int | None
    place: Place


class Reader:
    """Reads segments of `folder`; `segment_at` says where reading is to go on (there, or in the next segment) and where
    that segment ends. For one thread."""

    def __init__(self, folder: Path, segment_at: Callable[[Place], tuple[Place, int] | None]) -> None:
        self._folder, self._segment_at = folder, segment_at
        self._told: set[Place] = set()

    def read(self, place: Place, rows: int) -> Chunk | None:
        """The batches from `place` on that together have at most `rows` rows, at least one; None when there are none.

        What is damaged is kept aside, said once, and passed over. Raises StoreUnavailable when the disk cannot be read.
        """
        chunk: Chunk | None = None
        while (chunk is None or len(chunk.rows) < rows) and (there := self._segment_at(place)) is not None:
            place, end = there
            try:
                window = self._window(place, end)
            except OSError as error:
                if error.errno not in (errno.EIO, errno.ENOENT):
                    raise StoreUnavailable(f"the spool in {self._folder} cannot be read: {error}") from error
                self._tell(place, end, f"it cannot be read: {error}")
                chunk = Chunk(chunk.rows if chunk else [], None, None, Place(place.segment, end))
            else:
                longer = self._take(chunk, place, window, rows)
                if longer is chunk:
                    break
                chunk = longer
            place = chunk.place
        return chunk

    def _window(self, place: Place, end: int) -> bytes:
        """The bytes from `place` on: at least one whole record, or all up to `end`."""
        path = files.segment_path(self._folder, place.segment)
        window = files.read_part(path, place.offset, min(end, place.offset + WINDOW))
        if place.offset + len(window) < end and layout.record_at(window, 0) is None:
            window = files.read_part(path, place.offset, end)
        return window

    def _take(self, chunk: Chunk | None, place: Place, window: bytes, rows: int) -> Chunk:
        """`chunk` and what it has room for of `window`, which was read at `place`."""
        at = 0
        gathered: list[Row] = chunk.rows if chunk else []
        before = chunk.rows_through if chunk else None
        while (record := layout.record_at(window, at)) is not None:
            if chunk and before is not None and gathered and len(gathered) + record.rows_through - before > rows:
                return chunk
            try:
                gathered.extend(layout.decode_rows(record.body))
            except layout.BadBody as error:
                self._keep_aside(
                    place.segment, place.offset + at, window[at : record.end], f"it holds no rows: {error}"
                )
            at, before = record.end, record.rows_through
            chunk = Chunk(gathered, record.number, before, Place(place.segment, place.offset + at))
        if chunk and at > 0:
            return chunk
        sound = layout.next_record(window, 1)
        damaged = window if sound is None else window[: sound.start]
        self._keep_aside(place.segment, place.offset, damaged, "its checksum is wrong")
        return Chunk(gathered, None, None, Place(place.segment, place.offset + len(damaged)))

    def _keep_aside(self, segment: int, offset: int, data: bytes, why: str) -> None:
        try:
            path = files.keep_aside(files.segment_path(self._folder, segment), offset, data)
            kept = f"its bytes are kept in {path.name}"
        except OSError as error:
            kept = f"its bytes could not be kept: {error}"
        self._tell(Place(segment, offset), offset + len(data), f"{why}; {kept}")

    def _tell(self, place: Place, end: int, what: str) -> None:
        if place not in self._told:
            self._told.add(place)
            path = files.segment_path(self._folder, place.segment)
            log.error("a part of the spool is damaged; the rest goes on", file=str(path), start=place.offset, end=end,
                      error=what)  # fmt: skip
