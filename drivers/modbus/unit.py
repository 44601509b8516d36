"""One device on a line: what is read of it and when, and what is known of it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from drivers.burst import Burst
from drivers.modbus.address import Address
from drivers.modbus.exceptions import CONDITIONS, MISMATCH, UNREACHABLE, meaning, worded
from drivers.modbus.junction import FUTURE, Controller, Unreadable, conditions
from drivers.modbus.line import Request, read_request
from drivers.modbus.model import Block, EventRule, ExpectRule, Poll, RegisterMap, StateRule
from drivers.modbus.panel import Judged, panel_of
from drivers.modbus.reader import BlockReader, Count, Found
from drivers.modbus.reads import merged, pieces
from drivers.reporting import junction_row
from hub.model.cabinets import CabinetReport
from hub.model.devices import Device, DeviceKind
from hub.model.fire import CONDITIONS as CONDITIONS_OF_FIRE
from hub.model.fire import PanelReport
from hub.model.readings import Quality, Rejected, Row
from hub.model.reports import EventReport, PresenceReport

Conditions = Callable[[str], Collection[tuple[str, str]]]
_READ = re.compile(r"([1-4]):([0-9]+)\+([0-9]+)")
_TORN = 3  # polls in a row until what does not agree is the map's fault
REFUSED_AGAIN = 600.0  # seconds until what a device refused is tried once more


class Read:
    """A block, ready to be asked for."""

    def __init__(self, unit: int, block: Block) -> None:
        self.block, self.reader = block, BlockReader(block)
        self.request: Request = read_request(unit, block)
        self.refused_until = 0.0  # by the loop's clock


@dataclass(slots=True)
class Job:
    """All that is read of a device at once. `due` and `then`, the time on its raster after that, are of the loop's clock."""

    poll: Poll
    every: float
    reads: list[Read]
    due: float
    then: float = 0.0
    has_states: bool = False

    def plan(self, now: float) -> int:
        """It is read now, and next at its next time; those that have passed meanwhile are left out: returns how many."""
        left_out, turn = 0, self.then - self.every
        if turn > now + self.every * 1e-3:  # it is read once more, before its turn
            self.due = turn
            return 0
        if self.then <= now:
            left_out = int((now - self.then) // self.every) + 1
            self.then += left_out * self.every
        self.due, self.then = self.then, self.then + self.every
        return left_out


@dataclass(slots=True)
class Health:
    """Whether a device answers. `missed` are answers in a row that did not come; while `away` it is only probed."""

    missed: int = 0
    away: bool = False
    probes: int = 0
    probe_at: float = 0.0
    rests_until: float = 0.0


@dataclass(slots=True)
class Said:
    """What the hub was told; none of it is said twice."""

    online: bool | None = None
    life: float = 0.0  # when it was last told that the device lives, by the loop's clock
    cabinet: tuple[object, ...] | None = None
    cabinet_at: float = 0.0
    panel: tuple[object, ...] | None = None
    panel_at: float = 0.0
    torn: int = 0  # polls in a row in which a fire panel's registers did not agree
    conditions: dict[tuple[str, str], bool] = field(default_factory=dict)
    seeded: bool = False
    refused: set[object] = field(default_factory=set)  # points whose value is in quarantine, until they have a good one


class Unit:
    """A device and its register map. To be used by its bus alone."""

    def __init__(
        self,
        device: Device,
        address: Address,
        map: RegisterMap,
        every: dict[Poll, float],
        life: float,
        count: Count,
        texts: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`every`: seconds between the reads of each class; `life`: of silence until the hub is told that it lives; `texts`: of a
        fire panel's points."""
        self.device, self.address, self.map = device, address, map
        self.health, self.said = Health(), Said()
        self.count = count
        self.jobs: list[Job] = []
        for poll in Poll:
            points = [point for point in map.points if point.poll is poll]
            if points:
                reads = [Read(address.unit, block) for block in merged(points, map.gap, map.most)]
                states = any(isinstance(point.rule, StateRule) for point in points)
                self.jobs.append(Job(poll, every[poll], reads, 0.0, has_states=states))
        self.life_every = life
        self.controller = Controller(device, life) if map.signals else None
        self.panel = panel_of(map, texts) if device.kind is DeviceKind.FIRE_PANEL else None

    @property
    def probe(self) -> Read:
        """The cheapest thing to ask when only an answer is wanted."""
        return min((read for job in self.jobs for read in job.reads), key=lambda read: read.block.size)

    # --- what the bus learns ------------------------------------------------------------------------------------------

    def answered(self) -> bool:
        """It lives; True when it was away."""
        was, self.health = self.health.away, Health()
        if was:
            self.said.panel = None  # what it says now is compared with what the hub holds
        return was

    def missed(self, now: float, misses: int, least: float, most: float) -> bool:
        """It did not answer; True when it counts as away from now on."""
        health = self.health
        health.missed += 1
        if health.missed < misses:
            return False
        before, health.away = health.away, True
        health.probe_at = now + min(most, least * 2.0**health.probes) * random.uniform(0.8, 1.2)
        health.probes = min(health.probes + 1, 30)
        return not before

    def refused(self, job: Job, read: Read, code: int, now: float) -> str | None:
        """It refused a read. A block of several is split at once; one that cannot be is left alone for a while: returns its
        condition, or None."""
        if meaning(code).condition == MISMATCH and (parts := pieces(read.block)):
            place = job.reads.index(read)
            job.reads[place : place + 1] = [Read(self.address.unit, block) for block in parts]
            return None
        if meaning(code).condition == MISMATCH:
            read.refused_until = now + REFUSED_AGAIN
        return meaning(code).condition

    # --- what the hub is told -----------------------------------------------------------------------------------------

    def take(
        self, job: Job, found: Found, whole: bool, received: float, now: float, into: Burst, held: Conditions
    ) -> None:
        """Add what a poll read to `into`. `whole`: nothing of the job was left out."""
        self._seed(held, received, into)
        device = self.device
        if found.values:
            into.rows.append(Row(device.id, device.kind, received, received, found.values, int(Quality.NO_SOURCE_TIME)))
            self.said.life = now
        if job.has_states and whole:
            self._state(found, received, now, into)
        if self.controller is not None and found.signals:
            self._signals(self.controller, job, found, received, now, into)
        if self.panel is None or not found.events:
            for rule, active in found.events:
                self.condition(rule.type, rule.point, active, rule.text, received, into)
        else:
            judged = self.panel.judge(found.events)
            for rule, active in judged.told:
                self.condition(rule.type, rule.point, active, self.panel.text(rule), received, into)
            self._panel(job, judged, received, now, into)
        for point, wrong in found.unexpected.items():
            self.condition(MISMATCH, f"expect {point.first}", wrong is not None, wrong or "", received, into)
        self._quarantine(job, found, received, into)
        self.condition(UNREACHABLE, "", False, "", received, into)
        self.alive(received, now, into)

    def alive(self, received: float, now: float, into: Burst) -> None:
        """Tell that it is there: when that is news, and before the hub takes it for silent."""
        if self.said.online is not True or now - self.said.life >= self.life_every:
            self.said.online, self.said.life = True, now
            into.presence.append(PresenceReport(self.device.id, True, received))

    def gone(self, received: float, into: Burst) -> None:
        """Tell that it is not there."""
        if self.said.online is not False:
            self.said.online = False
            into.presence.append(PresenceReport(self.device.id, False, received))

    def unreachable(self, why: str, received: float, into: Burst, held: Conditions) -> None:
        """Tell that its gateway cannot reach it."""
        self._seed(held, received, into)
        self.condition(UNREACHABLE, "", True, why, received, into)

    def condition(self, type: str, point: str, active: bool, text: str, received: float, into: Burst) -> None:
        """Tell that a condition holds, or no longer, when that is news."""
        if self.said.conditions.get((type, point), False) is active:
            return
        self.said.conditions[type, point] = active
        into.events.append(EventReport(self.device.id, type, active, received, received, point, text if active else ""))

    def exception(self, read: Read, code: int, received: float, into: Burst) -> None:
        """Tell what an exception means."""
        kind = meaning(code).condition
        if kind is not None:
            self.condition(kind, str(read.block), True, worded(code), received, into)

    def fine(self, read: Read, received: float, into: Burst) -> None:
        """A block was read: what exceptions said of it is over."""
        held = self.said.conditions
        if not held:
            return
        over = [
            key for key, holds in held.items() if holds and key[0] in CONDITIONS and _covers(read.block, key[1])
        ]  # also what was said of a part of it, before the hub was restarted
        for kind, point in over:
            self.condition(kind, point, False, "", received, into)

    def farewell(self, received: float, into: Burst) -> None:
        """It will be read by another map or at another address: what was said of it by this one is over."""
        own = {rule.type for point in self.map.points if isinstance(rule := point.rule, EventRule)} | {
            *CONDITIONS,
            UNREACHABLE,
        }
        if self.panel is not None:
            own -= CONDITIONS_OF_FIRE.keys()  # what burns does so whatever it is read by: its next state is compared
        for kind, point in [key for key, holds in self.said.conditions.items() if holds and key[0] in own]:
            self.condition(kind, point, False, "", received, into)

    def again(self) -> None:
        """What was said last got lost on its way: say everything anew."""
        self.said = Said()
        if self.controller is not None:
            self.controller.again()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _seed(self, held: Conditions, received: float, into: Burst) -> None:
        """What the hub holds against the device from before its own start ends when the device says that it has ended; what was
        said of a read that another register map asked for, at once."""
        if self.said.seeded:
            return
        self.said.seeded = True
        self.said.conditions = dict.fromkeys(held(self.device.id), True) | self.said.conditions
        for kind, point in [key for key, holds in self.said.conditions.items() if holds and key[0] in CONDITIONS]:
            if not self._asks(point):
                self.condition(kind, point, False, "", received, into)

    def _asks(self, place: str) -> bool:
        """True when a condition's point is among what this device is asked."""
        expected = {f"expect {point.first}" for point in self.map.points if isinstance(point.rule, ExpectRule)}
        if self.panel is not None and place in CONDITIONS_OF_FIRE:
            return True
        return place in expected or any(_covers(read.block, place) for job in self.jobs for read in job.reads)

    def _state(self, found: Found, received: float, now: float, into: Burst) -> None:
        segments, feedback, flags = {}, {}, {}
        for rule, value in found.states:
            if rule.part == "segments":
                segments[rule.segment] = value
            elif rule.part == "feedback":
                feedback[rule.segment] = value
            else:
                flags[rule.part] = value
        state = (segments, feedback, flags)
        if self.said.cabinet == state and now - self.said.cabinet_at < self.life_every * 6:
            return
        self.said.cabinet, self.said.cabinet_at, self.said.life = state, now, now
        into.cabinets.append(
            CabinetReport(
                self.device.id, received, received, segments, feedback,
                flags.get("door"), flags.get("breaker"), flags.get("remote"),
            )
        )  # fmt: skip

    def _signals(
        self, controller: Controller, job: Job, found: Found, received: float, now: float, into: Burst
    ) -> None:
        """Tell what a signal controller says, when that is news; registers that no controller holds are in quarantine."""
        try:
            report = controller.take(found.signals, received, now)
        except Unreadable as error:
            self.condition(MISMATCH, "signals", True, str(error), received, into)
            if "signals" not in self.said.refused:
                self.said.refused.add("signals")
                raw = b"".join(data for _, data in found.signals)
                place = source(self.address, job.reads[0].block)
                into.rejected.append(Rejected(received, place, self.device.id, "bad-state", str(error), raw))
            return
        self.said.refused.discard("signals")
        self.condition(MISMATCH, "signals", False, "", received, into)
        if report is None:
            return
        self.said.life = now
        into.junctions.append(report)
        into.rows.append(junction_row(report, report.time, FUTURE))
        holding = [key for key, holds in self.said.conditions.items() if holds]
        for type, point, active, text in conditions(report, holding):
            self.condition(type, point, active, text, received, into)

    def _panel(self, job: Job, judged: Judged, received: float, now: float, into: Burst) -> None:
        """Tell the state of a fire panel, when that is news and now and then. One that does not agree with itself is read again
        at once, and after a few times its map does not fit."""
        said = self.said
        said.torn = said.torn + 1 if judged.torn else 0
        if 0 < said.torn < _TORN:
            job.due = now
        for type in {rule.type for rule, _ in judged.told} | judged.torn.keys():
            text = (
                f"the panel says that there is no {type}, and {judged.torn.get(type)} says that there is: check the map"
            )
            self.condition(MISMATCH, type, said.torn >= _TORN and type in judged.torn, text, received, into)
        state = (judged.points, judged.complete)
        if said.panel == state and now - said.panel_at < self.life_every * 6:
            return
        said.panel, said.panel_at, said.life = state, now, now
        into.panels.append(
            PanelReport(self.device.id, received, received, points=judged.points, complete=judged.complete)
        )

    def _quarantine(self, job: Job, found: Found, received: float, into: Burst) -> None:
        """What a value is that cannot be: kept once, until the same point has a good one."""
        refused = self.said.refused
        if not found.wrong and not refused:
            return
        for read in job.reads:
            for point in read.block.points:
                if point not in found.wrong:
                    refused.discard(point)
                elif point not in refused:
                    refused.add(point)
                    code, reason = found.wrong[point]
                    into.rejected.append(
                        Rejected(
                            received,
                            source(self.address, read.block),
                            self.device.id,
                            code,
                            reason,
                            found.raw.get(read.block, b""),
                        )
                    )


def _covers(block: Block, point: str) -> bool:
    """True when a condition's point is this read or a part of it."""
    named = _READ.fullmatch(point)
    if named is None or int(named[1]) != block.function:
        return False
    start, count = int(named[2]), int(named[3])
    return block.start <= start and start + count <= block.start + block.count


def source(address: Address, block: Block) -> str:
    """Where the bytes of a block came from, as the quarantine shows it."""
    return f"modbus {address} {block}"
