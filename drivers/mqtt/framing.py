"""MQTT 3.1.1 packets out of a byte stream: PUBLISH taken apart here, where speed matters, the others left whole."""

from __future__ import annotations

from typing import Final

_PUBLISH: Final = 0x30
_PUBACK: Final = b"\x40\x02"
_HEAD: Final = 128 * 1024  # of a message too large to keep: its topic (at most 64 KiB) and the beginning of its payload


class ProtocolError(Exception):
    """Bytes that are not MQTT 3.1.1 as a server may send it: give the connection up."""


class Frames:
    """What one read held."""

    __slots__ = ("acks", "cut", "kept", "messages", "others")

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, bytes]] = []  # (topic, payload)
        self.acks: list[bytes] = []  # the PUBACK packet of each QoS 1 message, in order of receipt
        self.cut: list[
            tuple[bytes, bytes, int]
        ] = []  # (topic, beginning of the payload, whole size) of messages too large
        self.kept: set[bytes] = set()  # payloads of messages that the broker had retained
        self.others: list[bytes] = []  # whole packets of other types


class Framer:
    """Feed it reads of any size; it keeps what is incomplete. Packets above `max_bytes` are cut, never gathered whole."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max(max_bytes, _HEAD)
        self._parts: list[bytes] = []
        self._have = 0
        self._need = 0
        self._skip = 0

    def feed(self, data: bytes) -> Frames:
        """The packets that `data` completes; raises ProtocolError."""
        frames = Frames()
        if self._skip:
            gone = min(self._skip, len(data))
            self._skip -= gone
            if self._skip:
                return frames
            self._take_publish(b"".join(self._parts), frames, self._need)
            self._parts, data = [], data[gone:]
        elif self._parts:
            self._parts.append(data)
            self._have += len(data)
            if self._have < (self._need if self._need <= self._max_bytes else _HEAD):
                return frames
            data, self._parts = b"".join(self._parts), []
        rest = self._split(data, frames)
        if rest < len(data):
            self._keep(data[rest:])
        return frames

    def _split(self, data: bytes, frames: Frames) -> int:
        """Take all complete packets; returns where the incomplete rest begins and sets how many bytes that needs."""
        position, end = 0, len(data)
        messages, acks = frames.messages, frames.acks
        self._need = 2
        while end - position >= 2:
            head, length, body = data[position], data[position + 1], position + 2
            if length & 128:
                length &= 127
                shift = 7
                while True:
                    if body >= end:
                        self._need = body - position + 1
                        return position
                    byte = data[body]
                    body += 1
                    length |= (byte & 127) << shift
                    if byte < 128:
                        break
                    shift += 7
                    if shift > 21:
                        raise ProtocolError("a packet's length is malformed")
            stop = body + length
            if stop > end:
                self._need = stop - position
                return position
            if head & 0xF0 == _PUBLISH:
                if length < 2:
                    raise ProtocolError("a PUBLISH is too short")
                start = body + 2 + (data[body] << 8 | data[body + 1])
                topic = data[body + 2 : start]
                if head & 0x06:
                    if head & 0x04:
                        raise ProtocolError("a PUBLISH with QoS 2, which was not subscribed to")
                    acks.append(_PUBACK + data[start : start + 2])
                    start += 2
                if start > stop:
                    raise ProtocolError("a PUBLISH is too short for its topic")
                messages.append((topic, data[start:stop]))
                if head & 0x01:
                    frames.kept.add(data[start:stop])
            else:
                frames.others.append(data[position:stop])
            position = stop
            self._need = 2
        return position

    def _keep(self, rest: bytes) -> None:
        self._parts, self._have = [rest], len(rest)
        if self._need <= self._max_bytes:
            return
        if rest[0] & 0xF0 != _PUBLISH:
            raise ProtocolError(f"a packet of {self._need} bytes")
        if self._have >= _HEAD:
            self._skip = self._need - self._have

    def _take_publish(self, head: bytes, frames: Frames, size: int) -> None:
        """Note a message of which only the beginning was kept."""
        body = 1
        while head[body] & 128:
            body += 1
        body += 1
        start = body + 2 + (head[body] << 8 | head[body + 1])
        topic = head[body + 2 : start]
        if head[0] & 0x06:
            frames.acks.append(_PUBACK + head[start : start + 2])
            start += 2
        frames.cut.append((topic, head[start:], size))
