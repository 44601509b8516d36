"""MQTT packets, byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.mqtt import packets
from simulators.mqtt.client import Address, BadAddress
from simulators.mqtt.outbox import Message, Outbox
from simulators.mqtt.packets import BadPacket, Decoder, Kind, Packet, Publish, Will


def test_connect_as_in_the_standard() -> None:
    made = packets.connect("lamp-1", "u", "p", Will("t", b"offline"), 60)
    assert made == (b"\x10\x24\x00\x04MQTT\x04\xec\x00\x3c\x00\x06lamp-1\x00\x01t\x00\x07offline\x00\x01u\x00\x01p")
    assert packets.subscribe(10, {"a/b": 1}) == b"\x82\x08\x00\x0a\x00\x03a/b\x01"
    assert packets.puback(258) == b"\x40\x02\x01\x02"


@given(
    st.lists(
        st.tuples(st.text(max_size=20), st.binary(max_size=300), st.integers(1, 65_535), st.booleans()), max_size=5
    ),
    st.lists(st.integers(1, 50), max_size=60),
)
def test_publishes_survive_any_cutting_of_the_stream(
    messages: list[tuple[str, bytes, int, bool]], cuts: list[int]
) -> None:
    stream = b"".join(packets.publish(topic, payload, id, retain) for topic, payload, id, retain in messages)
    decoder, found = Decoder(), []
    for cut in [*cuts, len(stream)]:
        found += [packets.parse_publish(packet) for packet in decoder.feed(stream[:cut])]
        stream = stream[cut:]
    assert found == [Publish(topic, payload, 1, retain, id) for topic, payload, id, retain in messages]


@given(st.binary(max_size=200))
def test_noise_is_no_crash(noise: bytes) -> None:
    try:
        for packet in Decoder().feed(noise):
            if packet.kind == Kind.PUBLISH:
                packets.parse_publish(packet)
    except BadPacket:
        pass


def test_a_length_of_five_bytes_is_refused() -> None:
    with pytest.raises(BadPacket):
        list(Decoder().feed(b"\x30\xff\xff\xff\xff\x01"))
    with pytest.raises(BadPacket):
        packets.parse_publish(Packet(3, 2, b"\x00\x09a"))


def test_the_outbox_keeps_what_is_not_acknowledged_and_drops_bulk_first() -> None:
    box = Outbox(window=2, urgent=3, bulk=2)
    for i in range(4):
        box.put(Message("telemetry", b"%d" % i, bulk=True))
    box.put(Message("state", b"s"))
    assert box.dropped == 2
    first, second = box.next(), box.next()
    assert first is not None
    assert second is not None
    assert (first[1].payload, second[1].payload) == (b"s", b"2")
    assert box.next() is None, "the window is full"
    assert [message.payload for _, message in box.unacknowledged()] == [b"s", b"2"]
    box.acknowledge(first[0])
    third = box.next()
    assert third is not None
    assert third[1].payload == b"3"
    assert len(box) == 2


def test_packet_identifiers_in_use_are_left_out() -> None:
    box = Outbox(window=10)
    box.put(Message("t", b""))
    found = box.next()
    assert found is not None
    assert all(box.new_id() != found[0] for _ in range(70_000))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://broker:1884", Address("broker", 1884)),
        ("broker", Address("broker", 1883)),
        ("mqtts://broker", Address("broker", 8883, True)),
    ],
)
def test_broker_addresses(url: str, address: Address) -> None:
    assert Address.parse(url) == address


@pytest.mark.parametrize("url", ["http://broker", "mqtt://", "mqtt://broker:99999", "mqtt://broker:x"])
def test_bad_broker_addresses_are_refused_in_words(url: str) -> None:
    with pytest.raises(BadAddress, match="write mqtt://host:1883"):
        Address.parse(url)
