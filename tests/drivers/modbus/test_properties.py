"""What holds for every register map and every number."""

from __future__ import annotations

import math
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.address import BadAddress, parse_address
from drivers.modbus.codec import (
    FLOATS,
    WIDTHS,
    BadDigits,
    Order,
    RegisterType,
    bit_reader,
    number_reader,
    ordered,
    text_of,
)
from drivers.modbus.model import BITS, Block, MetricRule, Point, Poll
from drivers.modbus.reader import BlockReader, Found
from drivers.modbus.reads import merged, pieces
from drivers.modbus.unit import Job
from drivers.senml.labels import Target

RULE = MetricRule(Target("power", 1.0, 0.0, -1e7, 1e7))
points = st.lists(
    st.builds(
        lambda function, first, size: Point(
            "r", function, (first,), size, RegisterType.UINT16, Order.BIG, Poll.NORMAL, RULE
        ),
        st.sampled_from([1, 2, 3, 4]),
        st.integers(0, 2600),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=60,
)


@given(points, st.integers(0, 124), st.integers(8, 125))
def test_reads_are_legal_whole_and_no_two_of_them_could_be_one(wanted: list[Point], gap: int, most: int) -> None:
    blocks = merged(wanted, gap, most)
    assert sorted(id(p) for block in blocks for p in block.points) == sorted(map(id, wanted))
    for block in blocks:
        assert 1 <= block.count <= (2000 if block.function in BITS else most)
        assert all(block.start <= p.first and p.end <= block.start + block.count for p in block.points)
        assert {p.function for p in block.points} == {block.function}
    for one, other in pairwise(blocks):
        if one.function == other.function:
            together = other.start + other.count - one.start
            limit = 2000 if one.function in BITS else most
            far = other.start - (one.start + one.count) > (gap * 16 if one.function in BITS else gap)
            assert far or together > limit or max(together, one.count) > limit or _first_does_not_fit(one, other, limit)


def _first_does_not_fit(one: Block, other: Block, limit: int) -> bool:
    first = min(other.points, key=lambda p: (p.first, p.end))
    return max(first.end, one.start + one.count) - one.start > limit


@given(points)
def test_a_refused_block_comes_apart_to_single_points(wanted: list[Point]) -> None:
    waiting, single = merged(wanted, 124), 0
    for _ in range(10_000):
        if not waiting:
            break
        block = waiting.pop()
        parts = pieces(block)
        assert sum(len(part.points) for part in parts) in (0, len(block.points))
        waiting += parts
        single += not parts
    assert single == len(wanted)


@given(st.floats(0.01, 900), st.floats(1, 1e7), st.floats(0, 1), st.lists(st.floats(0, 5), min_size=3, max_size=30))
def test_polls_keep_to_a_raster_and_what_is_late_is_left_out(
    every: float, now: float, share: float, waits: list[float]
) -> None:
    job = Job(Poll.NORMAL, every, [], now, now + every * share)
    first = job.then
    for wait in waits:
        at = job.due + wait * every
        job.plan(at)
        assert at - every * 1e-3 <= job.due <= at + every * 1.001
        turns = (job.due - first) / every
        assert abs(turns - round(turns)) < 1e-3
    for _ in range(20):
        before = job.due
        job.plan(before)
        assert job.due - before >= every * 0.999 or job.due == first


whole = st.sampled_from([kind for kind in WIDTHS if kind not in FLOATS and not kind.value.startswith("bcd")])


@given(whole, st.sampled_from(list(Order)), st.data(), st.integers(0, 5))
def test_integers_in_every_order(kind: RegisterType, order: Order, data: st.DataObject, before: int) -> None:
    size, signed = WIDTHS[kind] * 2, kind.value.startswith("int")
    low, high = (-(1 << size * 8 - 1), (1 << size * 8 - 1) - 1) if signed else (0, (1 << size * 8) - 1)
    value = data.draw(st.integers(low, high))
    sent = ordered(order, value.to_bytes(size, "big", signed=signed))
    assert number_reader(kind, order, before * 2)(bytes(before * 2) + sent + b"\xff") == value


@given(st.sampled_from(list(Order)), st.floats(width=32))
def test_floats_in_every_order_and_what_is_no_number_is_none(order: Order, value: float) -> None:
    read = number_reader(RegisterType.FLOAT32, order, 0)
    sent = ordered(order, struct.pack(">f", value))
    if math.isnan(value):
        assert read(sent) is None
    elif math.isinf(value):
        with pytest.raises(BadDigits, match="infinite"):
            read(sent)
    else:
        assert read(sent) == value


@given(st.integers(0, 99_999_999))
def test_decimal_digits(value: int) -> None:
    assert number_reader(RegisterType.BCD32, Order.BIG, 0)(bytes.fromhex(f"{value:08d}")) == value


@given(
    st.binary(min_size=44, max_size=44),
    st.sampled_from([Order.BIG, Order.LITTLE]),
    st.floats(0.001, 1000),
    st.floats(-5, 5),
)
def test_the_fast_way_and_the_careful_way_agree(data: bytes, order: Order, factor: float, offset: float) -> None:
    wanted, place = [], 0
    for kind, width in WIDTHS.items():
        if not kind.value.startswith("bcd") and place + width <= 20:
            rule = MetricRule(Target(f"m{place}", factor, offset if place % 2 else 0.0, -1e15, 1e15))
            wanted.append(Point("r", 3, (place,), width, kind, order, Poll.NORMAL, rule))
            place += width + 1
    [block] = merged(wanted, 5)
    fast, careful = BlockReader(block), BlockReader(block)
    assert (fast._plain is not None) is (order is Order.BIG)
    careful._plain = None
    one, other = Found(), Found()
    fast.read(data[: block.size], one, lambda point, number, wrap: number)
    careful.read(data[: block.size], other, lambda point, number, wrap: number)
    assert one == other


def test_what_is_no_decimal_digit_is_refused() -> None:
    with pytest.raises(BadDigits, match="0x1a2b, which are no decimal digits"):
        number_reader(RegisterType.BCD16, Order.BIG, 0)(b"\x1a\x2b")


def test_word_orders_as_makers_name_them() -> None:
    assert ordered(Order.LITTLE, b"\x01\x02\x03\x04") == b"\x03\x04\x01\x02"
    assert ordered(Order.BIG_SWAPPED, b"\x01\x02\x03\x04") == b"\x02\x01\x04\x03"
    assert ordered(Order.LITTLE_SWAPPED, b"\x01\x02\x03\x04") == b"\x04\x03\x02\x01"


def test_bits_and_texts() -> None:
    assert [bit_reader(1, bit)(b"\x00\x05") for bit in range(4)] == [1.0, 0.0, 1.0, 0.0]
    assert text_of(b"..iEM3155\x00\xff\xff", 2, 5) == "iEM3155"


@pytest.mark.parametrize(
    "text",
    [
        "tcp://10.0.0.5:502/17",
        "tcp://plc.example:502/255",
        "tcp://10.0.0.5:502/0",
        "rtu+tcp://gw-1:4001/247",
        "rtu:///dev/ttyUSB0/3",
        "tcp://[fe80::1]:502/1",
    ],
)
def test_addresses_that_are_good(text: str) -> None:
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("meter-1", "write tcp://10.0.0.5:502/17, rtu+tcp://"),
        ("udp://10.0.0.5:502/1", "write tcp://"),
        ("tcp://10.0.0.5/17", "the port is missing: write tcp://10.0.0.5:502/17"),
        ("tcp://10.0.0.5:502", "the last number is the unit"),
        ("tcp://10.0.0.5:99999/1", "no port 99999"),
        ("tcp://10.0.0.5:502/248", "no unit 248: write one of 1 to 247, or 0 or 255"),
        ("rtu:///dev/ttyUSB0/0", "no unit 0: write one of 1 to 247"),
        ("rtu+tcp://10.0.0.5:4001/255", "no unit 255"),
        ("tcp://GW-1:502/1", "write 'tcp://gw-1:502/1'"),
        ("tcp://10.0.0.5:0502/017", "write 'tcp://10.0.0.5:502/17'"),
        ("rtu://dev/ttyUSB0/3", "write it as"),
    ],
)
def test_addresses_that_are_not_say_what_to_write(text: str, remedy: str) -> None:
    with pytest.raises(BadAddress) as error:
        parse_address(text)
    assert remedy in str(error.value)


@given(st.text(max_size=60))
def test_no_text_breaks_the_address_reader(text: str) -> None:
    try:
        assert str(parse_address(text)) == text
    except BadAddress as error:
        assert "write" in str(error)
