"""The incidents of the running hub: opened by alarms, brought to the lights, ended, and what people do to them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import structlog

from hub.alarms.ruleset import RuleSet
from hub.background import Background, Breath
from hub.clock import ClockWatch
from hub.control.desk import OrderDesk
from hub.incidents import life
from hub.incidents.draft import Draft
from hub.incidents.lighting import IncidentLights
from hub.incidents.planning import Planner
from hub.incidents.playbook import BadPlaybook, Playbook, parse_playbook
from hub.incidents.waves import IncidentWaves, Routes, WaveNews
from hub.model.alarms import Alarm, AlarmKey
from hub.model.audit import AuditEntry
from hub.model.devices import DeviceStatus
from hub.model.ids import new_id
from hub.model.incidents import Incident, Lighting
from hub.model.refusals import REFUSED
from hub.model.reports import EventReport
from hub.ports import Clock
from hub.registry import JournalRow, Registry, RegistryUnavailable, Written

log = structlog.get_logger("lamplighter.incidents")

LOOK_EVERY = 5.0
MOST_RUNNING = 100  # of one playbook: what comes beyond is recorded and does nothing
CROWDED = REFUSED.say("crowded", most=MOST_RUNNING)
OWN = "playbookRefused"  # the alarm of incidents themselves: one that it opened would keep it standing
_BEGAN = ("began", "released", "unshelved", "in-service")
_LINES = 500


class IncidentDesk:
    """Changed on the event loop only; one change at a time, written before it is seen. `tell` is told of what changed.

    Alarms are followed through their journal by a cursor that is written together with what comes of it. What lights are to
    do is compared with the overrides that hold, again and again, so that a kill at any point needs no special case.
    """

    def __init__(
        self,
        registry: Registry,
        planner: Planner,
        rules: RuleSet,
        orders: OrderDesk,
        lights: IncidentLights,
        routes: Routes,
        clock: Clock,
        tell: Callable[[Incident], None] = lambda incident: None,
        *,
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._registry, self.planner, self.rules, self._clock = registry, planner, rules, clock
        self.lights, self._orders, self._tell, self._look_every = lights, orders, tell, look_every
        self._playbooks: dict[str, Playbook] = {}
        self._written: dict[str, Written] = {}
        self._running: dict[str, Incident] = {}
        self._cursor = self._seen = 0
        self._watch, self._set_by = ClockWatch(clock), 0.0  # by how much the clock was set that incidents were not told
        self._turn, self._bringing = asyncio.Lock(), asyncio.Lock()
        self._news, self._look_at = asyncio.Event(), time.monotonic() + look_every
        self.unusable: dict[str, str] = {}
        self.playbooks: Mapping[str, Playbook] = MappingProxyType(self._playbooks)
        self.written: Mapping[str, Written] = MappingProxyType(self._written)
        self.running: Mapping[str, Incident] = MappingProxyType(self._running)
        self.waves = IncidentWaves(routes, self.running, clock, self._waved)
        self._task = Background("incidents", self._follow, expected=(RegistryUnavailable,))

    # --- its life ----------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Take up what ran, what happened since, and what it means for the lights. Raises RegistryUnavailable."""
        for written in await asyncio.to_thread(self._registry.plans.playbooks.all):
            try:
                self.put(written, parse_playbook(written.body, written.id))
            except BadPlaybook as error:
                self._written[written.id], self.unusable[written.id] = written, str(error)
                log.error("playbook cannot be used; nothing opens it", id=written.id, error=str(error))
        store = self._registry.incidents
        self._running.update({each.id: each for each in await asyncio.to_thread(store.running)})
        cursor = await asyncio.to_thread(store.cursor)
        self._cursor = await asyncio.to_thread(store.newest_line) if cursor is None else cursor
        seen = await asyncio.to_thread(store.seen)
        self._seen = await asyncio.to_thread(self._registry.events.newest) if seen is None else seen
        if cursor is None or seen is None:
            async with self._turn:
                await self._write(self._draft(), self._cursor, seen=self._seen)
        await self.look()

    def start(self) -> None:
        """Begin to follow alarms."""
        self._task.start()
        self.waves.start()

    async def stop(self) -> None:
        """End between two changes; what holds goes on to its end."""
        await self.waves.stop()
        await self._task.stop()

    def put(self, written: Written, playbook: Playbook) -> None:
        """Add a playbook, or replace the one of its id. Incidents that run go on as they were opened."""
        self.unusable.pop(written.id, None)
        self._written[written.id], self._playbooks[written.id] = written, playbook

    def drop(self, id: str) -> None:
        """Forget a playbook; what it opened goes on to its end."""
        self.unusable.pop(id, None)
        self._written.pop(id, None)
        self._playbooks.pop(id, None)

    def asking(self, route: str) -> list[str]:
        """Ids of the playbooks that ask for a route."""
        return [id for id, each in self._playbooks.items() if any(asked.route == route for asked in each.route)]

    # --- what alarms say ---------------------------------------------------------------------------------------------

    def news(self) -> None:
        """Alarms changed."""
        self._news.set()

    async def _follow(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._look_at - time.monotonic())):
                await self._news.wait()
        if self._news.is_set():
            self._news.clear()
            if await self.catch_up():
                await self.bring()
        if time.monotonic() >= self._look_at:
            await self.look()
            self._look_at = time.monotonic() + self._look_every

    async def catch_up(self) -> bool:
        """Deal with every line of the alarms' journal, and every event of a moment, that was not dealt with yet; whether an
        incident changed."""
        changed, breath = await self._moments(), Breath()
        while True:
            async with self._turn:
                rows = await asyncio.to_thread(self._registry.incidents.journal, self._cursor, _LINES)
                if not rows:
                    return changed
                draft = self._draft()
                for row in rows:
                    if breath.due():
                        await breath.take()
                    self._hear(draft, row)
                changed = draft.changed or changed
                await self._write(draft, cursor=rows[-1].id)

    def _hear(self, draft: Draft, row: JournalRow) -> None:
        alarm = row.alarm
        if row.what in _BEGAN and alarm is not None:
            if row.what != "began" and not alarm.state.raised:
                return
            for playbook in self._opened_by(alarm):
                self._begin(draft, playbook, alarm)
        elif row.what in ("ended", "looked-at-anew") or (alarm is None and row.what == "began"):
            self._leave(draft, row.alarm_id)

    def _opened_by(self, alarm: Alarm) -> list[Playbook]:
        """The playbooks that an alarm sets going. One beneath its cause, shelved, out of service, or of refused
        incidents sets none going."""
        if alarm.cause or alarm.shelf or alarm.service or alarm.key.type == OWN:
            return []
        rule, city = self.rules.of(alarm.key.type), self.planner.city
        zones = city.tree.path(city.zone_of(alarm.key.device))
        return [
            each for each in self._playbooks.values()
            if each.enabled and each.trigger.fits(alarm.key, rule.group, rule.severity, zones)
        ]  # fmt: skip

    def _begin(self, draft: Draft, playbook: Playbook, alarm: Alarm) -> None:
        known = draft.at(playbook.id or "", alarm.key.device)
        if known is not None:
            draft.joined(known, alarm)
        else:
            draft.opened(self._opened(draft, playbook, alarm.key, alarm.text, alarm.id))

    def _opened(self, draft: Draft, playbook: Playbook, key: AlarmKey, text: str, alarm: str | None) -> Incident:
        crowded = self._crowded(draft, playbook)
        done = playbook.model_copy(update={"light": (), "route": (), "mark": (), "notify": ()}) if crowded else playbook
        incident = self.planner.incident(done, key, text, alarm, draft.now, new_id("inc"))
        if crowded:
            lights = tuple(Lighting(each.level, each.ramp) for each in playbook.light)
            incident = replace(incident, lights=lights, refused=(CROWDED,) * max(1, len(lights)))
        return incident

    @staticmethod
    def _crowded(draft: Draft, playbook: Playbook) -> bool:
        return draft.count(playbook.id or "", dry=playbook.dry_run) >= MOST_RUNNING

    async def _moments(self) -> bool:
        """Deal with every event of a moment that was not dealt with yet; whether an incident changed."""
        changed = False
        while True:
            async with self._turn:
                found = await asyncio.to_thread(self._registry.incidents.moments, self._seen, _LINES)
                if found.events:
                    draft = self._draft()
                    for event in found.events:
                        self._happen(draft, event)
                    changed = draft.changed or changed
                    await self._write(draft, seen=found.reached)
                self._seen = found.reached
                if len(found.events) < _LINES:
                    return changed

    def _happen(self, draft: Draft, event: EventReport) -> None:
        """One that came when it would have been over sets nothing going."""
        device = self.planner.city.device(event.device)
        if device is None or device.status is DeviceStatus.RETIRED:
            return
        key, zones = AlarmKey(event.device, event.type, event.point), self.planner.city.tree.path(device.zone)
        for playbook in self._playbooks.values():
            named = key.type in playbook.trigger.types
            if not (playbook.enabled and named and playbook.trigger.reaches(key, zones)):
                continue
            if draft.now - event.time >= playbook.after_minutes * 60.0:
                continue
            known = draft.at(playbook.id or "", key.device)
            if known is not None:
                draft.again(known, key.type, event.text)
            else:
                draft.opened(life.once(self._opened(draft, playbook, key, event.text, None), draft.now))

    def _leave(self, draft: Draft, alarm: str) -> None:
        for incident in draft.held(alarm):
            draft.put(life.left(incident, alarm, draft.now), "event-ended")

    # --- time --------------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """One look at everything: news of alarms, alarms whose device was deleted, ends that have come, and the lights."""
        await self.catch_up()
        async with self._turn:
            draft = self._draft()
            holders = {alarm for each in draft.running() for alarm in each.holders}
            if holders:
                raised = await asyncio.to_thread(self._registry.incidents.raised, sorted(holders))
                for alarm in (holders - raised) | self._at_deleted(draft):
                    self._leave(draft, alarm)
            breath = Breath()
            for incident in list(draft.running()):
                if breath.due():
                    await breath.take()
                draft.look(incident)
            await self._write(draft)
        await self.bring()

    def _at_deleted(self, draft: Draft) -> set[str]:
        """The alarms that hold incidents at devices that are no more."""
        city = self.planner.city
        gone = [each for each in draft.running() if each.device and city.device(each.device) is None]
        return {alarm for each in gone for alarm in each.holders}

    async def bring(self) -> None:
        """Bring the lights to what the incidents ask for now; junctions are asked meanwhile."""
        self.waves.news()
        async with self._bringing:
            told = await self.lights.bring(list(self._running.values()), self._clock.now())
        if not told:
            return
        async with self._turn:
            draft = self._draft()
            for each in told:
                known = draft.get(each.incident)
                if known is not None:
                    draft.said(known, each.place, each.refused, each.text)
            await self._write(draft)

    async def _waved(self, news: Sequence[WaveNews]) -> None:
        async with self._turn:
            draft = self._draft()
            for each in news:
                if (known := draft.get(each.incident)) is not None:
                    draft.waved(known, each.place, each.told)
            await self._write(draft)

    @property
    def refusing(self) -> int:
        """How many running incidents have lights or routes that they could not order."""
        return sum(bool(each.refusals) and not each.dry for each in self._running.values())

    # --- what people do ----------------------------------------------------------------------------------------------

    async def declare(self, asked: Incident, playbook: Playbook, seconds: float | None) -> Incident:
        """Open the incident that the planner made of `playbook` for a person (`declared_by`, `text` is the reason), or extend the
        one that runs there. It lasts for `seconds`, else for the playbook's `after_minutes`. Raises NotPossible,
        RegistryUnavailable."""
        async with self._turn:
            draft = self._draft()
            after = asked.after if seconds is None else seconds
            known = draft.at(asked.playbook, asked.device)
            if known is not None:
                id = known.id
                longer = known if seconds is None else replace(known, after=seconds)
                draft.again(longer, "declared", asked.text, asked.declared_by)
            elif self._crowded(draft, playbook):
                raise life.NotPossible(CROWDED)
            else:
                id = new_id("inc")
                lasts = after or asked.deadline - asked.opened
                draft.declared(life.once(replace(asked, id=id, after=lasts), draft.now))
            await self._write(draft)
        await self.bring()
        return self._running[id]

    async def end(self, id: str, who: str, reason: str) -> Incident:
        """End an incident: its lights go back to what rules them next. Raises NotPossible, KeyError, RegistryUnavailable."""
        done = await self._act(id, lambda draft, known: draft.ended(known, who, reason))
        await self.bring()
        return done

    async def tick(self, id: str, place: int, who: str, remark: str, *, done: bool) -> Incident:
        """Say that what was asked for at `place` is done, or is not. Raises as `end` does."""
        return await self._act(id, lambda draft, known: draft.ticked(known, place, who, remark, done=done))

    async def _act(self, id: str, act: Callable[[Draft, Incident], Any]) -> Incident:
        async with self._turn:
            known = self._running.get(id) or await asyncio.to_thread(self._registry.incidents.get, id)
            if known is None:
                raise KeyError(id)
            draft = self._draft()
            act(draft, draft.get(id) or known)
            await self._write(draft)
            return draft.get(id) or known

    # --- writing -----------------------------------------------------------------------------------------------------

    def _draft(self) -> Draft:
        self._set_by += self._watch.set_by()
        return Draft(self._running, self._clock.now(), self._set_by)

    async def _write(
        self, draft: Draft, cursor: int | None = None, audit: Sequence[AuditEntry] = (), *, seen: int | None = None
    ) -> None:
        changes = draft.changes(cursor)._replace(seen=seen)
        if changes.empty:
            self._set_by -= draft.set_by
            return
        lines = [*draft.audit, *audit]
        await asyncio.shield(asyncio.to_thread(self._registry.incidents.apply, changes, lines))
        self._cursor, self._set_by = self._cursor if cursor is None else cursor, self._set_by - draft.set_by
        self._take(changes.incidents)

    def _take(self, incidents: Iterable[Incident]) -> None:
        for incident in incidents:
            if incident.running:
                self._running[incident.id] = incident
            else:
                self._running.pop(incident.id, None)
            self._tell(incident)
