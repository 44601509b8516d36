"""MQTT 3.1.1 control packets: bytes out, and a decoder for bytes in (OASIS mqtt-v3.1.1, chapter 2 and 3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
_LARGEST = 268_435_455


class Kind(IntEnum):
    """Packet types that reach a client."""

    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBACK = 9
    UNSUBACK = 11
    PINGRESP = 13


class Packet(NamedTuple):
    """A packet as it came: its type, the four flag bits, and what follows the fixed header."""

    kind: int
    flags: int
    body: bytes


class Publish(NamedTuple):
    """An application message that came in. `packet_id` is 0 for QoS 0."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    packet_id: int


class Will(NamedTuple):
    """What the broker says for us when we vanish: retained, QoS 1."""

    topic: str
    payload: bytes


class BadPacket(ValueError):
    """The other side does not speak MQTT 3.1.1."""


def connect(
    client_id: str, username: str | None, password: str | None, will: Will | None, keep_alive: int, clean: bool = False
) -> bytes:
    """CONNECT."""
    flags = 0x02 if clean else 0
    payload = _text(client_id)
    if will is not None:
        flags |= 0x04 | 0x08 | 0x20
        payload += _text(will.topic) + struct.pack("!H", len(will.payload)) + will.payload
    if username is not None:
        flags |= 0x80
        payload += _text(username)
        if password is not None:
            flags |= 0x40
            payload += _text(password)
    return _packet(0x10, _text("MQTT") + struct.pack("!BBH", 4, flags, keep_alive) + payload)


def publish(topic: str, payload: bytes, packet_id: int, retain: bool, duplicate: bool = False) -> bytes:
    """PUBLISH with QoS 1."""
    return _packet(0x32 | retain | duplicate << 3, _text(topic) + struct.pack("!H", packet_id) + payload)


def repeated(packet: bytes) -> bytes:
    """A PUBLISH packet as it is sent again."""
    return bytes([packet[0] | 0x08]) + packet[1:]


def puback(packet_id: int) -> bytes:
    """PUBACK."""
    return struct.pack("!BBH", 0x40, 2, packet_id)


def subscribe(packet_id: int, topics: Mapping[str, int]) -> bytes:
    """SUBSCRIBE to topics, each at its QoS."""
    wanted = b"".join(_text(topic) + bytes([qos]) for topic, qos in topics.items())
    return _packet(0x82, struct.pack("!H", packet_id) + wanted)


def unsubscribe(packet_id: int, topics: Sequence[str]) -> bytes:
    """UNSUBSCRIBE."""
    return _packet(0xA2, struct.pack("!H", packet_id) + b"".join(_text(topic) for topic in topics))


def packet_id(body: bytes) -> int:
    """The packet identifier at the beginning of an acknowledgement."""
    if len(body) < 2:
        raise BadPacket("an acknowledgement without packet identifier")
    return body[0] << 8 | body[1]


def parse_publish(packet: Packet) -> Publish:
    """What a PUBLISH packet carries."""
    body = packet.body
    qos = packet.flags >> 1 & 3
    end = 2 + (packet_id(body) if len(body) >= 2 else 0)
    rest = end + (2 if qos else 0)
    if len(body) < rest or qos > 1:
        raise BadPacket("a PUBLISH that is cut short, or of a QoS that was not asked for")
    try:
        topic = body[2:end].decode()
    except UnicodeDecodeError as error:
        raise BadPacket("a topic that is not UTF-8") from error
    return Publish(topic, body[rest:], qos, bool(packet.flags & 1), packet_id(body[end:]) if qos else 0)


class Decoder:
    """Cuts a byte stream into packets."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, received: bytes) -> Iterator[Packet]:
        """The packets that are complete now; the rest waits for more bytes."""
        held = self._held + received if self._held else received
        start = 0
        try:
            while len(held) - start >= 2:
                length, shift, position = 0, 0, start + 1
                while True:
                    if position >= len(held):
                        return
                    byte = held[position]
                    length |= (byte & 0x7F) << shift
                    position += 1
                    if byte < 0x80:
                        break
                    shift += 7
                    if shift > 21:
                        raise BadPacket("a remaining length of more than four bytes")
                if len(held) - position < length:
                    return
                packet = Packet(held[start] >> 4, held[start] & 0x0F, held[position : position + length])
                start = position + length
                yield packet
        finally:
            self._held = held[start:]


def _text(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > 0xFFFF:
        raise BadPacket("a string of more than 65,535 bytes")
    return struct.pack("!H", len(encoded)) + encoded


def _packet(first: int, body: bytes) -> bytes:
    length = len(body)
    if length > _LARGEST:
        raise BadPacket("a packet of more than 256 MB")
    header = bytearray((first,))
    while True:
        length, low = divmod(length, 128)
        header.append(low | (0x80 if length else 0))
        if not length:
            return bytes(header) + body
