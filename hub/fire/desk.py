"""The fire path after the disk: what is durable is shown at once, its way is written down, and panels are watched.

Read-only: the one order that ever goes to a panel asks it for its state.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import structlog

from hub.background import Background
from hub.fire.heartbeats import Heartbeats
from hub.fire.told import Episode, Tellings
from hub.model.commands import Command, Operation
from hub.model.devices import Device
from hub.model.fire import CONDITIONS, SELF_TEST, SILENT, FireEvent, Notification, PanelCondition, PanelReport
from hub.model.ids import new_id
from hub.model.panels import SAME, Found
from hub.model.reports import EventReport
from hub.ports import CannotCarry, Clock, Delivery, Inbox, Lane, Order, Unreachable
from hub.registry import Registry, RegistryUnavailable, Stamp
from hub.registry.city import COMMANDABLE, City

log = structlog.get_logger("lamplighter.fire")

CLOCK = "fireClockError"
BY = "fire watch"
FOLLOWED = 48 * 3600.0  # seconds for which the notifications of an event are asked for
_EARLY = 1_000  # alarms of events that are not taken in yet
_MOST = 20_000  # events whose way is followed at a time


class FireDesk:
    """Used on the event loop. `show` puts an event on the screens at once and calls back when it leaves; `send` orders; `seen`
    is told every stage of an event: (event, stage, seconds since its receipt)."""

    def __init__(
        self,
        city: City,
        registry: Registry,
        clock: Clock,
        inbox: Inbox,
        send: Callable[[Order], Awaitable[None]],
        show: Callable[[FireEvent, Callable[[], None]], None],
        beats: Heartbeats,
        *,
        can_read: Callable[[Device], bool],
        seen: Callable[[FireEvent, str, float], None] = lambda event, stage, took: None,
        monotonic: Callable[[], float] = time.monotonic,
        flush_every: float = 0.5,
    ) -> None:
        self._city, self._registry, self._clock, self._inbox = city, registry, clock, inbox
        self._send, self._show, self.beats, self._can_read = send, show, beats, can_read
        self._seen, self._monotonic, self._flush_every = seen, monotonic, flush_every
        self._tellings = Tellings(registry)
        self.listeners: list[Callable[[FireEvent, str, float], None]] = []
        self._stamps: dict[int, Stamp] = {}
        self._following: OrderedDict[int, FireEvent] = OrderedDict()
        self._early: dict[int, Stamp] = {}
        self._to_ask: dict[str, None] = {}
        self._asking = asyncio.Event()
        self._told: dict[Episode, tuple[Notification, ...]] = {}
        self._noted: dict[Episode, int] = {}  # how many events each had then
        expected = (RegistryUnavailable,)
        self._tasks = [
            Background("heartbeats of fire panels", self._look, expected=expected),
            Background("states of fire panels", self._ask_some, expected=expected),
            Background("proof of fire events", self._write, expected=expected),
            Background("notifications of fire events", self._follow, expected=expected),
        ]

    async def load(self) -> None:
        """Take up what there was. Raises RegistryUnavailable."""
        held = await asyncio.to_thread(self._registry.events.active)
        now = self._monotonic()
        for event in held:
            if event.type == SILENT:
                self.beats.was_lost(event.device, now)
        for event in held:
            if event.type == CLOCK:
                self.beats.clock_was_wrong(event.device, now)
        since = self._clock.now() - FOLLOWED
        for known in reversed(await asyncio.to_thread(self._registry.fire.events.list, start=since, limit=_MOST)):
            self._following[known.id] = known
            if known.alarm is not None and known.episode is not None:
                episode = known.alarm, known.episode
                if self._told.setdefault(episode, known.notified) == known.notified:
                    self._noted[episode] = self._noted.get(episode, 0) + 1

    def start(self) -> None:
        """Begin to watch and to write."""
        for task in self._tasks:
            task.start()

    async def stop(self) -> None:
        """End; what is known of the way of events is written."""
        for task in self._tasks:
            await task.stop()
        try:
            await self._flush()
        except RegistryUnavailable as error:
            log.warning("the last times of fire events could not be kept", error=str(error))

    def panels(self) -> list[Device]:
        """The fire panels in service, by id."""
        panels = self._city.panels.values()
        return sorted((each for each in panels if self._served(each)), key=lambda device: device.id)

    def _served(self, device: Device | None) -> bool:
        return device is not None and device.status in COMMANDABLE and device.id != SELF_TEST

    # --- what comes --------------------------------------------------------------------------------------------------

    def take(self, fire: Sequence[FireEvent], panels: Iterable[PanelReport], heard: Iterable[str]) -> None:
        """A batch is durable: events of panels, their states, and whom it was heard of."""
        now, at = self._clock.now(), self._monotonic()
        for each in fire:
            event = replace(each, persisted=now, clock_error=self._error(each.device))
            self._reached(event, "persisted", now)
            self._keep(Stamp(event.id, persisted=now, clock_error=event.clock_error))
            self._following[event.id] = event
            self._show(event, partial(self._left, event))
            if (early := self._early.pop(event.id, None)) is not None:
                self.alarmed([early])
            ended = event.active is False and self._latches(event)
            old = bool(event.active) and event.received - event.time > SAME  # late, or by a wrong clock: its state says
            if event.found == Found.EVENT and (ended or old):
                self.ask([event.device])
        while len(self._following) > _MOST:
            self._following.popitem(last=False)
        for device in heard:
            if self._served(self._city.panels.get(device)) and self.beats.hear(device, at):
                self.ask([device])
        for report in panels:
            self._compared(report, at)

    def _latches(self, event: FireEvent) -> bool:
        return CONDITIONS.get(event.type) is PanelCondition.ALARM

    def _compared(self, report: PanelReport, at: float) -> None:
        if report.kept:
            return
        found, clock = self.beats.report(report, at)
        if found:
            self._tell(Lane.FIRE, report.device, SILENT, False, "its whole state was read and compared")
        if clock is not None:
            error = self._error(report.device)
            text = "" if error is None else f"{error:+.1f} s against the hub"
            self._tell(Lane.URGENT, report.device, CLOCK, clock, text)

    def _tell(self, lane: Lane, device: str, type: str, active: bool, text: str) -> None:
        """A condition that the hub itself begins or ends, by the way that all others come."""
        now = self._clock.now()
        self._inbox.put(lane, Delivery(lambda: None, events=[EventReport(device, type, active, now, now, "", text)]))

    def _left(self, event: FireEvent) -> None:
        now = self._clock.now()
        self._reached(event, "streamed", now)
        self._keep(Stamp(event.id, streamed=now))

    def alarmed(self, stamps: Sequence[Stamp]) -> None:
        """Events have become alarms, and that is durable."""
        for stamp in stamps:
            event = self._following.get(stamp.event)
            if event is None:  # an alarm before `take` was told of its event
                self._early[stamp.event] = stamp
            elif stamp.alarm is not None and stamp.alarmed is not None:
                self._following[event.id] = _linked(event, stamp)
                self._reached(self._following[event.id], "alarmed", self._clock.now())
        while len(self._early) > _EARLY:
            del self._early[next(iter(self._early))]

    def _reached(self, event: FireEvent, stage: str, now: float) -> None:
        took = max(0.0, now - event.received)
        self._seen(event, stage, took)
        for listener in self.listeners:
            listener(event, stage, took)

    def _error(self, device: str) -> float | None:
        pulse = self.beats.known(device)
        return None if pulse is None else pulse.error

    def _keep(self, stamp: Stamp) -> None:
        known = self._stamps.get(stamp.event)
        if known is not None:
            said = {name: value for name, value in known._asdict().items() if value is not None}
            stamp = stamp._replace(**said)
        self._stamps[stamp.event] = stamp

    # --- asking panels -----------------------------------------------------------------------------------------------

    def ask(self, panels: Iterable[str]) -> None:
        """Read the whole state of these panels soon."""
        self._to_ask.update(dict.fromkeys(panel for panel in panels if self._served(self._city.panels.get(panel))))
        if self._to_ask:
            self._asking.set()

    async def _ask_some(self) -> None:
        await self._asking.wait()
        self._asking.clear()
        while self._to_ask:
            panel = next(iter(self._to_ask))
            del self._to_ask[panel]
            device = self._city.device(panel)
            if device is None or not self._can_read(device):
                continue
            now = self._clock.now()
            command = Command(new_id("read"), Operation.READ, now, BY, self._clock.ahead(self.beats.every))
            self.beats.asked(panel, self._monotonic())
            try:
                await self._send(Order(command, device=panel))
            except (Unreachable, CannotCarry):
                continue  # it is asked again at the next heartbeat; silence is an alarm of its own

    async def _look(self) -> None:
        lost, ask = self.beats.look((device.id for device in self.panels()), self._monotonic())
        for device in lost:
            seconds = self.beats.every * self.beats.misses
            self._tell(Lane.FIRE, device, SILENT, True, f"not heard for {seconds:g} s")
        self.ask(ask)
        await asyncio.sleep(min(1.0, self.beats.every / 4))

    # --- the proof ---------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        await asyncio.sleep(self._flush_every)
        await self._flush()

    async def _flush(self) -> None:
        stamps = list(self._stamps.values())[:1_000]
        if stamps:
            await asyncio.shield(asyncio.to_thread(self._registry.fire.events.stamp, stamps))
            for stamp in stamps:
                if self._stamps.get(stamp.event) is stamp:
                    del self._stamps[stamp.event]

    async def _follow(self) -> None:
        await asyncio.sleep(5.0)
        since = self._clock.now() - FOLLOWED
        for id in [id for id, event in self._following.items() if event.received < since]:
            del self._following[id]
        await asyncio.to_thread(self._note_deliveries, list(self._following.values()))

    def _note_deliveries(self, events: Sequence[FireEvent]) -> None:
        episodes: dict[Episode, list[int]] = {}
        for event in events:
            if event.alarm is not None and event.episode is not None:
                episodes.setdefault((event.alarm, event.episode), []).append(event.id)
        moved = self._tellings.moved()
        wanted = [each for each, ids in episodes.items() if each in moved or len(ids) != self._noted.get(each)]
        found = self._tellings.of(wanted)
        for episode in wanted:
            ids, now = episodes[episode], found.get(episode, ())
            if now != self._told.get(episode, ()) or (now and len(ids) != self._noted.get(episode)):
                self._registry.fire.events.notified(dict.fromkeys(ids, now))
            self._told[episode], self._noted[episode] = now, len(ids)
        for episode in self._noted.keys() - episodes.keys():
            del self._noted[episode]
            self._told.pop(episode, None)

    def deliveries(self, event: FireEvent) -> Sequence[Notification]:
        """What became of telling people of an event, as it is now; what was kept, when the channels know nothing (any more).
        Blocks."""
        if event.alarm is None or event.episode is None:
            return event.notified
        episode = event.alarm, event.episode
        return self._tellings.of([episode]).get(episode) or event.notified


def _linked(event: FireEvent, stamp: Stamp) -> FireEvent:
    return replace(event, alarm=stamp.alarm, episode=stamp.episode, alarmed=stamp.alarmed)
