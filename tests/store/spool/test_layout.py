"""The format on disk: what was written is read again, and what is damaged is never taken for sound."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.store.spool import layout
from hub.store.spool.layout import Header

times = st.floats(-1e11, 1e11)
numbers = st.integers(0, 2**63)
rows = st.builds(
    Row,
    device=st.text(max_size=20),
    kind=st.sampled_from(DeviceKind),
    time=times,
    received=times,
    values=st.dictionaries(st.text(max_size=12), st.floats(allow_nan=False), max_size=4),
    quality=st.integers(0, 3),
)
batches = st.lists(rows, min_size=1, max_size=5)


@given(batches)
def test_rows_come_back_as_they_were(batch: list[Row]) -> None:
    assert layout.decode_rows(layout.encode_rows(batch)) == batch


@given(numbers, numbers, times, times)
def test_a_header_comes_back(first: int, before: int, made: float, oldest: float) -> None:
    header = Header(first, before, made, oldest)
    assert layout.decode_header(layout.encode_header(header) + b"more") == header


def test_a_header_without_a_segment_before_it() -> None:
    assert layout.decode_header(layout.encode_header(Header(1, 0, 5.0))) == Header(1, 0, 5.0, math.inf)


@given(st.integers(0, layout.HEADER_SIZE - 1).filter(lambda at: at not in (10, 11)), st.integers(1, 255))
def test_a_header_of_which_anything_but_the_reserved_bytes_changed_is_damaged(at: int, change: int) -> None:
    data = bytearray(layout.encode_header(Header(7, 100, 5.0, 1.0)))
    data[at] ^= change
    assert layout.decode_header(bytes(data)) is None


def test_a_header_of_a_newer_program_is_told_from_a_damaged_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "VERSION", 2)
    data = layout.encode_header(Header(1, 0, 5.0))
    monkeypatch.undo()
    with pytest.raises(layout.UnknownVersion, match="version 2"):
        layout.decode_header(data)


def record(number: int, batch: list[Row]) -> bytes:
    oldest = min(row.time for row in batch)
    return layout.encode_record(number, number * 10, 5.0, oldest, layout.encode_rows(batch))


@given(numbers, batches)
def test_a_record_comes_back(number: int, batch: list[Row]) -> None:
    number //= 10
    data = b"before" + record(number, batch)
    found = layout.record_at(data + b"behind", 6)
    assert found is not None
    assert (found.number, found.rows_through, found.written) == (number, number * 10, 5.0)
    assert (found.oldest, found.start, found.end) == (min(row.time for row in batch), 6, len(data))
    assert layout.decode_rows(found.body) == batch
    assert layout.written_at(data[6:]) == 5.0


@given(batches, st.data())
def test_any_changed_or_missing_byte_is_noticed_and_the_next_record_found(
    batch: list[Row], data: st.DataObject
) -> None:
    one, two = record(1, batch), record(2, batch)
    at = data.draw(st.integers(0, len(one) - 1))
    if data.draw(st.booleans()):
        damaged = bytearray(one)
        damaged[at] ^= data.draw(st.integers(1, 255))
        one = bytes(damaged)
    else:
        one = one[:at]
    if one:
        assert layout.record_at(one, 0) is None
    found = layout.next_record(one + two, 0)
    assert found is not None and found.number == 2 and found.start == len(one)


@given(st.binary(max_size=400), st.integers(0, 400))
def test_noise_is_no_record(noise: bytes, at: int) -> None:
    assert layout.record_at(noise, at) is None
    assert layout.next_record(noise, at) is None
    assert layout.decode_header(noise) is None
    with pytest.raises(layout.BadBody):
        layout.decode_rows(noise)


def test_a_sound_record_without_rows_in_it_is_told() -> None:
    import zlib

    with pytest.raises(layout.BadBody):
        layout.decode_rows(zlib.compress(b'{"device": 1}'))
