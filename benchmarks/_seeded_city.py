"""A city of lamps with known faults: what it says at each step, and what the rules ask of it.

The lamps, the cables and what they measure are the simulators'; programs and the sun are those of `schedules`. There is no wire
and no clock but the one given, so that a year passes in minutes. What is measured is as bad as in a street: noisy meters, dips,
samples that are lost, late, sent twice or sent afterwards, lamps that age, programs that dim and ramp, and DST.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import astral
import astral.sun

from benchmarks._seeded_faults import DARK, DAY, HOUR, Seeded, Trouble, seeded, troubles
from hub.alarms.power import Curve
from hub.alarms.street import Level
from hub.control.clocks import Clocks
from hub.model.cabinets import CabinetReport
from hub.model.devices import Device, DeviceKind
from hub.model.readings import Row
from schedules.calendar import Calendar
from schedules.program_reader import parse_program
from schedules.site import Site
from schedules.timeline import timeline
from simulators.feeder import Feeder, supply_voltage
from simulators.lamp import Fault, Lamp
from simulators.readings import cabinet_readings

STEP = 900.0
SITES = (Site(16.46, 107.59, "Asia/Ho_Chi_Minh"), Site(40.42, -3.70, "Europe/Madrid"))
_SUNSET, _SUNRISE = {"at": "sunset", "level": 100, "ramp": 300}, {"at": "sunrise", "level": 0, "ramp": 120}
NIGHTS = [
    {"id": "late", "steps": [_SUNSET, {"at": "22:00", "level": 60, "ramp": 600}, _SUNRISE]},
    {
        "id": "deep",
        "steps": [_SUNSET, {"at": "21:30", "level": 70}, {"at": "23:30", "level": 30, "ramp": 900},
                  {"at": "05:00", "level": 80}, _SUNRISE],
    },
    {"id": "clock", "steps": [{"at": "18:30", "level": 100}, {"at": "23:00", "level": 50}, {"at": "05:40", "level": 0}]},
]  # fmt: skip
PROGRAMS = [parse_program(each) for each in NIGHTS]
PLAIN, CONSTANT = Curve(), Curve(new=0.85, life=60_000.0)  # of lamps, and of those with constant light output
_BEGINNING = float("-inf")


class Switch(NamedTuple):
    """From `time` on the lamps of a cabinet are to have `level`."""

    time: float
    level: float
    ramp: float


@dataclass(slots=True)
class LampPost:
    """A lamp with what is the matter with its controller."""

    device: Device
    lamp: Lamp
    exact: float  # W as it is, not as it is written down
    noisy: float  # its meter's error, as a share
    slow: float  # s that it takes to switch
    drift: float  # of its power, in a year
    faults: list[Seeded] = field(default_factory=list)
    hands: list[Trouble] = field(default_factory=list)
    at: int = -1  # the last switch that it followed
    starts: int = 0  # of its own


@dataclass(slots=True)
class Street:
    """A cabinet with its lamps, and what they are to do when."""

    device: Device
    posts: list[LampPost]
    feeder: Feeder
    phase: float  # s into each quarter of an hour at which it speaks
    switches: list[Switch]
    faults: list[Seeded] = field(default_factory=list)
    blinks: list[Trouble] = field(default_factory=list)
    kept: list[Row] = field(default_factory=list)  # while its network is away
    left: float | None = None


class Said(NamedTuple):
    """What came at a step. `levels` of lamps came with their states; None: it was switched by hand."""

    at: float
    rows: list[Row]
    levels: list[tuple[str, Level | None]]
    breakers: list[tuple[str, bool]]
    streets: list[str]


class City:
    """Implements `hub.alarms.street.Street` over its own lamps. `steps` lets time pass."""

    def __init__(
        self, lamps: int, per_cabinet: int, days: float, per_kind: int, seed: int, begin: float, constant: float = 0.5
    ) -> None:
        """`constant` is the share of lamps with constant light output."""
        self._dice = dice = random.Random(seed)
        self._constant = constant
        self.site = SITES[seed % 2]
        self.begin = begin
        self.end = begin + days * DAY
        self._place = astral.Observer(self.site.lat, self.site.lon)
        self.known: dict[str, Device] = {}
        streets = [self._street(number, per_cabinet) for number in range(lamps // per_cabinet)]
        self.streets = {street.device.id: street for street in streets}
        self.posts = {post.device.id: post for street in self.streets.values() for post in street.posts}
        self.sensors = [f"air-{seed}-{n}" for n in range(max(per_kind * 2, 4))]
        self.known |= {name: Device(name, name, DeviceKind.ENVIRONMENT) for name in self.sensors}
        wired = {id: [post.device.id for post in street.posts] for id, street in self.streets.items()}
        noon = begin // DAY * DAY + 12 * HOUR - self.site.lon * 240.0
        self.faults = list(seeded(dice, wired, self.sensors, begin, days, per_kind, noon))
        self._low = {fault.device: fault for fault in self.faults if fault.kind == "lowBattery"}
        for fault in self.faults:
            if fault.device in self.streets:
                self.streets[fault.device].faults.append(fault)
            elif fault.device in self.posts:
                self.posts[fault.device].faults.append(fault)
        for trouble in troubles(dice, wired, begin, days, noon):
            self._trouble(trouble)
        self._levels: dict[str, Level | None] = {}
        self._heard: dict[str, float] = dict.fromkeys(self.known, begin)
        self.clocks = Clocks()
        self._sun = 0.0, 0.0
        self.now, self.rows = begin, 0

    def _street(self, number: int, size: int) -> Street:
        dice, name = self._dice, f"cab-{self.site.time_zone[:2].lower()}-{self._dice.randrange(10**6):06d}-{number:02d}"
        posts = []
        for index in range(size):
            id, rated = f"{name}-{index:02d}", dice.choice((60.0, 90.0, 120.0))
            constant = dice.random() < self._constant
            profile = "constant" if constant else "native"
            device = Device(id, id, DeviceKind.LIGHT, profile, rated_power=rated, address=name, feed=f"{name}/a")
            exact = rated * dice.uniform(0.97, 1.03)
            noisy = 0.03 if dice.random() < 0.05 else 0.004
            lamp = Lamp(id, exact, dice.randrange(2**32), self.begin)
            posts.append(LampPost(device, lamp, exact, noisy, dice.uniform(0.2, 8.0), dice.uniform(-0.03, 0.02)))
        cabinet = Device(name, name, DeviceKind.CABINET)
        self.known[name] = cabinet
        self.known |= {post.device.id: post.device for post in posts}
        distances = [30.0 * (1 + index // 2) * (-1) ** index for index in range(size)]
        feeder = Feeder(dice.randrange(2**32), [post.lamp for post in posts], distances)
        program = PROGRAMS[number % len(PROGRAMS)]
        calendar = Calendar(program.id, "", (), program.id)
        spans = timeline(calendar, {program.id: program}, self.site, self.begin - DAY, self.end + DAY)
        switches = [Switch(span.start, span.level, span.ramp) for span in spans]
        return Street(cabinet, posts, feeder, dice.uniform(0.0, STEP), switches)

    def _trouble(self, trouble: Trouble) -> None:
        if trouble.kind == "hand":
            self.posts[trouble.device].hands.append(trouble)
            return
        street = self.streets[trouble.device]
        if trouble.kind == "blink":
            street.blinks.append(trouble)
            return
        back = _in_force(street.switches, trouble.end)  # an override: what the program says meanwhile is left out
        within = [each for each in street.switches if trouble.begin <= each.time < trouble.end]
        street.switches = sorted(
            [each for each in street.switches if each not in within]
            + [Switch(trouble.begin, trouble.size, 5.0), Switch(trouble.end, street.switches[back].level, 5.0)]
        )

    # --- time passes -------------------------------------------------------------------------------------------------

    def steps(self) -> Iterator[Said]:
        """What is said, one cabinet after the other, each at its own time of every quarter of an hour; sensors last."""
        at = self.begin
        order = sorted(self.streets.values(), key=lambda street: street.phase)
        while at < self.end:
            for street in order:
                self.now = at + street.phase
                yield self._spoken(street, self.now)
            self.now = at + STEP - 0.5
            rows = [self._row(self.known[name], self.now, self._air(name)) for name in self.sensors]
            yield Said(self.now, rows, [], [], [])
            at += STEP

    def _air(self, name: str) -> dict[str, float]:
        fault = self._low.get(name)
        charge = self._dice.uniform(35.0, 95.0)
        if fault is not None and fault.holds(self.now):
            charge = fault.size + self._dice.uniform(-1.0, 1.0)
        return {"battery": charge, "pm2_5": round(self._dice.uniform(8.0, 40.0), 1)}

    def _spoken(self, street: Street, at: float) -> Said:
        said = Said(at, [], [], [], [street.device.id])
        fault = next((fault for fault in street.faults if fault.holds(at)), None)
        kind = fault.kind if fault is not None else ""
        for each in street.faults:
            if each.kind == "circuitBreakerTripped" and each.begin <= at < each.end + STEP:
                said.breakers.append((street.device.id, not each.holds(at)))
        away = any(0.0 <= at - blink.begin < blink.end - blink.begin for blink in street.blinks)
        cut = kind == "communicationFailure" and fault is not None and fault.size < 0.5
        unplugged = kind == "communicationFailure" and not cut
        dark = kind in DARK or cut
        measured = self._measured(street, at, kind, fault.size if fault is not None else 1.0, dark, said)
        if cut or away or (unplugged and self._dice.random() < 0.5):  # some gateways keep what they cannot send
            street.left = street.left or at
            return Said(at, [], said.levels if away else [], said.breakers, said.streets)
        if unplugged:
            street.left = street.left or at
            street.kept += measured
            return Said(at, [], [], [], said.streets)
        measured = [*(Row(row.device, row.kind, row.time, at, row.values) for row in street.kept), *measured]
        street.kept, street.left = [], None
        for row in measured:
            self._heard[row.device] = at
            if row.kind is DeviceKind.LIGHT:
                self.clocks.judge(row.device, row.time - at, at)
        self.rows += len(measured)
        said.rows.extend(measured)
        return said

    def _measured(self, street: Street, at: float, kind: str, size: float, dark: bool, said: Said) -> list[Row]:
        dice, rows, place = self._dice, list[Row](), _in_force(street.switches, at)
        factor = size if kind in ("supplyVoltageTooLow", "supplyVoltageTooHigh") else 1.0
        if dice.random() < 0.003:
            factor = dice.uniform(0.6, 0.88)  # a dip
        welded = kind == "switchingErrorOff"
        burning = welded or street.switches[place].level > 0.0
        for post in street.posts:
            burning |= self._follow(street, post, at, place, dark, welded, said)
        load = street.feeder.load(at) if burning else None
        supply = load.supply if load is not None else supply_voltage(street.feeder.key, at)
        if load is not None:
            values = {reading.name: float(reading.value) for reading in cabinet_readings(load, 0.0, 1, at, 25.0)}
        else:
            values = {"power": 8.0 + 0.4 * len(street.posts), "voltage": supply, "power_factor": 0.5}
        values["power"] *= dice.uniform(0.99, 1.01)
        values["voltage"] *= factor
        if kind == "supplyLoss":
            values["voltage"], values["power"] = size, 0.0
        rows.append(Row(street.device.id, DeviceKind.CABINET, at, at, values))
        if dark:
            return rows
        for index, post in enumerate(street.posts):
            chance = dice.random()
            fault = next((fault for fault in post.faults if fault.holds(at)), None)
            if chance < 0.02 or (fault is not None and fault.kind == "communicationFailure"):
                continue  # the radio loses some
            voltage = (load.voltages[index] if load is not None else supply) * factor
            row = self._lamp_row(post, at - 3.0 * chance, at, voltage, fault)
            rows.append(row)
            if chance > 0.98:
                rows.append(row)  # sent twice
        if dice.random() < 0.01 and len(rows) > 2:
            rows[-1], rows[-2] = rows[-2], rows[-1]
        return rows

    def _follow(
        self, street: Street, post: LampPost, at: float, place: int, dark: bool, welded: bool, said: Said
    ) -> bool:
        """The lamp does what it is to do up to now; whether it burns."""
        lamp, fault = post.lamp, next((fault for fault in post.faults if fault.holds(at)), None)
        kind = fault.kind if fault is not None else ""
        burnt, year = lamp.burning / HOUR, (at - self.begin) / (365.0 * DAY)
        aged = 1.0
        if post.device.profile == "constant":
            aged = CONSTANT.new + (1.0 - CONSTANT.new) * min(1.0, burnt / CONSTANT.life)
        share = fault.size if fault is not None and kind in ("lampPowerTooLow", "lampPowerTooHigh") else 1.0
        lamp.rated = post.exact * aged * (1.0 + post.drift * year) * share
        lamp.fault = {"lampFailure": Fault.LED, "lampUnexpectedOn": Fault.STUCK}.get(kind, Fault.NONE)
        if lamp.powered is dark:
            lamp.advance(at)
            lamp.powered = not dark
            if not dark:
                lamp.switches += 1  # its power is back
        hand = next((hand for hand in post.hands if hand.begin <= at < hand.end), None) if post.hands else None
        slow = post.slow - (fault.size if fault is not None and kind == "clockError" else 0.0)
        if hand is not None or welded:
            if lamp.target != 100.0:
                lamp.drive(100.0, 0.0, at - 60.0)
                post.at = -2
                if hand is not None:
                    self._say(post, None, said)
        elif post.at != place or lamp.target != street.switches[place].level:
            switch = street.switches[place]
            since = switch.time + slow
            if at >= since and not dark:
                turned = lamp.target != switch.level
                if turned:
                    lamp.drive(switch.level, switch.ramp, max(lamp.time, since))
                if turned or self._levels.get(post.device.id) is None:
                    self._say(post, Level(switch.level, max(since, self.begin)), said)
                post.at = place
        lamp.advance(at)
        return lamp.target > 0.0 or lamp.fault is Fault.STUCK

    def _say(self, post: LampPost, level: Level | None, said: Said) -> None:
        self._levels[post.device.id] = level
        said.levels.append((post.device.id, level))

    def _lamp_row(self, post: LampPost, time: float, at: float, voltage: float, fault: Seeded | None) -> Row:
        lamp, dice = post.lamp, self._dice
        kind, size = (fault.kind, fault.size) if fault is not None else ("", 1.0)
        power, factor, starts, level = lamp.power_at(at), lamp.power_factor(at), lamp.switches, lamp.output(at)
        if kind == "cyclingFailure" and lamp.target > 0.0:
            assert fault is not None
            post.starts = max(post.starts, post.starts + int(STEP // size) + (dice.random() < STEP % size / size))
            if dice.random() < 0.15:  # just out
                power, factor, level = lamp.standby, 0.35, 0.0
        elif kind == "lampFailure":
            power = lamp.standby + size
        elif kind == "powerFactorTooLow":
            factor *= size
        elif kind == "clockError":
            time += size
        values = {
            "level": round(level, 1),
            "power": round(power * (1.0 + post.noisy * dice.uniform(-1.0, 1.0)), 2),
            "voltage": round(voltage, 1),
            "power_factor": round(factor * (1.0 + post.noisy * dice.uniform(-0.3, 0.3)), 3),
            "burn_time": round(lamp.burning / HOUR, 3),
            "switch_count": float(starts + post.starts),
        }
        return Row(post.device.id, DeviceKind.LIGHT, time, at, values)

    def _row(self, device: Device, at: float, values: dict[str, float]) -> Row:
        self._heard[device.id] = at
        self.rows += 1
        return Row(device.id, device.kind, at, at, values)

    def restart(self) -> None:
        """The hub is started again: it knows levels from its registry, but not since when."""
        self._levels = {id: level and Level(level.level, _BEGINNING) for id, level in self._levels.items()}

    # --- what the rules ask ------------------------------------------------------------------------------------------

    def device(self, device: str) -> Device | None:
        return self.known.get(device)

    def devices(self) -> Iterable[Device]:
        return self.known.values()

    def in_effect(self, device: str) -> Level | None:
        return self._levels.get(device)

    def asked(self, device: Device, at: float) -> float | None:
        if device.id in self._levels and self._levels[device.id] is None:
            return None
        switches = self.streets[device.address or ""].switches
        return switches[_in_force(switches, at)].level

    def sun(self, device: Device, at: float) -> float:
        if self._sun[0] != at:
            when = datetime.fromtimestamp(at, UTC)
            self._sun = at, float(astral.sun.elevation(self._place, when, with_refraction=False))
        return self._sun[1]

    def burnt(self, device: str) -> float | None:
        return None

    def curve(self, device: Device) -> Curve:
        return CONSTANT if device.profile == "constant" else PLAIN

    def cabinet(self, cabinet: str) -> CabinetReport | None:
        switches = self.streets[cabinet].switches
        on = switches[_in_force(switches, self.now)].level > 0
        return CabinetReport(cabinet, self.now, self.now, {"a": on}, {"a": on}, False, True, True)

    def lights(self, cabinet: str) -> Iterable[Device]:
        return [post.device for post in self.streets[cabinet].posts]

    def along(self, device: str) -> Iterable[Device]:
        return self.lights(device) if device in self.streets else ()

    def silence(self, device: Device, now: float) -> float | None:
        street = self.streets.get(device.address or device.id)
        if street is not None and street.left is not None:  # its will says so after the keep-alive
            return max(0.0, now - street.left - 90.0) if device.kind is DeviceKind.CABINET else None
        return max(0.0, now - self._heard[device.id] - (4 if device.kind is DeviceKind.LIGHT else 3) * STEP)

    def clock_error(self, device: str) -> float:
        known = self.clocks.wrong.get(device)
        return 0.0 if known is None else known.error

    def owner(self, device: str) -> str:
        known = self.known.get(device)
        return (known.address if known is not None else None) or device

    def parts(self) -> Mapping[tuple[str, str], float]:
        return {}


def _in_force(switches: list[Switch], at: float) -> int:
    return max(0, bisect_right(switches, (at, float("inf"), 0.0)) - 1)
