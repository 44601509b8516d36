"""The driver: a session at the broker for each channel, decoding between them and the inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import structlog

from drivers.burst import Burst
from drivers.mqtt.connection import Identity
from drivers.mqtt.downward import encode_command, encode_config
from drivers.mqtt.foreign import Foreign, Heard
from drivers.mqtt.framing import Frames
from drivers.mqtt.native import FED, NATIVE, NativeDecoder
from drivers.mqtt.panels import COMMON_WAY, OWN_WAY, Panels
from drivers.mqtt.session import Session, Voice
from drivers.mqtt.settings import read_settings, read_url
from drivers.mqtt.topics import CHANNELS, Topics
from drivers.reporting import only_read
from hub.model.devices import Device, DeviceKind
from hub.model.readings import Rejected
from hub.ports import BrokerAccess, Delivery, DeviceConfig, DriverContext, Health, Inbox, Lane, Order, ProfileInfo

ORDERS_WITH = "event"  # the channel whose session also publishes
PROFILE_TELEMETRY, PROFILE_REPORTS = "profile-telemetry", "profile-reports"
PROFILE_SESSIONS = (PROFILE_TELEMETRY, PROFILE_REPORTS)
WITHOUT_READINGS = ("event", "result", "presence")  # the channels that never wait for the store
PANELS, FIRE = "panel-telemetry", "panel-fire"
FIRE_CHANNELS = ("event", "state")
SESSIONS = (*CHANNELS, *PROFILE_SESSIONS)
_STEP = 1e-6  # seconds between the times of receipt of two messages of one read
_LOOK = 0.5  # seconds between looks at which profiles are in use and which fire panels there are

Messages = list[tuple[bytes, bytes]]
Read = Callable[[Messages, float, Burst], float]


class LaneGate:
    """Room in the lanes of the inbox that a session's messages may go to."""

    def __init__(self, inbox: Inbox, lanes: Sequence[Lane]) -> None:
        self._inbox = inbox
        self._lanes = lanes

    def full(self) -> bool:
        """True while one of the lanes is at its bound, or gives way to fire."""
        return any(self._inbox.full(lane) or self._inbox.gives_way(lane) for lane in self._lanes)

    async def room(self) -> None:
        """Return when each has had room again."""
        for lane in self._lanes:
            await self._inbox.room(lane)


class MqttDriver:
    """Devices at an MQTT broker, native ones and those that a profile describes.

    Each native channel has a session of its own, so that none waits behind another and no broker's window for a session is
    shared (docs/decisions/001); profiles have two, for telemetry and for the rest; fire panels have some of their
    own (drivers/mqtt/panels.py). Orders leave by that of events, the quietest.
    """

    def __init__(self, context: DriverContext) -> None:
        self._settings = read_settings(context.settings)
        self._context = context
        self._topics = Topics(self._settings.prefix)
        self._decoder = NativeDecoder(context.directory, self._settings.limits())
        self._foreign = Foreign(self._settings, context.directory)
        self._used = self._foreign.used()
        self._panels = {
            PANELS: Panels(context.directory, self._topics),
            FIRE: Panels(context.directory, self._topics, FIRE_CHANNELS),
        }
        self._log = structlog.get_logger("lamplighter.mqtt")
        self._counted = {"messages": 0, "readings": 0, "reports": 0, "rejected": 0, "faults": 0}
        self._last = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._server = read_url(context.broker.url, self._settings.ca_file)
        self._voice = Voice(SESSIONS, self._server)
        self._sessions = {name: self._session(name) for name in SESSIONS}
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
        self._tasks.append(asyncio.create_task(self._follow_city(), name="mqtt topics"))

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
        """Publish an order; returns when the broker has it, raises Unreachable and CannotCarry. It is never kept for later."""
        device = self._context.directory.device(order.device) if order.device is not None else None
        only_read(device, order.command)
        if device is not None and device.profile != NATIVE:
            message = self._foreign.publish(device, order.command)
            await self._outward.publish(message.topic, message.payload)
            return
        if order.zone is not None:
            topic, payload = self._topics.zone_command(order.zone), encode_command(order.command)
        elif order.device is not None:
            owner = self._context.directory.topic_owner(order.device)
            about = order.device if owner != order.device else None
            topic, payload = self._topics.device_command(owner), encode_command(order.command, about, order.segment)
        else:
            raise ValueError("an order needs a zone or a device")
        await self._outward.publish(topic, payload)

    async def configure(self, device: str, config: DeviceConfig) -> None:
        """Replace the retained configuration of a device or gateway; raises Unreachable."""
        await self._outward.publish(self._topics.config(device), encode_config(config), retain=True)

    async def broadcast(self, topic: str, payload: bytes) -> None:
        """Publish something for others than devices, retained; raises Unreachable."""
        await self._outward.publish(topic, payload, retain=True)

    async def announce(self, topic: str, payload: bytes) -> None:
        """Publish something for others than devices, not retained; raises Unreachable."""
        await self._outward.publish(topic, payload)

    async def forget(self, device: str) -> None:
        """Clear the retained messages of a device that was deleted; raises Unreachable."""
        for topic in self._topics.retained(device):
            await self._outward.publish(topic, b"", retain=True)

    def profiles(self) -> dict[str, ProfileInfo]:
        """The native contract, lights that a cabinet of that contract switches, the shipped profiles, and the city's own."""
        return {NATIVE: self._decoder.info, FED: self._decoder.fed, **self._foreign.infos()}

    def access(self, device: Device) -> BrokerAccess | None:
        """What its account may do; None for one that has none: a gateway or server signs in for it."""
        if device.profile != NATIVE:
            return self._foreign.access(device)
        zones = device.kind is not DeviceKind.FIRE_PANEL  # it takes no orders
        return self._topics.access(device.id, zones=zones) if device.address is None else None

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read a message again as if it had just come by the topic `source`; None when that is no topic of ours."""
        burst = Burst()
        origin = self._topics.upward(source.encode())
        try:
            if origin is not None:
                self._decoder.decode(origin, raw, received, burst)
            elif not self._foreign.decode(source.encode(), raw, received, burst):
                return None
        except Exception:
            self._fault(source, origin.device if origin else None, raw, received, burst)
        return burst.delivery(done)

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

    def _session(self, name: str) -> Session:
        broker, settings = self._context.broker, self._settings
        bulk = name in ("telemetry", PROFILE_TELEMETRY)
        lanes = (Lane.BULK,) if bulk else (Lane.URGENT,) if name in WITHOUT_READINGS else (Lane.URGENT, Lane.STATE)
        read: Read = self._read_native
        if name in FIRE_CHANNELS:
            read = partial(self._read_copies, self._panels[FIRE], COMMON_WAY)
        heard = Heard((self._topics.upward_filter(name),), ())
        if name == "telemetry":
            read = partial(self._read_copies, self._panels[PANELS], COMMON_WAY)
        elif name in PROFILE_SESSIONS:
            read = self._read_foreign
            heard = self._foreign.heard(self._used, bulk=bulk)
        elif (kind := name.rpartition("-")[0]) in self._panels:
            read = partial(self._read_copies, self._panels[kind], OWN_WAY)
            heard = Heard((), ())
            lanes = (Lane.FIRE,) if kind == FIRE else lanes
        identity = Identity(
            f"{broker.client_id}-{name}", broker.username, broker.password, heard.filters, settings.keepalive,
            heard.unwanted,
        )  # fmt: skip
        gate = LaneGate(self._context.inbox, lanes)

        def receive(frames: Frames, done: Callable[[], None], failed: Callable[[], None]) -> None:
            self._receive(lanes, read, frames, done, failed)

        def up(kept: bool) -> None:
            if name == ORDERS_WITH:
                self._context.on_connected(self.name, kept)

        return Session(name, self._server, identity, settings, receive, gate, self._voice, up)

    async def _follow_city(self) -> None:
        """Hear the topics of the profiles that registered devices have, and of no others (a shared broker may carry much), and
        each fire panel's."""
        while True:
            moves = [(kind, move) for kind, panels in self._panels.items() for move in panels.moves()]
            for kind, (slot, wanted, unwanted) in moves:
                name = f"{kind}-{slot}"
                if name not in self._sessions:
                    session = self._sessions[name] = self._session(name)
                    self._tasks.append(asyncio.create_task(session.run(), name=f"mqtt {name}"))
                self._sessions[name].follow(wanted, unwanted)
            await asyncio.sleep(_LOOK)
            used = self._foreign.used()
            if used != self._used:
                self._used = used
                for name in PROFILE_SESSIONS:
                    self._sessions[name].follow(*self._foreign.heard(used, bulk=name == PROFILE_TELEMETRY))

    def _receive(
        self,
        lanes: Sequence[Lane],
        read: Read,
        frames: Frames,
        done: Callable[[], None],
        failed: Callable[[], None],
    ) -> None:
        """Decode a burst and put it into the inbox as one delivery: in the last of `lanes` with readings, else in the first."""
        burst = Burst(kept=frames.kept)
        self._last = received = read(frames.messages, self._moment(), burst)
        for topic, head, size in frames.cut:
            text = topic.decode("utf-8", "replace")
            reason = f"a message of {size} bytes: send at most {self._settings.max_message_bytes} (only its beginning was kept)"
            origin = self._topics.upward(topic)
            burst.rejected.append(
                Rejected(received, text, origin.device if origin else None, "too-large", reason, head)
            )
        self._count(frames, burst)
        if burst.size():
            self._context.inbox.put(lanes[-1] if burst.rows else lanes[0], burst.delivery(done, failed))
        else:
            done()

    def _read_native(self, messages: Messages, received: float, burst: Burst) -> float:
        """Decode messages of native devices, the first received at `received`; returns when the next would be."""
        upward, decode = self._topics.upward, self._decoder.decode
        for topic, payload in messages:
            origin = upward(topic)
            if origin is None:
                continue
            try:
                decode(origin, payload, received, burst)
            except Exception:
                self._fault(origin.topic, origin.device, payload, received, burst)
            received += _STEP
        return received

    def _read_copies(self, panels: Panels, way: int, messages: Messages, received: float, burst: Burst) -> float:
        """The same for what comes by two ways, where fire panels say it."""
        return self._read_native(panels.fresh(messages, way), received, burst)

    def _read_foreign(self, messages: Messages, received: float, burst: Burst) -> float:
        """The same for devices of profiles."""
        decode = self._foreign.decode
        for topic, payload in messages:
            try:
                decode(topic, payload, received, burst)
            except Exception:
                self._fault(topic.decode("utf-8", "replace"), None, payload, received, burst)
            received += _STEP
        if burst.deliveries:
            self._foreign.answer(burst)
        return received

    def _moment(self) -> float:
        """The time of receipt of the next message: no two get the same, for it is the time of readings that have none."""
        now, last = self._context.clock.now(), self._last
        return now if abs(now - last) > 1 else max(now, last)

    def _fault(self, topic: str, device: str | None, payload: bytes, received: float, burst: Burst) -> None:
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
        counted["reports"] += len(burst.cabinets) + len(burst.panels) + len(burst.junctions)
        counted["rejected"] += len(burst.rejected)
