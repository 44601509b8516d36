"""What native devices post: readings, states, events, results. 2.04 says that it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from aiocoap import Message
from aiocoap.numbers.codes import Code

from drivers.burst import Burst
from drivers.coap.replies import Refused, busy, plain
from drivers.coap.settings import Settings
from drivers.coap.speakers import NotYours, Speakers
from drivers.coap.uploads import Uploads
from drivers.mqtt.native import NATIVE, NativeDecoder
from drivers.mqtt.topics import Upward
from hub.model.devices import Device, DeviceKind
from hub.model.readings import Rejected
from hub.ports import Clock, Delivery, Directory, Inbox, Lane

CHANNELS = {"t": "telemetry", "s": "state", "e": "event", "r": "result"}
"""First segment of the path -> what it is called in the contract."""

SENML_JSON, SENML_CBOR = 110, 112
JSON, TEXT = 50, 0
_FORMATS = {"t": (SENML_JSON, SENML_CBOR, JSON), "s": (JSON,), "e": (JSON,), "r": (JSON,)}
_STEP = 1e-6  # seconds between the times of receipt of two messages


class Posts:
    """Decodes what is posted, delivers it, and answers when it is on disk.

    `answered` is told of every command that a result or a state names, by the device that posted it.
    """

    def __init__(
        self,
        inbox: Inbox,
        directory: Directory,
        clock: Clock,
        settings: Settings,
        answered: Callable[[str, str], None],
        speakers: Speakers,
    ) -> None:
        self._speakers = speakers
        self._inbox, self._directory, self._clock, self._settings = inbox, directory, clock, settings
        self._decoder = NativeDecoder(directory, settings.limits())
        self._uploads = Uploads(settings.max_message_bytes, settings.max_uploads)
        self._answered = answered
        self._log = structlog.get_logger("lamplighter.coap")
        self._last = 0.0
        self._waiting = 0
        self.counted = {"messages": 0, "readings": 0, "reports": 0, "rejected": 0, "busy": 0, "faults": 0}

    @property
    def waiting(self) -> int:
        """Requests that are not durable yet."""
        return self._waiting

    @property
    def uploads(self) -> int:
        """Messages of which some blocks have come."""
        return len(self._uploads)

    async def take(self, kind: str, name: str, request: Message) -> Message:
        """The answer to what `name` posts on the channel `kind`; raises Refused."""
        device = self.speaker(name, request)
        self._check_format(kind, request)
        lane = self._lane(kind, device)
        if self._inbox.full(lane) or self._waiting >= self._settings.max_waiting:
            self.counted["busy"] += 1
            raise busy("the hub cannot store it now: send it again later")
        body = self.whole(request)
        if body is None:
            return Message(code=Code.CONTINUE, block1=request.opt.block1)
        if not body:
            raise Refused(Code.BAD_REQUEST, f"empty: post {CHANNELS[kind]}")
        burst = self._read(kind, device, body)
        await self._durable(lane, burst)
        return self._answer(request, burst)

    def whole(self, request: Message) -> bytes | None:
        """The message that a request ends, None when more blocks are to come; raises Refused."""
        return self._uploads.feed(request, asyncio.get_running_loop().time())

    def speaker(self, name: str, request: Message) -> Device:
        """The native device of that name, connected by itself, for which the sender may speak; raises Refused."""
        device = self._directory.device(name)
        if device is None:
            raise Refused(Code.NOT_FOUND, f"no device {name[:63]!r}: register it")
        if device.profile != NATIVE:
            raise Refused(Code.FORBIDDEN, f"{name!r} is of profile {device.profile!r}, not {NATIVE}")
        if device.address is not None:
            raise Refused(Code.FORBIDDEN, f"{device.address!r} speaks for {name!r}")
        self._speakers.check(request.remote, device.id)
        return device

    def put_aside(self, request: Message, refused: NotYours) -> None:
        """What one device said in the name of another goes to the quarantine, unless that is busy; it cannot be replayed."""
        if not request.payload or self._inbox.full(Lane.URGENT):
            return
        source = f"coaps://{refused.speaker}/{'/'.join(request.opt.uri_path)[:200]}"
        rejected = Rejected(self.moment(), source, refused.speaker, "not-yours", str(refused), bytes(request.payload))
        self.deliver(Lane.URGENT, Burst(rejected=[rejected]), lambda: None, lambda: None)

    def deliver(self, lane: Lane, burst: Burst, done: Callable[[], None], failed: Callable[[], None]) -> None:
        """Put what was decoded into the inbox."""
        counted = self.counted
        counted["messages"] += 1
        counted["readings"] += sum([len(row.values) for row in burst.rows])
        counted["reports"] += len(burst.lights) + len(burst.results) + len(burst.events) + len(burst.presence)
        counted["reports"] += len(burst.cabinets) + len(burst.panels) + len(burst.junctions)
        counted["rejected"] += len(burst.rejected)
        self._inbox.put(lane, burst.delivery(done, failed))

    def moment(self) -> float:
        """The time of receipt of the next message: no two get the same, for it is the time of readings that have none."""
        now, last = self._clock.now(), self._last + _STEP
        self._last = now if abs(now - last) > 1 else max(now, last)
        return self._last

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read a message again as if it had just been posted to the path `source`; None when that is none of ours."""
        parts = source.split("/")
        if len(parts) != 3 or parts[0] or parts[1] not in CHANNELS:
            return None
        burst = Burst()
        self._decode(Upward(source, parts[2], CHANNELS[parts[1]]), raw, received, burst)
        return burst.delivery(done)

    # --- inside ---

    def _lane(self, kind: str, device: Device) -> Lane:
        panel = device.kind is DeviceKind.FIRE_PANEL
        if kind == "t":
            return Lane.STATE if panel else Lane.BULK
        if panel and kind in ("s", "e"):
            return Lane.FIRE
        return Lane.STATE if kind == "s" else Lane.URGENT

    def _check_format(self, kind: str, request: Message) -> None:
        given = request.opt.content_format
        if given is not None and given not in (*_FORMATS[kind], TEXT):
            wanted = "110 or 112" if kind == "t" else "50"
            raise Refused(Code.UNSUPPORTED_CONTENT_FORMAT, f"content format {int(given)}: send {wanted}")

    def _read(self, kind: str, device: Device, body: bytes) -> Burst:
        burst = Burst()
        self._decode(Upward(f"/{kind}/{device.id}", device.id, CHANNELS[kind]), body, self.moment(), burst)
        return burst

    def _decode(self, origin: Upward, body: bytes, received: float, burst: Burst) -> None:
        try:
            self._decoder.decode(origin, body, received, burst)
        except Exception:
            if not self.counted["faults"]:
                self._log.exception("a message broke the decoder; it is in quarantine", path=origin.topic)
            self.counted["faults"] += 1
            reason = "the hub failed to read it, see its log: replay it after an update"
            burst.rejected.append(Rejected(received, origin.topic, origin.device, "decoder-fault", reason, body))

    async def _durable(self, lane: Lane, burst: Burst) -> None:
        """Return when `burst` is on disk; raises Refused when it is not in time. It may be later: a repeat is harmless."""
        if not burst.size():
            return
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def end(kept: bool) -> None:
            if not done.done():
                done.set_result(kept)

        self._waiting += 1
        try:
            self.deliver(lane, burst, lambda: end(True), lambda: end(False))
            async with asyncio.timeout(self._settings.patience):
                kept = await done
        except TimeoutError:
            self.counted["busy"] += 1
            raise busy("not stored yet: send it again later") from None
        finally:
            self._waiting -= 1
        if not kept:
            raise busy("the hub failed on it, see its log: send it again later")

    def _answer(self, request: Message, burst: Burst) -> Message:
        for result in burst.results:
            self._answered(result.device, result.command)
        named = [(each.device, each.command) for each in burst.lights]
        named += [(each.device, each.command) for each in burst.junctions]
        for device, command in named:
            if command is not None:
                self._answered(device, command)
        block = {"block1": request.opt.block1} if request.opt.block1 is not None else {}
        if not burst.rejected:
            return Message(code=Code.CHANGED, **block)
        reason = burst.rejected[0].reason
        if burst.size() == Burst(rejected=burst.rejected).size():
            return plain(request, Code.BAD_REQUEST, reason, **block)
        return plain(request, Code.CHANGED, f"stored but for: {reason}", **block)
