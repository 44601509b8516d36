"""Whatever people, retries, lost messages and crashes do: nothing reaches a controller but what was linted and approved by a
second person, just as it was, and no conflict monitor ever trips."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hub.model.commands import Operation
from hub.model.signals import OrderKind, PlanRecord, PlanState
from hub.signals import hold
from hub.signals.life import digest_of
from hub.signals.orders import Wish
from hub.signals.refusals import SignalRefusal
from schedules.signals import errors, lint, parse_plan_set, program_checksum
from tests.signals.house import House

ONE = "junction-01"
HUE = ZoneInfo("Asia/Ho_Chi_Minh")
PEOPLE = st.sampled_from(["an", "binh", "chi"])
PLACES = st.just(0) | st.just(0) | st.integers(0, 30)  # mostly the newest
OFTEN = st.sampled_from(["an", "binh"])
REACHED = (PlanState.DOWNLOADING, PlanState.DOWNLOADED, PlanState.ACTIVE, PlanState.SUPERSEDED)


class Junction(RuleBasedStateMachine):
    """One junction. `submitted`: each plan set's body when it was handed in; `linted`: errors by digest."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory()
        self.house = House(Path(self._folder.name))
        self.submitted: dict[str, Any] = {}
        self.linted: dict[str, int] = {}
        self.safe: set[str] = set()  # checksums of temporary programs that the linter passed
        self.wrote: dict[str, set[str]] = {}
        self._do(self.house.start())
        self._do(self.house.look())

    def teardown(self) -> None:
        self.house.stop()
        self.house.registry.close()
        self._loop.close()
        self._folder.cleanup()

    def _do(self, act: Awaitable[Any]) -> Any:
        return self._loop.run_until_complete(act)

    def _try(self, act: Awaitable[Any]) -> Any:
        try:
            return self._do(act)
        except SignalRefusal:
            return None

    def _records(self) -> list[PlanRecord]:
        return self.house.registry.signals.plans(ONE, limit=100)

    def _one(self, place: int) -> PlanRecord | None:
        records = self._records()
        return records[place % len(records)] if records else None

    def _step(self, place: int, act: Callable[[str], Awaitable[Any]]) -> Any:
        record = self._one(place)
        return None if record is None else self._try(act(record.id))

    def _body(self, offset: int, broken: str) -> dict[str, Any]:
        body = deepcopy(self.house.body())
        for program in body["programs"].values():
            program["offset"] = offset
        if broken == "conflict":
            body["programs"]["day"]["states"]["45"] = "GGGGrr"
        elif broken == "short":
            del body["programs"]["day"]["states"]["45"]
        return body

    # --- people --------------------------------------------------------------------------------------------------------

    @initialize()
    def begins(self) -> None:
        self.wrote[self._do(self.house.active())] = {"an"}

    @rule(who=PEOPLE, offset=st.integers(0, 20), broken=st.sampled_from(["", "", "conflict", "short"]))
    def writes(self, who: str, offset: int, broken: str) -> None:
        self._write(who, self._body(offset, broken))

    @rule(who=PEOPLE, place=PLACES, offset=st.integers(0, 20), broken=st.sampled_from(["", "conflict"]))
    def edits(self, who: str, place: int, offset: int, broken: str) -> None:
        record = self._one(place)
        if record is not None:
            self._edit(record.id, who, self._body(offset, broken))

    @rule(who=PEOPLE, place=PLACES)
    def submits(self, who: str, place: int) -> None:
        self._step(place, lambda id: self.house.room.plans.submit(id, who, "why"))

    @rule(who=PEOPLE, place=PLACES)
    def approves(self, who: str, place: int) -> None:
        self._step(place, lambda id: self.house.room.plans.approve(id, who, "why"))

    @rule(
        broken=st.sampled_from(["", "", "", "conflict"]), offset=st.integers(0, 20), writer=OFTEN, editor=st.none() | OFTEN,
        submitter=OFTEN, second=OFTEN | st.just("chi"),
    )  # fmt: skip
    def goes_the_whole_way(
        self, broken: str, offset: int, writer: str, editor: str | None, submitter: str, second: str
    ) -> None:
        """All steps at once, by whoever it may be, so that many plan sets come far."""
        plans = self.house.room.plans
        made = self._write(writer, self._body(offset, broken))
        if editor is not None:
            self._edit(made, editor, self._body(offset + 1, broken))
        self._try(plans.submit(made, submitter, "why"))
        self._try(plans.approve(made, second, "why"))
        self._try(plans.activate(made, writer, "why", None))

    def _write(self, who: str, body: dict[str, Any]) -> str:
        made: str = self._do(self.house.room.plans.add(ONE, body, who, "")).id
        self.wrote[made] = {who}
        return made

    def _edit(self, id: str, who: str, body: dict[str, Any]) -> None:
        if self._try(self.house.room.plans.edit(id, body, who, "")) is not None:
            self.wrote[id].add(who)

    @rule(who=PEOPLE, place=PLACES, what=st.sampled_from(["reject", "withdraw"]))
    def takes_back(self, who: str, place: int, what: str) -> None:
        self._step(place, lambda id: getattr(self.house.room.plans, what)(id, who, "why"))

    @rule(who=PEOPLE, place=PLACES, lasts=st.none() | st.integers(60, 2000))
    def activates(self, who: str, place: int, lasts: int | None) -> None:
        until = None if lasts is None else self.house.clock.now() + lasts
        self._step(place, lambda id: self.house.room.plans.activate(id, who, "why", until))

    @rule(who=PEOPLE, place=PLACES)
    def rolls_back(self, who: str, place: int) -> None:
        self._step(place, lambda id: self.house.room.plans.rollback(id, who, "why"))

    @rule(who=PEOPLE, program=st.sampled_from(["day", "evening", "night", "nothing"]), lasts=st.integers(30, 900))
    def selects(self, who: str, program: str, lasts: int) -> None:
        self._try(self.house.room.orders.select(ONE, program, self._wish(who, lasts)))

    @rule(who=PEOPLE, kind=st.sampled_from([OrderKind.FLASH, OrderKind.DARK]), lasts=st.integers(30, 900))
    def darkens(self, who: str, kind: OrderKind, lasts: int) -> None:
        self._try(self.house.room.orders.mode(ONE, kind, self._wish(who, lasts)))

    @rule(
        who=PEOPLE, stage=st.sampled_from(["1", "2"]), seconds=st.sampled_from([5, 20, 60, 120]), rests=st.booleans(),
        lasts=st.integers(100, 900),
    )  # fmt: skip
    def holds(self, who: str, stage: str, seconds: int, rests: bool, lasts: int) -> None:
        if rests:  # what was ordered last is carried out and over, so that the stage may be held
            self.house.deliver_all()
            self._do(self.house.seconds(900.0))
        found = self._try(self.house.room.orders.held(ONE, stage, seconds, self._wish(who, lasts)))
        if found is not None and not errors(lint(found[1].plan_set, HUE, year=2026)):
            self.safe.add(program_checksum(found[1].plan_set, hold.NAME))

    @rule(who=PEOPLE, leave=st.booleans())
    def gives_back(self, who: str, leave: bool) -> None:
        if leave:
            self._try(self.house.room.plans.leave(ONE, who, "why"))
        self._try(self.house.room.orders.local(ONE, who, "why", leave=leave))

    def _wish(self, who: str, lasts: int) -> Wish:
        return Wish(who, "why", self.house.clock.now() + lasts)

    # --- the world -----------------------------------------------------------------------------------------------------

    @rule(place=PLACES, keep=st.booleans())
    def a_message_arrives(self, place: int, keep: bool) -> None:
        if self.house.wire:
            self.house.deliver(place % len(self.house.wire), keep=keep)

    @rule()
    def all_messages_arrive(self) -> None:
        self.house.deliver_all()

    @rule(place=PLACES)
    def a_message_is_lost(self, place: int) -> None:
        if self.house.wire:
            self.house.wire.pop(place % len(self.house.wire))

    @rule(seconds=st.sampled_from([1.0, 7.0, 60.0, 130.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self._do(self.house.seconds(seconds))

    @rule(away=st.booleans())
    def the_line_goes_and_comes(self, away: bool) -> None:
        (self.house.lost.add if away else self.house.lost.discard)(ONE)

    @rule(mode=st.sampled_from([None, "manual", None]))
    def the_police_come_and_go(self, mode: str | None) -> None:
        if self.house.crossroads[ONE].controller.spot != mode:
            self.house.crossroads[ONE].controller.take(mode)

    @rule()
    def the_hub_is_killed(self) -> None:
        self.house.stop()
        self._do(self.house.start())
        self._do(self.house.look())

    # --- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def what_is_on_its_way_was_linted_and_approved_by_somebody_else(self) -> None:
        for record in self._records():
            if record.state in REACHED or record.approved is not None:
                assert record.approved_by not in (*self.wrote[record.id], record.submitted_by), record.id
                assert record.digest == record.approved_digest == digest_of(record.body), record.id
                assert self._errors(record) == 0, record.id
            if not record.state.editable:
                assert self.submitted.setdefault(record.id, record.body) == record.body, "it was edited"
        active = [each for each in self._records() if each.state is PlanState.ACTIVE]
        assert len(active) <= 1

    @invariant()
    def whatever_was_said_is_of_an_approved_plan_set_or_passed_the_linter(self) -> None:
        approved = {
            program_checksum(parse_plan_set(record.body), program)
            for record in self._records() if record.approved is not None for program in record.checksums
        }  # fmt: skip
        for command, junction in self.house.told:
            told = command.signals[junction]
            assert set(told) <= {"plan", "program", "checksum", "activate", "mode"}
            if command.operation is Operation.SIGNAL_PLAN:
                assert told["checksum"] in approved | self.safe
        self.house.told.clear()

    @invariant()
    def the_conflict_monitor_never_trips(self) -> None:
        assert self.house.crossroads[ONE].controller.fault is None

    def _errors(self, record: PlanRecord) -> int:
        if record.digest not in self.linted:
            self.linted[record.digest] = len(errors(lint(parse_plan_set(record.body), HUE, year=2026)))
        return self.linted[record.digest]


TestNoWayAround = Junction.TestCase
TestNoWayAround.settings = settings(
    max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
