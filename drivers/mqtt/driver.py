"""The driver: a session at the broker for each channel, decoding between them and the inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from drivers.mqtt.burst import Burst
from drivers.mqtt.connection import Identity
from drivers.mqtt.downward import encode_command, encode_config
from drivers.mqtt.framing import Frames
from drivers.mqtt.native import NativeDecoder
from drivers.mqtt.session import Session, Voice
from drivers.mqtt.settings import Server, read_settings, read_url
from drivers.mqtt.topics import CHANNELS, Topics
from hub.model.readings import Rejected
from hub.ports import DeviceConfig, DriverContext, Health, Inbox, Lane, Order

ORDERS_WITH = "event"  # the channel whose session also publishes
_STEP = 1e-6  # seconds between the times of receipt of two messages of one read


class LaneGate:
    """Room in one lane of the inbox."""

    def __init__(self, inbox: Inbox, lane: Lane) -> None:
        self._inbox = inbox
        self._lane = lane

    def full(self) -> bool:
        """True while the lane is at its bound."""
        return self._inbox.full(self._lane)

    async def room(self) -> None:
        """Return when it has room again."""
        await self._inbox.room(self._lane)


class MqttDriver:
    """Native devices at an MQTT broker. Each channel has a session of its own, so that none waits behind another and
    no broker's window for a session is shared (docs/decisions/001); orders leave by that of events, the quietest."""

    def __init__(self, context: DriverContext) -> None:
        self._settings = read_settings(context.settings)
        self._context = context
        self._topics = Topics(self._settings.prefix)
        self._decoder = NativeDecoder(context.directory, self._settings.limits())
        self._log = structlog.get_logger("lamplighter.mqtt")
        self._counted = {"messages": 0, "readings": 0, "reports": 0, "rejected": 0, "faults": 0}
        self._last = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        server = read_url(context.broker.url, self._settings.ca_file)
        voice = Voice(CHANNELS, server)
        self._sessions = {channel: self._session(channel, server, voice) for channel in CHANNELS}
        self._outward = self._sessions[ORDERS_WITH]

    @property
    def name(self) -> str:
        """The entry point's name."""
        return "mqtt"

    async def start(self) -> None:
        """Begin; returns at once and keeps trying while the broker is away."""
        self._tasks = [
            asyncio.create_task(session.run(), name=f"mqtt {name}") for name, session in self._sessions.items()
        ]

    async def stop(self) -> None:
        """Leave in good order: what was not acknowledged comes again next time."""
        await asyncio.gather(*(session.leave() for session in self._sessions.values()))
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    async def send(self, order: Order) -> None:
        """Publish an order; returns when the broker has it, raises Unreachable. It is never kept for later."""
        if order.zone is not None:
            topic, payload = self._topics.zone_command(order.zone), encode_command(order.command)
        elif order.device is not None:
            owner = self._context.directory.topic_owner(order.device)
            about = order.device if owner != order.device else None
            topic, payload = self._topics.device_command(owner), encode_command(order.command, about)
        else:
            raise ValueError("an order needs a zone or a device")
        await self._outward.publish(topic, payload)

    async def configure(self, device: str, config: DeviceConfig) -> None:
        """Replace the retained configuration of a device or gateway; raises Unreachable."""
        await self._outward.publish(self._topics.config(device), encode_config(config), retain=True)

    async def forget(self, device: str) -> None:
        """Clear the retained messages of a device that was deleted; raises Unreachable."""
        for topic in self._topics.retained(device):
            await self._outward.publish(topic, b"", retain=True)

    def health(self) -> Health:
        """Connected or not, and why not."""
        down = [
            f"{name}: {session.down_reason}"
            for name, session in self._sessions.items()
            if session.down_reason is not None
        ]
        return Health(not down, "; ".join(down) or "connected")

    def counters(self) -> dict[str, float]:
        """Figures for monitoring: totals since the start, and gauges (`unacknowledged`, `paused`, `up`) of now."""
        figures: dict[str, float] = {f"{name}_total": count for name, count in self._counted.items()}
        for name, session in self._sessions.items():
            figures[f"{name}_reconnects_total"] = session.reconnects
            figures[f"{name}_paused_seconds_total"] = session.paused_seconds
            figures[f"{name}_unacknowledged"] = session.unacknowledged
            figures[f"{name}_paused"] = session.paused
            figures[f"{name}_up"] = session.down_reason is None
        return figures

    def _session(self, channel: str, server: Server, voice: Voice) -> Session:
        broker, settings = self._context.broker, self._settings
        lane = Lane.BULK if channel == "telemetry" else Lane.URGENT
        filters = (self._topics.upward_filter(channel),)
        identity = Identity(
            f"{broker.client_id}-{channel}", broker.username, broker.password, filters, settings.keepalive
        )
        gate = LaneGate(self._context.inbox, lane)

        def up(kept: bool) -> None:
            if channel == ORDERS_WITH:
                self._context.on_connected(self.name, kept)

        return Session(
            channel, server, identity, settings, lambda frames, done: self._receive(lane, frames, done), gate, voice, up
        )

    def _receive(self, lane: Lane, frames: Frames, done: Callable[[], None]) -> None:
        """Decode a burst and put it into the inbox as one delivery."""
        received = self._moment()
        burst = Burst()
        upward = self._topics.upward
        for topic, payload in frames.messages:
            origin = upward(topic)
            if origin is None:
                continue
            try:
                self._decoder.decode(origin, payload, received, burst)
            except Exception:
                self._fault(origin.topic, origin.device, payload, received, burst)
            received += _STEP
        self._last = received
        for topic, head, size in frames.cut:
            text = topic.decode("utf-8", "replace")
            reason = f"a message of {size} bytes: send at most {self._settings.max_message_bytes} (only its beginning was kept)"
            origin = upward(topic)
            burst.rejected.append(
                Rejected(received, text, origin.device if origin else None, "too-large", reason, head)
            )
        self._count(frames, burst)
        if burst.size():
            self._context.inbox.put(lane, burst.delivery(done))
        else:
            done()

    def _moment(self) -> float:
        """The time of receipt of the next message: no two get the same, for it is the time of readings that have none."""
        now, last = self._context.clock.now(), self._last
        return now if abs(now - last) > 1 else max(now, last)

    def _fault(self, topic: str, device: str, payload: bytes, received: float, burst: Burst) -> None:
        """A defect of our decoder: put the message aside, so that it can be replayed when mended, and go on."""
        if not self._counted["faults"]:
            self._log.exception("a message broke the decoder; it is in quarantine", topic=topic)
        self._counted["faults"] += 1
        burst.rejected.append(
            Rejected(
                received,
                topic,
                device,
                "decoder-fault",
                "the hub failed to read it, see its log: replay it after an update",
                payload,
            )
        )

    def _count(self, frames: Frames, burst: Burst) -> None:
        counted = self._counted
        counted["messages"] += len(frames.messages) + len(frames.cut)
        counted["readings"] += sum([len(row.values) for row in burst.rows])
        counted["reports"] += len(burst.lights) + len(burst.results) + len(burst.events) + len(burst.presence)
        counted["rejected"] += len(burst.rejected)
