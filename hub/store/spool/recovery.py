"""What an earlier life left in the spool's folder."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import structlog

from hub.ports import StoreUnavailable
from hub.store.spool import files, layout
from hub.store.spool.layout import HEADER_SIZE, Header
from hub.store.spool.segment import Segment

log = structlog.get_logger("lamplighter.spool")


class Found(NamedTuple):
    """Segments in order, and the number of the last batch and of rows through it."""

    segments: list[Segment]
    number: int
    rows: int


def find_segments(folder: Path, now: float) -> Found:
    """Look at every segment's header, and through the whole newest one. Raises OSError and StoreUnavailable."""
    segments = []
    for first in files.segments_in(folder):
        path = files.segment_path(folder, first)
        try:
            header = layout.decode_header(files.read_part(path, 0, HEADER_SIZE)) or _guess(path, first, now)
        except layout.UnknownVersion as error:
            raise StoreUnavailable(f"{path} cannot be read: {error}; start the program that wrote it") from error
        segments.append(Segment(path, header._replace(first=first), path.stat().st_size, -math.inf))
    for segment, after in pairwise(segments):
        segment.oldest = after.header.oldest_before
    while segments:
        number, rows = _cut(segments[-1])
        if number is not None:
            return Found(segments, number, rows)
        files.remove(segments.pop().path)
    return Found([], 0, 0)


def _guess(path: Path, first: int, now: float) -> Header:
    """The header of a segment that lost it, as far as its first sound record tells."""
    record = layout.next_record(path.read_bytes(), 0)
    if record is None:
        return Header(first, 0, now, -math.inf)
    return Header(first, record.rows_through, record.written, -math.inf)


def _cut(segment: Segment) -> tuple[int | None, int]:
    """Cut off what is at the end of the newest segment and is no record: it was never finished, so never acknowledged.

    Returns the numbers of its last record; None when it holds no record at all.
    """
    data = files.read_part(segment.path, 0, segment.size)
    end, number, rows, segment.oldest = 0, None, 0, math.inf
    record = layout.next_record(data, 0)
    while record is not None:
        end, number, rows = record.end, record.number, record.rows_through
        segment.oldest = min(segment.oldest, record.oldest)
        record = layout.next_record(data, end)
    if max(end, HEADER_SIZE) < segment.size:
        log.warning("the end of the spool was not finished and is cut off", file=str(segment.path),
                    bytes=segment.size - end)  # fmt: skip
    if 0 < end < segment.size:
        files.cut(segment.path, end)
        segment.size = end
    return number, rows
