"""The order desk: people's orders become overrides and commands, durable before anybody is told "accepted"."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from hub.background import in_parts
from hub.control.arbiter import Arbiter
from hub.control.dispatch import Dispatcher
from hub.control.limits import Limits, Need
from hub.control.ordered import Ordered
from hub.control.rulings import Rulings, lost
from hub.control.running import Handed
from hub.control.turns import Urgency
from hub.control.watch import Watch
from hub.model.approvals import ApprovalState, Decision
from hub.model.audit import AuditEntry
from hub.model.commands import Command, Operation
from hub.model.devices import Device
from hub.model.ids import new_id
from hub.model.light import Cause, LightReport
from hub.model.overrides import Override
from hub.model.reports import ResultReport
from hub.ports import Clock
from hub.registry import IdempotencyKey, Registry, TargetChange
from hub.registry.city import City
from hub.registry.errors import KeyTaken

RECONCILER, PROGRAM = "reconciler", "program"  # who orders where no person does
SENSING = "sensing:"  # and the id of the sensor rule that orders
OWN = {RECONCILER: Urgency.RECONCILER, PROGRAM: Urgency.PROGRAM}


class NoLights(Exception):
    """An order that would touch no light."""


@dataclass(frozen=True, slots=True)
class OverrideRequest:
    """What somebody asks for: hold `level` (0-100 %) over zones (with everything beneath) and lights until `until`."""

    zones: tuple[str, ...]
    devices: tuple[str, ...]
    level: float
    until: float
    reason: str
    by: str
    ramp: float = 5.0
    cause: Cause = Cause.OVERRIDE
    approved_by: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An accepted order. `replayed`: it had been accepted before; `exempt`: the approvals that an emergency was excused from."""

    override: Override
    command: Command
    targets: int
    replayed: bool = False
    exempt: tuple[Need, ...] = ()


class OrderDesk:
    """Takes orders. Everything it accepted is carried out even if the hub is killed the moment after.

    `left_alone` says until when a light is left to whoever switched it on the spot, as far as nobody orders it.
    """

    def __init__(
        self, city: City, arbiter: Arbiter, registry: Registry, dispatcher: Dispatcher, clock: Clock, watch: Watch, *,
        deadline: float = 60.0,
        limits: Limits | None = None,
        left_alone: Callable[[Device, float], float | None] = lambda device, now: None,
    ) -> None:  # fmt: skip
        self._city, self._arbiter, self._registry = city, arbiter, registry
        self._dispatcher, self._clock, self._watch = dispatcher, clock, watch
        self._deadline, self._limits, self._left_alone = deadline, limits, left_alone
        self._ordered, self._rulings = Ordered(city), Rulings(city, arbiter)
        self._one_at_a_time = asyncio.Lock()  # so that the latest order is also the last to reach registry and lights

    async def load(self) -> None:
        """Take up the overrides that hold and running commands of the last run."""
        await self.take_up()
        if self._limits is not None:
            self._limits.load()
        for command, _ in await asyncio.to_thread(self._registry.orders.running):
            self._ordered.remember(command, self._clock.now())
        await self._dispatcher.resume(self._urgency)

    async def take_up(self) -> None:
        """Hold what the registry says that holds now: at the start, and when the clock was set, after which what seemed to be
        over may hold again. Raises RegistryUnavailable."""
        async with self._one_at_a_time:
            known = {each.id: each for each in self._arbiter.overrides()}
            for override in await asyncio.to_thread(self._registry.orders.take_up, self._clock.now()):
                if override != known.get(override.id):
                    self._arbiter.put(override)
                    self._ordered.keep(override.command, override.level, override.until)
                    self._watch.override(override)

    async def place(
        self, request: OverrideRequest, key: tuple[str, str] | None = None, approval: str | None = None
    ) -> Placed:
        """Accept an order; durable on return. `key`: (idempotency key, digest of the request); `approval`: the request
        that this approves, closed together with it.

        Raises NoLights, NeedsApproval, TooSoon, NotWaiting, and KeyTaken when the key was used for another request within
        24 hours.
        """
        if key is not None:
            known = await asyncio.to_thread(self._registry.orders.key, request.by, key[0], now=self._clock.now())
            if known is not None:
                return self._replay(known, key[1])
        async with self._one_at_a_time:
            return await self._accept(request, key, approval)

    async def _accept(self, request: OverrideRequest, key: tuple[str, str] | None, approval: str | None) -> Placed:
        lights = self._city.lights(request.zones, request.devices)
        if not lights:
            raise NoLights("there is no light to switch: name a zone that has lights, or lights in service")
        now = self._clock.now()
        if request.cause is Cause.SENSOR:
            lights = self._not_left_alone(lights, now)
        exempt: tuple[Need, ...] = ()
        flips: list[str] = []
        if self._limits is not None:
            flips = await self._limits.flips_of(request, lights, now)
            lights = [light for light in lights if light in self._city.devices]  # what was deleted meanwhile is no more
            exempt = self._limits.check(request, lights, now, approved=approval is not None, flips=flips)
        override_id = new_id("ovr")
        by = request.by if request.approved_by is None else f"{request.by} + {request.approved_by}"
        command = Command(
            new_id("cmd"), Operation.SET_LEVEL, now, by, self._expires(request.ramp, request.until),
            request.level, request.ramp, request.until, override_id,
        )  # fmt: skip
        override = Override(
            override_id, request.level, request.ramp, now, request.until, request.reason, by, command.id,
            request.zones, request.devices, request.cause,
        )  # fmt: skip
        placed = Placed(override, command, len(lights), exempt=exempt)
        stored = None
        if key is not None:
            stored = IdempotencyKey(request.by, key[0], key[1], msgspec.json.encode(placed).decode(), now)
        told = {
            "lights": len(lights),
            "command": command.id,
            "exempt": list(exempt),
            "approved_by": request.approved_by,
        }
        line = None
        if request.cause is not Cause.SENSOR:  # the audit is of people; what a rule orders follows from the rule
            line = AuditEntry(
                now, request.by, "order.placed", override_id, order_detail(request) | told | {"approval": approval}
            )
        decision = None
        if approval is not None:
            decision = Decision(approval, ApprovalState.APPROVED, request.approved_by or "", now, override_id)
        unruled = await self._rulings.not_ruled(override, lights)
        try:
            superseded = await asyncio.to_thread(
                self._registry.orders.place,
                command,
                lights,
                override=override,
                key=stored,
                decision=decision,
                audit=line,
                lost=unruled,
            )
        except KeyTaken as taken:
            if key is None:
                raise
            return self._replay(taken.stored, key[1])
        self._arbiter.put(override)
        if self._limits is not None:
            ruled = [light for light in flips if self._rulings.beside(light, override_id) is None]
            self._limits.flipped(ruled, now)
        self._watch.override(override)
        await self._carry_out(command, lights, superseded)
        return placed

    async def end(self, override_id: str, by: str) -> Placed | None:
        """End an override before its time: its lights resume what rules them next, those that another one rules
        anyway are left alone. None when there is none active; raises TooSoon."""
        async with self._one_at_a_time:
            return await self._end(override_id, by)

    async def _end(self, override_id: str, by: str) -> Placed | None:
        now = self._clock.now()
        held = next((each for each in self._arbiter.overrides() if each.id == override_id), None)
        flips = [] if held is None or self._limits is None else await self._limits.check_end(held, now)
        line = None if by.startswith(SENSING) else AuditEntry(now, by, "order.ended", override_id)
        ended = await asyncio.to_thread(self._registry.orders.end_override, override_id, now, by, line)
        if ended is None:
            return None
        if self._limits is not None:
            self._limits.flipped(flips, now)
        command = Command(new_id("cmd"), Operation.RESUME, now, by, self._expires(), override=ended.id)
        lights = await self._rulings.ruled(ended.id, self._city.lights(ended.zones, ended.devices), now)
        if by.startswith(SENSING):
            lights = self._not_left_alone(lights, now)
        self._arbiter.drop(ended)
        self._watch.override(ended)
        next_: dict[str | None, list[str]] = {None: []}
        for light in lights:
            next_.setdefault(self._rulings.winner(light, now), []).append(light)
        await self._give(command, next_[None])
        for id_, lights_ in next_.items():
            if id_ is not None:
                await self._hold(id_, lights_, by)
        return Placed(ended, command, len(next_[None]))

    async def sense(self, request: OverrideRequest, instead: str | None = None) -> Placed:
        """Place what a sensor rule asks for, in the place of its order of before: lights are told once. Raises NoLights."""
        async with self._one_at_a_time:
            if instead is not None:
                await self._retire(instead, request.by)
            return await self._accept(request, None, None)

    async def renew(self, request: OverrideRequest, instead: Sequence[str]) -> Placed:
        """Place what an incident asks for, and then let go of its orders of before: they stay when this raises as `place`."""
        async with self._one_at_a_time:
            placed = await self._accept(request, None, None)
            for each in instead:
                await self._retire(each, request.by)
        return placed

    async def _retire(self, override_id: str, by: str) -> None:
        ended = await asyncio.to_thread(self._registry.orders.end_override, override_id, self._clock.now(), by)
        if ended is not None:
            self._arbiter.drop(ended)
            self._watch.override(ended)

    async def hold(self, override_id: str, lights: Sequence[str], by: str) -> None:
        """Order lights again to what an active override says: they lost it. Those that something else rules by now,
        or that a command under way still waits for, are left alone."""
        async with self._one_at_a_time:
            await self._hold(override_id, self._idle(lights), by)

    async def resume(self, lights: Sequence[str], by: str) -> None:
        """Order lights back to their program, those excepted that an override rules by now or a command waits for."""
        async with self._one_at_a_time:
            now = self._clock.now()
            free = await self._rulings.ruled(None, self._idle(lights), now)
            if free:
                await self._give(Command(new_id("cmd"), Operation.RESUME, now, by, self._expires()), free)

    async def step(self, override_id: str | None, lights: Sequence[str], by: str, handed: Handed) -> None:
        """Take lights on to what rules them from now on, an override or (None) their program, in place of any order that
        still waits for them. `handed` is told each of them when the broker has its order."""
        async with self._one_at_a_time:
            if override_id is not None:
                await self._hold(override_id, lights, by, handed)
            elif free := await self._rulings.ruled(None, lights, now := self._clock.now()):
                await self._give(Command(new_id("cmd"), Operation.RESUME, now, by, self._expires()), free, handed)

    async def _hold(self, override_id: str, lights: Sequence[str], by: str, handed: Handed | None = None) -> None:
        now = self._clock.now()
        lights = await self._rulings.ruled(override_id, lights, now)
        override = next((each for each in self._arbiter.overrides() if each.id == override_id), None)
        if override is None or not lights:
            return
        command = Command(
            new_id("cmd"), Operation.SET_LEVEL, now, by, self._expires(until=override.until),
            override.level, 0.0, override.until, override.id,
        )  # fmt: skip
        await self._give(command, lights, handed)

    def _expires(self, ramp: float = 0.0, until: float | None = None) -> float:
        """When a command of now is given up: after the deadline, and never after the end of what it orders."""
        expires = self._clock.ahead(self._deadline + ramp / self._clock.rate)
        return expires if until is None else min(expires, until)

    def _idle(self, lights: Sequence[str]) -> list[str]:
        busy = self._dispatcher.busy()
        return [light for light in lights if light not in busy]

    def _not_left_alone(self, lights: Sequence[str], now: float) -> list[str]:
        """Without those that somebody switched on the spot: no sensor takes them from a technician."""
        return [light for light in lights if self._left_alone(self._city.devices[light], now) is None]

    async def _give(self, command: Command, lights: Sequence[str], handed: Handed | None = None) -> None:
        superseded = await asyncio.to_thread(self._registry.orders.place, command, lights)
        await self._carry_out(command, lights, superseded, handed)

    async def _carry_out(
        self,
        command: Command,
        lights: Sequence[str],
        superseded: Sequence[TargetChange],
        handed: Handed | None = None,
    ) -> None:
        self._ordered.remember(command, self._clock.now())
        self._dispatcher.observe(superseded)
        mine = list(lights)
        if command.operation is Operation.SET_LEVEL:
            mine = await self._rulings.ruled(command.override, lights, command.created)
            missed = [
                lost(command.id, each, command.created, self._rulings.beside(each, command.override))
                for each in set(lights).difference(mine)
            ]
            if missed:
                await asyncio.to_thread(self._registry.orders.mark, missed)
        self._dispatcher.begin(command, mine, self._urgency(command), handed)
        self._watch.command(command.id)
        async for part in in_parts(lights):
            self._watch.devices(part)

    def _urgency(self, command: Command) -> Urgency:
        override = next((each for each in self._arbiter.overrides() if each.id == command.override), None)
        if override is not None and override.cause is Cause.EMERGENCY:
            return Urgency.EMERGENCY
        if command.by.startswith(SENSING):
            return Urgency.PROGRAM
        return OWN.get(command.by, Urgency.PEOPLE)

    def _replay(self, known: IdempotencyKey, digest: str) -> Placed:
        if known.digest != digest:
            raise KeyTaken(known)
        return replace(msgspec.json.decode(known.response, type=Placed), replayed=True)

    # --- what a light's answer means --------------------------------------------------------------------------------

    def effects(self, lights: Sequence[LightReport], results: Sequence[ResultReport]) -> list[tuple[str, float]]:
        """(light, level) for every report that says what is in effect at the light now."""
        return self._ordered.effects(lights, results)

    def expire(self, now: float) -> list[Override]:
        """Drop the overrides whose end has come; returns them."""
        over = [override for override in self._arbiter.overrides() if override.over(now)]
        for override in over:
            self._arbiter.drop(override)
            self._watch.override(override)
            self._watch.devices(self._city.lights(override.zones, override.devices))
        return over

    def under_way(self, device: str) -> bool:
        """True while a command to this device has no final outcome."""
        return device in self._dispatcher.busy()


def order_detail(request: OverrideRequest) -> dict[str, Any]:
    """An order as the audit tells it; of many lights only how many."""
    devices: list[str] | int = list(request.devices) if len(request.devices) <= 20 else len(request.devices)
    return {
        "zones": list(request.zones), "devices": devices, "level": request.level, "until": request.until,
        "reason": request.reason, "cause": request.cause.value,
    }  # fmt: skip
