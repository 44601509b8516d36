"""What every device with a connection of its own has in common: topics, configuration, reports at their times."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import structlog

from simulators.course import Kept
from simulators.mqtt.outbox import Message
from simulators.noise import stream, uniform
from simulators.orders import BadOrder, Order, parse_order
from simulators.plans import parse_kept
from simulators.program import BadProgram, Program, ProgramShelf
from simulators.senml import Sheet, packs
from simulators.weather import Weather

log = structlog.get_logger("lamplighter.simulators")

MOST_IN_ARRAY = 200
_ASSIGNMENTS = ("plan", "position", "child_plans")  # which of the plans is whose
_SHORTEST_REPORT = 1.0
_LONGEST_REPORT = 31 * 86_400.0


class Trouble(NamedTuple):
    """Something wrong, named as in TALQ; `device` is a child of a gateway or empty."""

    device: str
    type: str
    text: str

    def event(self, now: float, active: bool) -> dict[str, Any]:
        """The payload (contract: `up/event`)."""
        content: dict[str, Any] = {"t": round(now, 3), "type": self.type, "active": active, "text": self.text}
        if self.device:
            content["d"] = self.device
        return content


@dataclass(frozen=True, slots=True)
class Manners:
    """How all devices of a city behave. `report_every` holds until a device is configured otherwise."""

    seed: int
    built_in: Program
    shelf: ProgramShelf
    weather: Weather
    prefix: str = "ll"
    report_every: float = 900.0
    cbor: bool = False
    instant: bool = False
    lifetime: int = 300  # seconds that an LwM2M client is registered for


class Station(ABC):
    """One connection's device. `due` is when it next has to act: call `run` then.

    What it wants to say goes to `post`; `on_topics` is called when `topics()` changed, `on_reboot` when it was
    told to start anew.
    """

    def __init__(self, id: str, manners: Manners, now: float) -> None:
        self.id = id
        self.manners = manners
        self.key = stream(manners.seed, id)
        self.post: Callable[[Message], None] = lambda message: None
        self.on_topics: Callable[[], None] = lambda: None
        self.on_reboot: Callable[[], None] = lambda: None
        self.on_lost: Callable[[float], None] = lambda now: None  # told when its connection is gone
        self.groups: frozenset[str] = frozenset()
        self._holds: dict[str, Any] = {}
        self.report_every = manners.report_every
        self._next_report = self.due = now + settling(self.key)
        self._puzzled = False
        self._said: frozenset[Trouble] = frozenset()
        self._program_trouble: frozenset[Trouble] = frozenset()

    # --- what it says ---------------------------------------------------------------------------------------------

    def will(self) -> tuple[str, bytes]:
        """Topic and payload of its last will."""
        return self._up("presence"), b"offline"

    def greet(self, now: float) -> None:
        """Say that it is there, and everything that is retained: after every connect."""
        self._say("presence", b"online", retain=True)
        self._say_states(now)
        self.say_faults(now)
        self._act(now)

    def leave(self) -> None:
        """Say that it goes, before it closes its connection."""
        self._say("presence", b"offline", retain=True)

    def say_faults(self, now: float) -> None:
        """Say as events what went wrong and what is right again since this was last asked."""
        troubles = self._troubles() | self._program_trouble
        changes = [t.event(now, True) for t in sorted(troubles - self._said)]
        changes += [t.event(now, False) for t in sorted(self._said - troubles)]
        self._said = troubles
        self._say_many("event", changes)

    def topics(self) -> dict[str, int]:
        """Everything it listens to, and at which QoS: an order to a group is not worth keeping for who is away."""
        prefix = self.manners.prefix
        return {f"{prefix}/d/{self.id}/down/+": 1} | {f"{prefix}/g/{g}/down/command": 0 for g in self._listens_to()}

    def _up(self, channel: str) -> str:
        return f"{self.manners.prefix}/d/{self.id}/up/{channel}"

    def _say(self, channel: str, payload: bytes, retain: bool = False, bulk: bool = False) -> None:
        self.post(Message(self._up(channel), payload, retain, bulk))

    def _say_one(self, channel: str, content: Mapping[str, Any], retain: bool = False) -> None:
        self._say(channel, msgspec.json.encode(content), retain)

    def _say_many(self, channel: str, contents: Sequence[Mapping[str, Any]], retain: bool = False) -> None:
        """One by one when they are about the device itself, in arrays when about its children."""
        own = [content for content in contents if "d" not in content]
        children = [content for content in contents if "d" in content]
        for content in own:
            self._say_one(channel, content, retain)
        for start in range(0, len(children), MOST_IN_ARRAY):
            self._say(channel, msgspec.json.encode(children[start : start + MOST_IN_ARRAY]), retain)

    def _say_readings(self, sheets: Iterable[Sheet]) -> None:
        for pack in packs(sheets, self.manners.cbor):
            self._say("telemetry", pack, bulk=True)

    # --- what it hears --------------------------------------------------------------------------------------------

    def hear(self, topic: str, payload: bytes, now: float) -> None:
        """Take a message that came at `now`."""
        self.run(now)
        parts = topic.split("/")[self.manners.prefix.count("/") + 1 :]
        if len(parts) == 4 and parts[3] == "config":
            self._take_config(payload, now)
        elif len(parts) == 4 and parts[3] == "command":
            try:
                order = parse_order(payload)
            except BadOrder as error:
                if not self._puzzled:
                    self._puzzled = True
                    log.warning("no command, nor will others like it be told", device=self.id, reason=str(error))
                return
            self._obey(order, parts[1] if parts[0] == "g" else None, now)
        self._act(now)

    def _take_config(self, payload: bytes, now: float) -> None:
        try:
            config = msgspec.json.decode(payload) if payload else {}
            if not isinstance(config, dict):
                raise BadProgram("a configuration is an object")
            kept = parse_kept(config, self.manners.shelf)
        except (msgspec.DecodeError, BadProgram) as error:
            trouble = frozenset({Trouble("", "invalidProgram", str(error))})
            if trouble != self._program_trouble:
                log.warning("no configuration; the one before stays", device=self.id, reason=str(error))
            self._program_trouble = trouble
            self.say_faults(now)
            return
        self._program_trouble = frozenset()
        self._hold(config, kept)
        self.groups = names(config.get("groups"))
        every: Any = config.get("report_every")
        number = isinstance(every, int | float) and not isinstance(every, bool)
        if number and _SHORTEST_REPORT <= every <= _LONGEST_REPORT and every != self.report_every:
            self.report_every = float(every)
            self._plan_report(now)
        self._configure(config, kept, now)
        self.say_faults(now)
        self.on_topics()

    # --- what it does at its times --------------------------------------------------------------------------------

    def run(self, now: float) -> None:
        """Do all that is due by `now`, each at its own moment."""
        while self.due <= now:
            self._act(self.due)

    def wake_up(self, now: float) -> None:
        """Begin, or go on after a time without power in which nothing was measured: the first report comes soon."""
        self._next_report = self.due = now + settling(self.key)

    def _act(self, at: float) -> None:
        report = self._next_report <= at
        if report:
            self._plan_report(at)
        self.due = min(self._next_report, self._step(at, report))

    def _plan_report(self, now: float) -> None:
        """Reports keep to a raster of their own, so that a city does not report all at once."""
        every = self.report_every
        phase = uniform(self.key, 7) * every
        self._next_report = round((math.floor((now - phase) / every) + 1) * every + phase, 3)
        if self._next_report <= now:
            self._next_report += every
        self.due = min(self.due, self._next_report)

    def _listens_to(self) -> Collection[str]:
        return ()

    def holds(self) -> Mapping[str, Any]:
        """What it keeps over a loss of power, as a configuration says it: the program, the plans, and which lamp has which."""
        return self._holds

    def recall(self, config: Mapping[str, Any], now: float) -> None:
        """Take up what was kept over a loss of power; BadProgram when it cannot be carried out."""
        kept = parse_kept(config, self.manners.shelf)
        self._hold(config, kept)
        self._configure(config, kept, now)

    def _hold(self, config: Mapping[str, Any], kept: Kept) -> None:
        self._holds = {name: config[name] for name in _ASSIGNMENTS if name in config}
        if kept.program is not None:
            self._holds["program"] = config["program"]
        if kept.plans:
            self._holds["plans"] = {
                name: plan.wire for name, plan in kept.plans.items()
            }  # shared with all that hold it

    @abstractmethod
    def _configure(self, config: Mapping[str, Any], kept: Kept, now: float) -> None:
        """Take what the configuration says beyond groups and report_every."""

    @abstractmethod
    def _obey(self, order: Order, group: str | None, now: float) -> None:
        """Carry out a command to a group or to itself, and say the results."""

    @abstractmethod
    def _say_states(self, now: float) -> None:
        """Say the whole state, retained."""

    @abstractmethod
    def _troubles(self) -> frozenset[Trouble]:
        """Everything that is wrong."""

    @abstractmethod
    def _step(self, at: float, report: bool) -> float:
        """Do what is due at `at`, with all readings if `report`; returns when it is to be called again."""


def settling(key: int) -> float:
    """Seconds between a change and the reading after it: long enough to be steady, different for everybody."""
    return round(5.0 + 25.0 * uniform(key, 8), 3)


def names(value: Any) -> frozenset[str]:
    """The strings of a list; anything else is left out."""
    return frozenset(v for v in value if isinstance(v, str)) if isinstance(value, list) else frozenset()
