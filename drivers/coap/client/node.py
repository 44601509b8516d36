"""One device that hosts resources: what is asked of it when, whether it answers, and what the hub was told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from aiocoap import Message
from aiocoap.numbers.codes import Code

from drivers.burst import Burst
from drivers.coap.client.address import Address
from drivers.coap.client.model import HostProfile, Resource
from drivers.coap.client.reading import ResourceReader
from drivers.coap.client.target import Target
from drivers.coap.client.wire import BadAnswer, ErrorAnswer, NoAnswer, Observation, Release, Wire
from drivers.coap.endpoint import Peer
from drivers.coap.settings import Settings
from hub.model.devices import Device
from hub.model.reports import EventReport, PresenceReport

MISMATCH, FAILURE, BUSY = "profileMismatch", "equipmentFailure", "deviceBusy"
_CONDITIONS = (MISMATCH, FAILURE, BUSY)
_REFUSED_MOST = (
    600.0  # seconds until what a device does not have is asked for once more; begins with its own pace, and doubles
)
_SLACK = (5.0, 15.0)  # seconds after which silence is silence (RFC 7641 section 3.3.1)
_MOST_PROBES = 30  # that the pause doubles
_log = structlog.get_logger("lamplighter.coap")


class Outlet(Protocol):
    """Where what a device says goes."""

    def put(self, burst: Burst, release: Release, lost: Callable[[], None]) -> None:
        """Deliver it. `release` is called with whether it is durable, `lost` when it never will be."""

    def full(self) -> bool:
        """True while there is no room."""

    async def room(self) -> None:
        """Return when there is room for what is read."""


@dataclass(slots=True)
class Slot:
    """A resource of one device. `due` is of the loop's clock; `refused` are the codes of what is in quarantine already."""

    resource: Resource
    reader: ResourceReader
    every: float
    target: Target
    due: float
    observation: Observation | None = None
    refused: frozenset[str] = frozenset()
    errors: int = 0  # in a row
    level: tuple[float, float] | None = None  # the light's, and when it came


@dataclass(slots=True)
class Said:
    """What the hub was told; none of it is said twice."""

    online: bool | None = None
    life: float = 0.0
    conditions: dict[tuple[str, str], bool] = field(default_factory=dict)
    seeded: bool = False


class Places:
    """How many devices are asked at once; those that are away have places of their own."""

    def __init__(self, most: int, probes: int) -> None:
        self.most, self.probes = asyncio.Semaphore(most), asyncio.Semaphore(probes)


class Node:
    """Asks one device until it is closed. Resources are read one after the other, each at its time; a device that is away is
    asked for one thing, with pauses that double."""

    def __init__(
        self,
        device: Device,
        address: Address,
        profile: HostProfile,
        readers: Collection[ResourceReader],
        wire: Wire,
        settings: Settings,
        rate: float,
        first: float,
        outlet: Outlet,
        moment: Callable[[], float],
        held: Callable[[str], Collection[tuple[str, str]]],
    ) -> None:
        """`first`: when it is asked for the first time, by the loop's clock; `rate` of the hub's clock."""
        self.device, self.address, self.profile = device, address, profile
        self._wire, self._settings, self._rate = wire, settings, rate
        self._outlet, self._moment, self._held = outlet, moment, held
        self.away, self.closed = False, False
        self._probes = 0
        self._peer: Peer | None = None
        self._said = Said()
        self._wake = asyncio.Event()
        self._now = asyncio.get_running_loop().time
        self.counted = {"polls": 0, "notices": 0, "missed": 0, "renewed": 0, "errors": 0}
        self.slots = [
            Slot(resource, reader, settings.every(resource.every) / rate, resource.target.under(address.base), first)
            for resource, reader in zip(profile.resources, readers, strict=True)
        ]
        for slot in self.slots:
            if slot.resource.observe:
                slot.observation = self._observation(slot)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def observations(self) -> int:
        """Observations that stand now."""
        return sum(slot.observation is not None and slot.observation.standing for slot in self.slots)

    async def run(self, places: Places) -> None:
        """Ask, for ever. `places` are shared with all other devices."""
        while True:
            due = min(slot.due for slot in self.slots)
            try:
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            await self._outlet.room()
            async with places.probes if self.away else places.most:
                now = self._now()
                for slot in [each for each in self.slots if each.due <= now]:
                    if not await self.ask(slot):
                        break

    def close(self) -> None:
        """It is no more: what it still says is answered with a reset, which ends its observations."""
        self.closed = True
        for slot in self.slots:
            if slot.observation is not None:
                slot.observation.stop()
        for task in self._tasks:
            task.cancel()

    def hurry(self) -> None:
        """A device that is away is asked now."""
        if self.away:
            self._soon(self.slots[0])

    def _soon(self, slot: Slot) -> None:
        """Ask for it now."""
        slot.due = self._now()
        self._wake.set()

    async def peer(self) -> Peer:
        """Who has its address; raises NoAnswer."""
        if self._peer is None:
            self._peer = await self._wire.find(self.address)
        return self._peer

    # --- asking -------------------------------------------------------------------------------------------------------

    async def ask(self, slot: Slot) -> bool:
        """Read, or observe, a resource; False when the device does not answer."""
        began = self._now()
        self.counted["polls"] += 1
        try:
            peer = await self.peer()
            if slot.observation is None:
                message = await self._wire.get(peer, slot.target)
            else:
                self.counted["renewed"] += slot.observation.standing
                message = await self._wire.observe(peer, slot.target, slot.observation)
        except NoAnswer:
            self.missed()
            return False
        except (ErrorAnswer, BadAnswer) as error:
            self.answered()
            self._refused(slot, error)
            return True
        self.answered(slot)
        slot.errors = 0
        self._plan(slot, message, began)
        self.take(slot, message, None)
        return True

    def missed(self) -> None:
        """It did not answer, CoAP's repeats among it."""
        self.counted["missed"] += 1
        settings = self._settings
        self.away, self._peer = True, None
        pause = min(settings.probe_most, settings.probe_least * 2.0**self._probes) * random.uniform(0.8, 1.2)
        self._probes = min(self._probes + 1, _MOST_PROBES)
        for place, slot in enumerate(self.slots):
            slot.due = self._now() + pause if place == 0 else float("inf")
        self._wake.set()
        if self._said.online is not False:
            self._said.online = False
            self._tell(Burst(presence=[PresenceReport(self.device.id, False, self._moment())]))

    def answered(self, slot: Slot | None = None) -> None:
        """It lives. One that was away may have been restarted: all of it is read and observed anew."""
        self._probes = 0
        if self.away:
            self.away = False
            for each in self.slots:
                if each is not slot:
                    each.due = self._now()
            self._wake.set()
        if self._said.online is not True:
            self._present()

    def _present(self) -> None:
        self._said.online, self._said.life = True, self._now()
        self._tell(Burst(presence=[PresenceReport(self.device.id, True, self._moment())]))

    def _lives(self, said: bool) -> None:
        """It has answered: tell that, unless it has `said` something, before the hub takes it for silent."""
        if said:
            self._said.life = self._now()
        elif self._now() - self._said.life >= self._settings.life / self._rate:
            self._present()

    def _plan(self, slot: Slot, message: Message, began: float) -> None:
        """When it is asked again. What is observed is asked when it has been silent for as long as it is fresh, at most."""
        if slot.observation is None:
            self._next(slot, began)
        elif not slot.observation.standing:
            slot.due = began + slot.every
        else:
            age = message.opt.max_age
            fresh = slot.every if age is None else min(slot.every, float(age))
            slot.due = self._now() + fresh + random.uniform(*_SLACK) * min(1.0, slot.every / _SLACK[1])

    def _next(self, slot: Slot, began: float) -> None:
        """The next time on the raster; those that have passed meanwhile are left out."""
        start = slot.due if slot.due <= began else began
        slot.due = start + ((self._now() - start) // slot.every + 1) * slot.every

    def _refused(self, slot: Slot, error: ErrorAnswer | BadAnswer) -> None:
        self.counted["errors"] += 1
        wait, kind = max(slot.every, min(_REFUSED_MOST, slot.every * 2.0**slot.errors)), FAILURE
        slot.errors = min(slot.errors + 1, _MOST_PROBES)
        if isinstance(error, ErrorAnswer):
            if error.code == Code.SERVICE_UNAVAILABLE:
                kind, wait = BUSY, max(wait, min(_REFUSED_MOST, float(error.wait or 0)))
            elif error.code.class_ == 4:
                kind = MISMATCH
        slot.due = self._now() + wait
        burst = Burst()
        self._condition(kind, str(slot.resource), True, str(error), burst)
        self._fine(slot, burst, kind)
        self._lives(False)
        self._tell(burst)

    # --- what it says -------------------------------------------------------------------------------------------------

    def _observation(self, slot: Slot) -> Observation:
        def lost() -> None:
            slot.due = min(slot.due, self._now() + slot.every)
            self._wake.set()

        return Observation(lambda message, release: self._notified(slot, message, release), lost)

    def _notified(self, slot: Slot, message: Message, release: Release) -> None:
        if self.closed:
            return
        self.counted["notices"] += 1
        self.answered(slot)
        if release is None and self._outlet.full():  # it will not come again: asked for when there is room
            self._soon(slot)
            return
        self._plan(slot, message, self._now())
        self._wake.set()
        block = message.opt.block2
        if block is not None and block.more:
            self.spawn(self._whole(slot, message, release))
        else:
            self.take(slot, message, release)

    async def _whole(self, slot: Slot, first: Message, release: Release) -> None:
        try:
            message = await self._wire.rest(await self.peer(), slot.target, first)
        except (NoAnswer, ErrorAnswer, BadAnswer):
            self._soon(slot)
            if release is not None:
                release(False)
            return
        self.take(slot, message, release)

    def take(self, slot: Slot, message: Message, release: Release) -> None:
        """Hand over what stands at a resource. `release` is called with whether it is durable."""
        burst, said = Burst(), Burst()
        source = f"{self.address}/{slot.resource}"
        slot.reader.read(bytes(message.payload), self.device, source, self._moment(), said)
        burst.rows, burst.lights, burst.panels = said.rows, said.lights, said.panels
        for light in said.lights:
            slot.level = light.level, self._now()
        codes = frozenset(each.code for each in said.rejected)
        burst.rejected = [each for each in said.rejected if each.code not in slot.refused]
        slot.refused = codes
        for event in said.events:
            self._condition(event.type, event.point, bool(event.active), event.text, burst)
        self._fine(slot, burst)
        self._lives(bool(said.rows or said.panels))
        self._tell(burst, release)

    def _condition(self, kind: str, point: str, active: bool, text: str, into: Burst) -> None:
        """Tell that a condition holds, or no longer, when that is news."""
        said = self._said
        if not said.seeded:
            said.seeded = True
            said.conditions = dict.fromkeys(self._held(self.device.id), True) | said.conditions
        if said.conditions.get((kind, point), False) is active:
            return
        said.conditions[kind, point] = active
        now = self._moment()
        into.events.append(EventReport(self.device.id, kind, active, now, now, point, text if active else ""))

    def _fine(self, slot: Slot, into: Burst, but: str = "") -> None:
        """What errors said of a resource is over, `but` for what holds."""
        for kind in (each for each in _CONDITIONS if each != but):
            self._condition(kind, str(slot.resource), False, "", into)

    def _tell(self, burst: Burst, release: Release = None) -> None:
        def again() -> None:
            """It got lost on its way: say everything anew."""
            self._said = Said()

        self._outlet.put(burst, release, again)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; it ends with the node."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("what a device holds could not be looked at", device=self.device.id, exc_info=error)
