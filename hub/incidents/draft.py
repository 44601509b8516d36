"""Changes to incidents that are not written yet, with their lines of the history, the audit and the messages. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hub.incidents import life
from hub.model.alarms import Alarm, Severity
from hub.model.audit import AuditEntry
from hub.model.incidents import PLAYBOOK, Incident, IncidentChanges, IncidentNote, Message, Why
from hub.model.signals import WaveTold


class Draft:
    """Over the incidents that run, by id."""

    def __init__(self, running: Mapping[str, Incident], now: float, set_by: float = 0.0) -> None:
        """`set_by`: seconds by which the clock was set since the incidents were as they are."""
        self._known, self.now, self.set_by = running, now, set_by
        self._changed: dict[str, Incident] = {}
        self._at: dict[tuple[str, str], str] = {}  # (playbook, device) -> id of the one that runs
        self._held: dict[str, dict[str, None]] = {}  # alarm -> ids of those that it holds
        self._counts: Counter[tuple[str, bool]] = Counter()  # (playbook, dry) -> how many run
        for each in running.values():
            self._enter(each)
        self._notes: list[IncidentNote] = []
        self._messages: list[Message] = []
        self.audit: list[AuditEntry] = []
        if set_by:
            for each in running.values():
                self.put(life.clock_set(each, set_by), "clock-set", text=f"{set_by:+.0f} s")

    @property
    def changed(self) -> bool:
        """Whether an incident changes."""
        return bool(self._changed)

    def get(self, id: str) -> Incident | None:
        """An incident as it will be."""
        return self._changed.get(id) or self._known.get(id)

    def running(self) -> Iterator[Incident]:
        """Those that will run, as they will be."""
        for id in {**self._known, **self._changed}:
            known = self.get(id)
            if known is not None and known.running:
                yield known

    def at(self, playbook: str, device: str) -> Incident | None:
        """The one of that playbook that runs at that device."""
        id = self._at.get((playbook, device))
        return None if id is None else self.get(id)

    def held(self, alarm: str) -> list[Incident]:
        """Those that an alarm holds."""
        return [known for id in self._held.get(alarm, ()) if (known := self.get(id)) is not None]

    def count(self, playbook: str, *, dry: bool) -> int:
        """How many of that playbook run."""
        return self._counts[playbook, dry]

    def _enter(self, incident: Incident, by: int = 1) -> None:
        if not incident.running:
            return
        self._counts[incident.playbook, incident.dry] += by
        if by > 0:
            self._at.setdefault((incident.playbook, incident.device), incident.id)
        elif self._at.get((incident.playbook, incident.device)) == incident.id:
            del self._at[incident.playbook, incident.device]
        for alarm in incident.holders:
            if by > 0:
                self._held.setdefault(alarm, {})[incident.id] = None
            else:
                self._held[alarm].pop(incident.id, None)

    def changes(self, cursor: int | None = None) -> IncidentChanges:
        """All of it, to be written."""
        return IncidentChanges(tuple(self._changed.values()), tuple(self._notes), tuple(self._messages), cursor)

    # --- what happens ------------------------------------------------------------------------------------------------

    def opened(self, incident: Incident) -> None:
        """A new one."""
        self.put(incident, "opened", text=incident.text)
        self._line(incident, "incident.opened", alarm=incident.type, point=incident.point, dry_run=incident.dry)
        self._begun(incident)

    def _begun(self, incident: Incident) -> None:
        if not incident.dry:
            for each in incident.tellings:
                self._message(incident, "opened", each.severity, each.text, each.to)
            self._refusal(incident, next(iter(incident.refusals), ""))

    def declared(self, incident: Incident) -> None:
        """A new one, by a person, with a reason."""
        who = incident.declared_by
        self.put(incident, "declared", who, incident.text)
        self._line(incident, "incident.declared", who, reason=incident.text, dry_run=incident.dry)
        self._begun(incident)

    def again(self, incident: Incident, what: str, text: str, who: str = "") -> None:
        """Something without an end of its own happened once more, or a person says so."""
        found = life.once(replace(incident, events=incident.events + 1), self.now)
        self.put(found, "extended", who, text)
        self._line(found, "incident.extended", who, alarm=what, reason=text)

    def joined(self, incident: Incident, alarm: Alarm) -> None:
        """Another alarm of its playbook, or the same anew."""
        found = life.joined(incident, alarm.id, self.now)
        if found is not incident:
            self.put(found, "extended", text=" ".join(filter(None, (alarm.key.type, alarm.key.point, alarm.text))))
            self._line(found, "incident.extended", alarm=alarm.key.type, point=alarm.key.point)

    def look(self, incident: Incident) -> None:
        """Its time may have come."""
        found = life.looked_at(incident, self.now)
        if found is incident:
            return
        self.put(found, "" if found.running else "ended", text=found.ended_why or "")
        if not found.running:
            self._over(found)

    def ended(self, incident: Incident, who: str, reason: str) -> None:
        """A person ends it. Raises NotPossible."""
        found = life.ended(incident, self.now, who, reason)
        self.put(found, "ended", who, reason)
        self._over(found, who)

    def ticked(self, incident: Incident, place: int, who: str, remark: str, *, done: bool) -> None:
        """A person did what was asked for, or takes that back. Raises NotPossible."""
        found = life.ticked(incident, place, self.now, who, remark, done=done)
        if found is not incident:
            text = ": ".join(filter(None, (found.tasks[place].text, remark)))
            self.put(found, "ticked" if done else "unticked", who, text)
            detail = {"item": place + 1, "text": found.tasks[place].text, "remark": remark}
            self.audit.append(
                AuditEntry(self.now, who, f"incident.{'ticked' if done else 'unticked'}", found.id, detail)
            )

    def said(self, incident: Incident, place: int, refused: str, text: str) -> None:
        """What came of ordering the lights at `place`: `text` says what, `refused` why not."""
        if refused == incident.refused[place] and refused:
            return
        before = incident.refused
        found = replace(incident, refused=(*before[:place], refused, *before[place + 1 :]))
        self.put(found, "refused" if refused else "lights", text=refused or text)
        self._refusal(found, refused)

    def waved(self, incident: Incident, place: int, told: WaveTold) -> None:
        """What came of the route at `place`: which junctions were asked, and which do not follow."""
        before = incident.waves[place]
        after = replace(before, asked=told.asked, refused=told.refused)
        found = replace(incident, waves=(*incident.waves[:place], after, *incident.waves[place + 1 :]))
        fresh = [each for each in told.asked if each not in before.asked]
        self.put(found, "route" if fresh else "", text=f"{before.route}: {', '.join(fresh)}")
        if told.refused and told.refused != before.refused:
            self.put(found, "refused", text=": ".join(filter(None, (told.refused, told.detail))))
            self._refusal(found, told.refused)

    def put(self, incident: Incident, what: str, who: str = "", text: str = "") -> None:
        """Keep one as it will be, with a line of its history."""
        before = self.get(incident.id)
        if before is not None:
            self._enter(before, -1)
        self._changed[incident.id] = incident
        self._enter(incident)
        if what:
            self._notes.append(IncidentNote(incident.id, self.now, what, who, text[:300]))

    # --- and who hears of it -----------------------------------------------------------------------------------------

    def _over(self, incident: Incident, who: str = "") -> None:
        why = incident.ended_why or Why.OVER
        self._line(incident, "incident.ended", who, why=why.value, reason=incident.reason)
        if incident.dry:
            return
        for each in incident.tellings:
            self._message(
                incident, "ended", each.severity, f"{incident.name}: {incident.device or 'hub'}: over", each.to
            )

    def _refusal(self, incident: Incident, refused: str) -> None:
        if not refused or incident.dry:
            return
        self._line(incident, "incident.refused", reason=refused)
        self._message(incident, "refused", Severity.HIGH.value, f"{incident.name}: {refused}", ())

    def _line(self, incident: Incident, what: str, who: str = "", **detail: Any) -> None:
        about = {"playbook": incident.playbook, "device": incident.device}
        self.audit.append(AuditEntry(self.now, who or PLAYBOOK + incident.playbook, what, incident.id, about | detail))

    def _message(self, incident: Incident, what: str, severity: str, text: str, to: tuple[str, ...]) -> None:
        told = Message(self.now, incident.id, incident.playbook, incident.device, what, severity, text, to)
        self._messages.append(told)
