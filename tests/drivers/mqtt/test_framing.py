"""Packets out of a byte stream, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.framing import Framer, Frames, ProtocolError

LIMIT = 128 * 1024  # the smallest bound there is
Publish = tuple[bytes, bytes, int | None]  # topic, payload, packet id or None for QoS 0


def packet(kind: int, body: bytes) -> bytes:
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (128 if length else 0))
        if not length:
            return bytes([kind]) + bytes(digits) + body


def publish(topic: bytes, payload: bytes, mid: int | None) -> bytes:
    head = len(topic).to_bytes(2, "big") + topic
    return packet(0x30, head + payload) if mid is None else packet(0x32, head + mid.to_bytes(2, "big") + payload)


def feed(framer: Framer, stream: bytes, cuts: list[int]) -> Frames:
    """Everything that comes out of `stream`, given to `framer` in pieces of the sizes in `cuts`, over and over."""
    whole, place, turn = Frames(), 0, 0
    while place < len(stream):
        size = cuts[turn % len(cuts)]
        part = framer.feed(stream[place : place + size])
        whole.messages += part.messages
        whole.acks += part.acks
        whole.cut += part.cut
        whole.others += part.others
        place, turn = place + size, turn + 1
    return whole


PUBLISHES = st.tuples(st.binary(max_size=200), st.binary(max_size=400), st.none() | st.integers(1, 65535))
OTHERS = st.tuples(st.sampled_from([0x20, 0x40, 0x90, 0xD0]), st.binary(max_size=300))


@given(st.lists(PUBLISHES | OTHERS, max_size=20), st.lists(st.integers(1, 700), min_size=1, max_size=5))
def test_any_cutting_gives_the_same_packets(packets: list[tuple[object, ...]], cuts: list[int]) -> None:
    publishes = [p for p in packets if len(p) == 3]
    others = [packet(p[0], p[1]) for p in packets if len(p) == 2]  # type: ignore[arg-type]
    stream = b"".join(publish(*p) if len(p) == 3 else packet(*p) for p in packets)  # type: ignore[arg-type]
    found = feed(Framer(LIMIT), stream, cuts)
    assert found.messages == [(topic, payload) for topic, payload, _ in publishes]
    assert found.acks == [b"\x40\x02" + mid.to_bytes(2, "big") for *_, mid in publishes if mid]  # type: ignore[attr-defined]
    assert found.others == others
    assert found.cut == []


@pytest.mark.parametrize("cuts", [[1 << 18], [1000], [1, 200_000], [130_000, 3]])
def test_a_message_above_the_bound_keeps_its_beginning_only(cuts: list[int]) -> None:
    large = publish(b"t/large", b"x" * 700_000, 7)
    stream = publish(b"a", b"1", 1) + large + publish(b"b", b"2", 2) + large + publish(b"c", b"3", None)
    found = feed(Framer(LIMIT), stream, cuts)
    assert found.messages == [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]
    assert found.acks == [b"\x40\x02\x00" + bytes([mid]) for mid in (1, 7, 2, 7)]
    assert [(topic, size) for topic, _, size in found.cut] == [(b"t/large", len(large))] * 2
    assert all(set(head) == {ord("x")} and 100_000 < len(head) < 400_000 for _, head, _ in found.cut)


def test_a_large_message_below_the_bound_is_whole() -> None:
    payload = bytes(range(256)) * 8000
    found = feed(Framer(4_000_000), publish(b"t", payload, 9) * 2, [65536])
    assert found.messages == [(b"t", payload)] * 2


@pytest.mark.parametrize(
    "stream",
    [
        b"\x32\xff\xff\xff\xff\x01",  # a length of five bytes
        packet(0x34, b"\x00\x01a\x00\x01payload"),  # QoS 2
        packet(0x32, b"\x00"),
        packet(0x32, b"\x00\x09topic"),
        packet(0x32, b"\x00\x05topic\x00"),  # no room for the packet id
        packet(0x90, bytes(200_000))[:1000],  # no other packet is that long
    ],
)
def test_what_is_not_mqtt(stream: bytes) -> None:
    with pytest.raises(ProtocolError):
        Framer(LIMIT).feed(stream)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=10))
def test_any_bytes_are_packets_or_a_protocol_error(parts: list[bytes]) -> None:
    framer = Framer(LIMIT)
    for part in parts:
        try:
            framer.feed(part)
        except ProtocolError:
            return


def test_what_the_broker_had_kept_is_told_from_what_is_said_now() -> None:
    kept = bytearray(publish(b"ll/d/p/up/state", b"old", 1))
    kept[0] |= 0x01
    frames = feed_once(bytes(kept) + publish(b"ll/d/p/up/state", b"new", 2))
    assert [payload for _, payload in frames.messages] == [b"old", b"new"]
    assert frames.kept == {b"old"}


def feed_once(stream: bytes) -> Frames:
    """All of it in one read."""
    return Framer(LIMIT).feed(stream)
