"""One connection to the broker, from TCP to its end: paho-mqtt does the protocol, asyncio carries the bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from paho.mqtt.client import Client, ConnectFlags, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from drivers.mqtt.framing import Framer, Frames, ProtocolError
from hub.ports import Unreachable

_PINGREQ: Final = b"\xc0\x00"
_READ: Final = 32 * 1024  # bytes: what is read at once delays every other connection for as long as it takes to decode

Receive = Callable[[Frames, Callable[[], None], Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Identity:
    """How to sign in, and what to subscribe to. `client_id` names the persistent session, which may still hold
    subscriptions that are `unwanted` by now."""

    client_id: str
    username: str | None
    password: str | None
    filters: tuple[str, ...]
    keepalive: int
    unwanted: tuple[str, ...] = ()


class _Wire:
    """What paho takes for its socket."""

    def __init__(self, write: Callable[[bytes], None], closed: Callable[[], None]) -> None:
        self._write = write
        self._closed = closed
        self._unread = b""

    def feed(self, packet: bytes) -> None:
        self._unread += packet

    def recv(self, buffer_size: int) -> bytes:
        if not self._unread:
            raise BlockingIOError
        head, self._unread = self._unread[:buffer_size], self._unread[buffer_size:]
        return head

    def send(self, buffer: bytes | bytearray) -> int:
        self._write(bytes(buffer))
        return len(buffer)

    def close(self) -> None:
        self._closed()

    def fileno(self) -> int:
        return -1

    def setblocking(self, flag: bool) -> None:
        pass


class _Paho(Client):
    """paho-mqtt's client on a wire of ours."""

    def __init__(self, client_id: str, wire: _Wire) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=False,
            protocol=MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._wire = wire

    def _create_socket(self) -> Any:
        return self._wire


class _Ticket:
    """The acknowledgements of one burst, and whether it is durable."""

    __slots__ = ("acks", "count", "done")

    def __init__(self, acks: list[bytes]) -> None:
        self.count = len(acks)
        self.acks = b"".join(acks)
        self.done = False


class Connection(asyncio.BufferedProtocol):
    """Signs in, subscribes, then hands every burst of messages to `receive` together with two functions: one acknowledges
    it, the other ends the connection, so that the broker sends what was not acknowledged again over the next.
    Acknowledgements leave in order of receipt (MQTT 3.1.1 section 4.6).

    `ready` becomes True when the broker still knew the session, else False, once all subscriptions are granted;
    `closed` becomes the reason when the connection is over.
    """

    def __init__(self, identity: Identity, receive: Receive, max_bytes: int) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[bool] = loop.create_future()
        self.closed: asyncio.Future[str] = loop.create_future()
        self.unacknowledged = 0
        self.paused = False
        self.acknowledged: Callable[[], None] = lambda: None
        self._loop = loop
        self._identity = identity
        self._receive = receive
        self._framer = Framer(max_bytes)
        self._buffer = memoryview(bytearray(_READ))
        self._transport: asyncio.Transport | None = None
        self._tickets: deque[_Ticket] = deque()
        self._sent: dict[int, asyncio.Future[None]] = {}
        self._asked: dict[int, tuple[str, ...]] = {}
        self._out: list[bytes] = []
        self._reason = ""
        self._leaving = False
        self._session_present = False
        self._last_read = loop.time()
        self._watch: asyncio.TimerHandle | None = None
        self._wire = _Wire(self._write, self._wire_closed)
        self._paho = _Paho(identity.client_id, self._wire)
        self._paho.username_pw_set(identity.username, identity.password)
        self._paho.max_inflight_messages_set(0)
        self._paho.on_connect = self._on_connect
        self._paho.on_subscribe = self._on_subscribe
        self._paho.on_publish = self._on_publish

    # --- asyncio's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP (or TLS) connection stands: sign in."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one, but does not inherit from it
        self._last_read = self._loop.time()
        self._paho.connect("broker", keepalive=self._identity.keepalive)
        self._watch = self._loop.call_later(self._identity.keepalive / 2, self._keep_alive)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read goes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take apart what came."""
        self._last_read = self._loop.time()
        try:
            frames = self._framer.feed(bytes(self._buffer[:nbytes]))
        except ProtocolError as error:
            self.abort(f"the broker does not speak MQTT 3.1.1: {error}")
            return
        for packet in frames.others:
            self._wire.feed(packet)
            if self._paho.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                self.abort("the broker broke the MQTT protocol")
                return
            if self._paho.want_write():
                self._paho.loop_write()
        if frames.messages or frames.cut:
            ticket = _Ticket(frames.acks)
            self._tickets.append(ticket)
            self.unacknowledged += ticket.count
            self._receive(frames, lambda: self._done(ticket), self._give_back)
        if nbytes == _READ and not self.paused and self._transport is not None:
            # uvloop would read on from this socket, up to 32 times, before it looked at any other.
            self._transport.pause_reading()
            self._loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if not self.paused and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def eof_received(self) -> None:
        """The broker closed its side."""
        self._reason = self._reason or "the broker closed the connection"

    def connection_lost(self, error: Exception | None) -> None:
        """It is over: nothing that is under way will be confirmed."""
        reason = self._reason or (f"connection lost: {error}" if error else "connection closed")
        self._transport = None
        self._tickets.clear()
        self.unacknowledged = 0
        if self._watch is not None:
            self._watch.cancel()
        for future in self._sent.values():
            if not future.done():
                future.set_exception(Unreachable(reason))
        self._sent.clear()
        if not self.ready.done():
            self.ready.set_exception(Unreachable(reason))
            self.ready.exception()
        if not self.closed.done():
            self.closed.set_result(reason)
        self.acknowledged()

    # --- what the session does with it ---

    def publish(self, topic: str, payload: bytes, retain: bool) -> asyncio.Future[None]:
        """Publish with QoS 1; the future ends when the broker has taken charge, with Unreachable when it never will."""
        if self._transport is None or self._transport.is_closing():
            raise Unreachable("not connected to the broker")
        info = self._paho.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Unreachable("not connected to the broker")
        future: asyncio.Future[None] = self._loop.create_future()
        self._sent[info.mid] = future
        return future

    def follow(self, identity: Identity) -> None:
        """Hold the subscriptions of `identity` from now on; the connection ends when the broker refuses one."""
        self._identity = identity
        if self.ready.done() and self._transport is not None and not self._transport.is_closing():
            self._subscribe()

    def pause(self) -> None:
        """Stop reading. The broker keeps what is due to us, and we keep telling it that we live."""
        if not self.paused and self._transport is not None and not self._transport.is_closing():
            self.paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self.paused:
            self.paused = False
            self._last_read = self._loop.time()
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    def leave(self) -> None:
        """Say good-bye; the session stays with the broker."""
        self._leaving = True
        self._reason = "we left"
        if self._transport is None:
            return
        self._paho.disconnect()
        self._flush()
        self._transport.close()

    def abort(self, reason: str) -> None:
        """End it at once."""
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()

    # --- inside ---

    def _give_back(self) -> None:
        if not self.closed.done():
            self._flush()
            self.abort("the hub failed on a message, see its log: what it did not acknowledge is sent again")

    def _done(self, ticket: _Ticket) -> None:
        if ticket.done:
            return
        ticket.done = True
        before = self.unacknowledged
        while self._tickets and self._tickets[0].done:
            first = self._tickets.popleft()
            self.unacknowledged -= first.count
            if first.acks:
                self._write(first.acks)
        if self.unacknowledged != before:
            self.acknowledged()

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(data)

    def _flush(self) -> None:
        if self._out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _keep_alive(self) -> None:
        """Twice a keepalive period: tell the broker that we live; give up on one that is silent although we listen."""
        silent = self._loop.time() - self._last_read
        if not self.paused and silent > 1.5 * self._identity.keepalive:
            self.abort(f"the broker has been silent for {silent:.0f} s")
            return
        if self.ready.done():
            self._write(_PINGREQ)
        self._watch = self._loop.call_later(self._identity.keepalive / 2, self._keep_alive)

    def _wire_closed(self) -> None:
        if not self._leaving:
            self.abort("the broker broke the MQTT protocol")

    def _on_connect(
        self, client: Client, data: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self.abort(f"the broker refuses to let us in: {reason}")
            return
        self._session_present = flags.session_present
        self._subscribe()

    def _subscribe(self) -> None:
        if self._identity.unwanted:
            self._paho.unsubscribe(list(self._identity.unwanted))
        filters = self._identity.filters
        if filters:
            _, mid = self._paho.subscribe([(topic, 1) for topic in filters])
            if mid is not None:
                self._asked[mid] = filters
        elif not self.ready.done():
            self.ready.set_result(self._session_present)

    def _on_subscribe(
        self, client: Client, data: Any, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        asked = self._asked.pop(mid, ())
        refused = [topic for topic, reason in zip(asked, reasons, strict=False) if reason.is_failure]
        if refused:
            self.abort(f"the broker refuses the subscription to {', '.join(refused)}: allow it for the hub's account")
        elif not self.ready.done():
            self.ready.set_result(self._session_present)

    def _on_publish(
        self, client: Client, data: Any, mid: int, reason: ReasonCode, properties: Properties | None
    ) -> None:
        future = self._sent.pop(mid, None)
        if future is not None and not future.done():
            future.set_result(None)
