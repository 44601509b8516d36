"""Any sequence of writing, reading, releasing, crashing and damaging, against a list."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hub.model.readings import Row
from hub.ports import StoreUnavailable
from hub.store.spool import Spool, layout
from hub.store.spool.files import segment_path, segments_in
from tests.store.rows import MONDAY, row

QUOTA = 20_000


def number_of(one: Row) -> int:
    return int(one.values["power"])


class SpoolLife(RuleBasedStateMachine):
    """Sets of batch numbers: `written`; `released`, ever and in this life; `hurt`, of which a byte has changed."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.spool = Spool(self.folder, QUOTA, lambda: MONDAY)
        self.last = 0
        self.written: set[int] = set()
        self.released: set[int] = set()
        self.released_now: set[int] = set()
        self.hurt: set[int] = set()

    def teardown(self) -> None:
        self.spool.close()
        shutil.rmtree(self.folder)

    @rule(rows=st.integers(1, 60))
    def write(self, rows: int) -> None:
        self.last += 1
        batch = [row(f"{self.last * 7919 % 10007:x}-{n}", MONDAY + n, power=float(self.last)) for n in range(rows)]
        try:
            self.spool.write(batch)
        except StoreUnavailable:
            assert self.spool.backlog().share > 0.8
        else:
            self.written.add(self.last)

    @rule(rows=st.integers(1, 100), chunks=st.integers(1, 5))
    def drain(self, rows: int, chunks: int) -> None:
        place = self.spool.released
        for _ in range(chunks):
            if (chunk := self.spool.read(place, rows)) is None:
                break
            place = chunk.place
            self.spool.release(chunk)
            self.released_now.update(map(number_of, chunk.rows))
        self.released |= self.released_now

    @rule(tail=st.binary(max_size=200))
    def crash(self, tail: bytes) -> None:
        """A new life; a record was being written to the newest segment. What was released may come again."""
        self.spool.close()
        if firsts := segments_in(self.folder):
            with segment_path(self.folder, firsts[-1]).open("ab") as file:
                file.write(tail)
        self.spool = Spool(self.folder, QUOTA, lambda: MONDAY)
        self.released_now = set()

    @rule(data=st.data())
    def damage(self, data: st.DataObject) -> None:
        """A byte of a record changes, not of the very last one: there it would be a torn tail."""
        paths = [segment_path(self.folder, first) for first in segments_in(self.folder)]
        places = [(path, record) for path in paths for record in records(path.read_bytes())][:-1]
        if places:
            path, record = data.draw(st.sampled_from(places))
            found = bytearray(path.read_bytes())
            found[data.draw(st.integers(record.start, record.end - 1))] ^= 0x55
            path.write_bytes(found)
            self.hurt.update(map(number_of, layout.decode_rows(record.body)))

    @invariant()
    def everything_that_waits_comes_in_order(self) -> None:
        found: list[int] = []
        place = self.spool.released
        while (chunk := self.spool.read(place, 50)) is not None:
            place = chunk.place
            found += dict.fromkeys(map(number_of, chunk.rows))
        assert found == sorted(set(found))
        assert self.written - self.released - self.hurt <= set(found) <= self.written - self.released_now - self.hurt

    @invariant()
    def figures_are_right(self) -> None:
        backlog = self.spool.backlog()
        assert backlog.bytes == sum(path.stat().st_size for path in self.folder.glob("*.segment")) <= QUOTA
        assert backlog.batches >= 0 and backlog.rows >= 0
        assert (backlog.since is None) == (backlog.batches == 0) == self.spool.empty


def records(data: bytes) -> list[layout.Record]:
    """The sound records of a segment."""
    found, record = [], layout.next_record(data, 0)
    while record is not None:
        found.append(record)
        record = layout.next_record(data, record.end)
    return found


TestSpoolLife = SpoolLife.TestCase
TestSpoolLife.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
