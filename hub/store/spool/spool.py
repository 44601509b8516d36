"""Batches of readings that wait on disk, in order, until the store has them. What is on disk: README.md."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from hub.model.readings import Row
from hub.ports import StoreUnavailable
from hub.store.lock import lock_folder
from hub.store.spool import files, layout
from hub.store.spool.backlog import Backlog, FillAlarm, used_share
from hub.store.spool.layout import HEADER_SIZE, Header
from hub.store.spool.reader import Chunk, Reader
from hub.store.spool.recovery import find_segments
from hub.store.spool.segment import Place, Segment

log = structlog.get_logger("lamplighter.spool")

LARGEST_SEGMENT = 8 << 20
SEGMENTS = 16  # a full spool has at least so many
LARGEST_RECORD = 20_000  # rows
RESERVE = 256_000_000  # bytes of the disk (a twentieth of a small one) that are left to the registry and the log


class Spool:
    """The folder of waiting batches. One thread writes, one reads and releases, any looks at `backlog`.

    `now` stamps batches. At most `quota` bytes are taken, and not the last of the disk. Raises StoreUnavailable when the
    folder cannot be used.
    """

    def __init__(self, folder: Path, quota: int, now: Callable[[], float]) -> None:
        self.folder, self.quota = folder, quota
        self._now = now
        self._segment_size = min(LARGEST_SEGMENT, quota // SEGMENTS)
        self._state = threading.Lock()  # the fields below
        self._writing = threading.Lock()  # the tail; taken before _state
        self._segments: dict[int, Segment] = {}  # ascending
        self._tail: files.Tail | None = None
        self._bytes = 0  # of all segments
        self._number = self._rows = 0  # of the last batch written
        self._done = self._rows_done = 0  # of the last batch released
        self._done_place = Place(0, HEADER_SIZE)
        self._since: float | None = None
        self._looked_at: Place | None = None  # where _since was read
        self._reader = Reader(folder, self.segment_at)
        self._alarm = FillAlarm()
        self._closed = False
        self._lock = lock_folder(folder, "the spool")
        try:
            self._recover()
        except OSError as error:
            os.close(self._lock)
            raise StoreUnavailable(f"the spool's folder {folder} cannot be used: {error}") from error
        except BaseException:
            os.close(self._lock)
            raise

    def _recover(self) -> None:
        segments, self._number, self._rows = find_segments(self.folder, self._now())
        if segments:
            oldest = segments[0].header
            self._segments = {segment.header.first: segment for segment in segments}
            self._bytes = sum(segment.size for segment in segments)
            self._done, self._rows_done = oldest.first - 1, oldest.rows_before
            self._done_place = Place(oldest.first, HEADER_SIZE)
            backlog = self.backlog()
            log.info("readings of before the start wait on disk", batches=backlog.batches, bytes=backlog.bytes)
            self._alarm.look(backlog.share)

    # --- in ---------------------------------------------------------------------------------------------------------

    def write(self, rows: Sequence[Row]) -> None:
        """Keep `rows`; on return they survive kill -9 and power loss.

        Raises StoreUnavailable when the quota is reached or the disk is full, and then keeps none.
        """
        if not rows:
            return
        bodies: list[tuple[int, float, bytes]] = []
        for start in range(0, len(rows), LARGEST_RECORD):
            part = rows[start : start + LARGEST_RECORD]
            bodies.append((len(part), min(row.time for row in part), layout.encode_rows(part)))
        with self._writing:
            self._write(bodies)
        self._alarm.look(self.share)

    def _write(self, bodies: Sequence[tuple[int, float, bytes]]) -> None:
        if self._closed:
            raise StoreUnavailable("the spool is closed")
        number, rows, now = self._number, self._rows, self._now()
        data, oldest = b"", math.inf
        for count, time, body in bodies:
            number, rows, oldest = number + 1, rows + count, min(oldest, time)
            data += layout.encode_record(number, rows, now, time, body)
        room = self._room()
        if self._bytes + len(data) + HEADER_SIZE > room:
            remedy = "raise spool.megabytes" if room == self.quota else f"free space on the disk of {self.folder}"
            raise StoreUnavailable(
                f"the spool is full: {self._bytes / 1e6:.1f} of {room / 1e6:.1f} MB; bring the store back, or {remedy}"
            )
        try:
            segment = self._room_for(len(data), now)
            assert self._tail is not None
            try:
                self._tail.append(data)
            except OSError:
                self._tail.cut_back()
                raise
        except OSError as error:
            self._seal()
            raise StoreUnavailable(f"the spool in {self.folder} cannot be written: {error}") from error
        with self._state:
            segment.size += len(data)
            self._bytes += len(data)
            segment.oldest = min(segment.oldest, oldest)
            self._number, self._rows = number, rows

    def _room(self) -> int:
        """Bytes that the spool may take now: its quota, or what the disk has."""
        try:
            disk = os.statvfs(self.folder)
        except OSError:
            return self.quota
        reserve = min(RESERVE, disk.f_blocks * disk.f_frsize // 20)
        return max(0, min(self.quota, self._bytes + disk.f_bavail * disk.f_frsize - reserve))

    def _room_for(self, size: int, now: float) -> Segment:
        """The segment to append to; a new one when there is none or it would grow too large."""
        last = next(reversed(self._segments.values()), None)
        if self._tail is not None and last is not None:
            if last.size + size <= self._segment_size or last.size == HEADER_SIZE:
                return last
            self._seal()
        header = Header(self._number + 1, self._rows, now, last.oldest if last else math.inf)
        path = files.segment_path(self.folder, header.first)
        self._tail = files.Tail(path, layout.encode_header(header))
        segment = Segment(path, header, HEADER_SIZE, math.inf)
        with self._state:
            self._segments[header.first] = segment
            self._bytes += HEADER_SIZE
            if len(self._segments) == 1:
                self._done_place = Place(header.first, HEADER_SIZE)
        return segment

    def _seal(self) -> None:
        """Append no more to the last segment; one that holds nothing goes."""
        if self._tail is None:
            return
        path, empty = self._tail.path, self._tail.size <= HEADER_SIZE
        self._tail.close()
        self._tail = None
        if empty:
            with self._state:
                self._segments.popitem()
                self._bytes -= HEADER_SIZE
            with suppress(OSError):
                files.remove(path)

    # --- out --------------------------------------------------------------------------------------------------------

    @property
    def released(self) -> Place:
        """Where the oldest waiting batch is: reading begins there."""
        with self._state:
            return self._done_place

    def read(self, place: Place, rows: int) -> Chunk | None:
        """The next batches from `place` on (see Reader.read)."""
        return self._reader.read(place, rows)

    def segment_at(self, place: Place) -> tuple[Place, int] | None:
        """`place`, or the beginning of the next segment where that one is read, and where its segment ends."""
        with self._state:
            for first, segment in self._segments.items():
                if first == place.segment and place.offset < segment.size:
                    return place, segment.size
                if first > place.segment and segment.size > HEADER_SIZE:
                    return Place(first, HEADER_SIZE), segment.size
        return None

    def release(self, chunk: Chunk) -> None:
        """Let go of everything up to the end of `chunk`. Raises StoreUnavailable when files cannot be deleted."""
        place = chunk.place
        try:
            with self._writing:  # the last segment goes too when all of it is done
                with self._state:
                    segments = list(self._segments.items())
                through = [
                    segment for first, segment in segments
                    if first < place.segment or (first == place.segment and place.offset >= segment.size)
                ]  # fmt: skip
                everything = len(through) == len(segments)
                if everything and self._tail is not None:
                    self._tail.close()
                    self._tail = None
                for segment in through:
                    files.remove(segment.path)
                    with self._state:
                        self._bytes -= segment.size
                        del self._segments[segment.header.first]
                with self._state:
                    self._done_place = place
                    self._count_done(chunk, everything)
        except OSError as error:
            raise StoreUnavailable(f"the spool in {self.folder} cannot be tidied: {error}") from error
        self._alarm.look(self.share)

    def _count_done(self, chunk: Chunk, everything: bool) -> None:
        if everything:
            self._done, self._rows_done = self._number, self._rows
        elif chunk.number is not None and chunk.rows_through is not None:
            self._done, self._rows_done = chunk.number, chunk.rows_through

    def _waits(self) -> bool:
        with self._state:
            return self._number > self._done

    # --- looking ----------------------------------------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        """True when nothing waits."""
        return not self._waits()

    @property
    def share(self) -> float:
        """How much of the room for it is used, 0 to 1."""
        return used_share(self._bytes, self._room())

    def backlog(self) -> Backlog:
        """What waits now."""
        since, room = self._oldest_batch(), self._room()
        with self._state:
            batches = self._number - self._done
            reading = min(
                (s.oldest for first, s in self._segments.items() if first >= self._done_place.segment), default=math.inf
            )
            return Backlog(
                batches,
                self._rows - self._rows_done,
                self._bytes,
                room,
                since if batches else None,
                reading if batches else None,
            )

    def _oldest_batch(self) -> float | None:
        """When the oldest waiting batch was written: one look at its beginning, remembered."""
        if (found := self.segment_at(self.released)) is None:
            return None
        place, _ = found
        path = files.segment_path(self.folder, place.segment)
        with self._state:
            if place == self._looked_at:
                return self._since
            segment = self._segments.get(place.segment)
        since = segment.header.made if segment else None
        with suppress(OSError):
            since = layout.written_at(files.read_part(path, place.offset, place.offset + layout.RECORD_SIZE)) or since
        with self._state:
            self._looked_at, self._since = place, since
        return since

    def damaged(self) -> int:
        """How many damaged parts lie aside in the folder."""
        return sum(1 for _ in self.folder.glob(f"*{files.ASIDE}*"))

    def close(self) -> None:
        """Let go of the folder; what waits stays."""
        with self._writing:
            if not self._closed:
                self._closed = True
                self._seal()
                os.close(self._lock)
