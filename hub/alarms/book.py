"""All alarms in memory, and a draft of what changes next: written down first, then taken over. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from hub.alarms.lifecycle import Refused, Stimulus, after
from hub.alarms.ruleset import RuleSet
from hub.model.alarms import Alarm, AlarmChanges, AlarmKey, AlarmNote, AlarmSource, AlarmState, Service, Shelf
from hub.model.fire import CONDITIONS
from hub.model.ids import new_id
from hub.model.panels import late

UNSEEN = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)
FRESH = 60.0  # seconds that a report may be old and still speak of now, whatever was said before with another clock


class Tally(NamedTuple):
    """What alarms are counted by."""

    type: str
    unseen: bool
    shown: bool
    suppressed: bool
    shelved: bool
    served: bool


def _tally(alarm: Alarm) -> Tally:
    return Tally(
        alarm.key.type, alarm.state in UNSEEN, alarm.shown, alarm.cause is not None, alarm.shelf is not None,
        alarm.service is not None,
    )  # fmt: skip


class Book:
    """Every alarm by its id and by its key. Changed by `take` only, with what is durable."""

    def __init__(self, rules: RuleSet, alarms: Iterable[Alarm] = ()) -> None:
        self.rules = rules
        self._alarms: dict[str, Alarm] = {}
        self._ids: dict[AlarmKey, str] = {}
        self._standing: dict[str, Alarm] = {}
        self._at: dict[str, set[str]] = {}
        self._beneath: dict[str, set[str]] = {}
        self._counts: Counter[Tally] = Counter()
        self.revision = 0
        self.alarms: Mapping[str, Alarm] = MappingProxyType(self._alarms)
        self.standing: Mapping[str, Alarm] = MappingProxyType(self._standing)
        self.counts: Mapping[Tally, int] = MappingProxyType(
            self._counts
        )  # kept as alarms change: a storm is not counted anew
        self.take(AlarmChanges(tuple(alarms)))

    def of(self, key: AlarmKey) -> Alarm | None:
        """The alarm of that key."""
        id = self._ids.get(key)
        return None if id is None else self._alarms[id]

    def at(self, device: str) -> Collection[str]:
        """The ids of the alarms of a device that are not idle."""
        return self._at.get(device, ())

    def beneath(self, cause: str) -> Collection[str]:
        """The ids of the alarms that stand beneath that one."""
        return self._beneath.get(cause, ())

    def take(self, changes: AlarmChanges) -> None:
        """Take over what was written."""
        for alarm in changes.alarms:
            self._unlink(alarm.id)
            self._alarms[alarm.id] = alarm
            self._ids[alarm.key] = alarm.id
            self.revision = max(self.revision, alarm.revision)
            if not alarm.idle:
                self._standing[alarm.id] = alarm
                self._counts[_tally(alarm)] += 1
                self._at.setdefault(alarm.key.device, set()).add(alarm.id)
                if alarm.cause is not None:
                    self._beneath.setdefault(alarm.cause, set()).add(alarm.id)
        for id in changes.gone:
            self._unlink(id)
            gone = self._alarms.pop(id, None)
            if gone is not None:
                self._ids.pop(gone.key, None)

    def _unlink(self, id: str) -> None:
        known = self._standing.pop(id, None)
        if known is None:
            return
        tally = _tally(known)
        self._counts[tally] -= 1
        if not self._counts[tally]:
            del self._counts[tally]
        for index, key in ((self._at, known.key.device), (self._beneath, known.cause)):
            if key is not None and key in index:
                index[key].discard(id)
                if not index[key]:
                    del index[key]


class Draft:
    """Changes to a book that are not written yet."""

    def __init__(self, book: Book, now: float) -> None:
        self._book, self.now = book, now
        self._revision = book.revision
        self._changed: dict[str, Alarm] = {}
        self._new: dict[AlarmKey, str] = {}
        self._new_at: dict[str, list[str]] = {}
        self._notes: list[AlarmNote] = []
        self._gone: list[str] = []
        self.dropped: list[AlarmKey] = []  # what a rule found and says no more, because its cause is over

    @property
    def touched(self) -> Iterable[Alarm]:
        """The alarms that change, as they will be."""
        return self._changed.values()

    def get(self, id: str) -> Alarm | None:
        """An alarm as it will be."""
        return self._changed.get(id) or self._book.alarms.get(id)

    def of(self, key: AlarmKey) -> Alarm | None:
        """The same, by its key."""
        id = self._new.get(key)
        if id is not None:
            return self._changed[id]
        known = self._book.of(key)
        return None if known is None else self._changed.get(known.id, known)

    def standing(self) -> Iterator[Alarm]:
        """Every alarm that will not be idle."""
        for id, alarm in self._book.standing.items():
            if id not in self._changed:
                yield alarm
        yield from [alarm for alarm in self._changed.values() if not alarm.idle]

    def at(self, device: str) -> Iterator[Alarm]:
        """The alarms of a device that are not idle, as they will be."""
        for id in {*self._book.at(device), *self._new_at.get(device, ())}:
            alarm = self.get(id)
            if alarm is not None:
                yield alarm

    def changes(self, cursor: int | None = None) -> AlarmChanges:
        """All of it, to be written."""
        return AlarmChanges(tuple(self._changed.values()), tuple(self._notes), tuple(self._gone), cursor)

    # --- what the process says ---------------------------------------------------------------------------------------

    def began(self, key: AlarmKey, source: AlarmSource, at: float, received: float, text: str = "") -> None:
        """The condition began at `at`. One that is known to have ended since was an alarm all the same: it has returned."""
        alarm = self.of(key)
        if alarm is None:
            alarm = Alarm(new_id("alarm"), key)
            self._new[key] = alarm.id
            self._new_at.setdefault(key.device, []).append(alarm.id)
        elif alarm.state.raised and alarm.source is AlarmSource.DELETED:  # another panel of that id: another fire
            self._move(replace(alarm, changed=at, told=self.now), Stimulus.CLEAR, "ended")
            alarm = self._changed[alarm.id]
        elif alarm.state.raised:
            if source is AlarmSource.EVENT and alarm.source is not source and at != alarm.began:
                self._put(
                    replace(alarm, source=source)
                )  # the device says it too: from now on it is its word that counts
            return
        elif at == alarm.began and alarm.times:
            return  # that very beginning was counted: it comes again after a restart
        else:
            self._new_at.setdefault(key.device, []).append(alarm.id)
        over = alarm.times > 0 and at < alarm.changed and received - at > FRESH
        if key.type in CONDITIONS:  # a fire is not over because its panel's clock was set back
            over = over and late(at, received, alarm.changed)
        changed = alarm.changed if over else at
        alarm = replace(
            alarm, source=source, began=at, changed=changed, told=self.now, times=alarm.times + 1, text=text[:300]
        )
        self._move(alarm, Stimulus.RAISE, "began", text=text[:300])
        if over:
            self._move(self._changed[alarm.id], Stimulus.CLEAR, "ended")

    def ended(self, key: AlarmKey, source: AlarmSource, at: float, received: float) -> None:
        """The condition ended at `at`. A rule ends only what a rule began; an end from before the beginning is late news."""
        alarm = self.of(key)
        if alarm is None or not alarm.state.raised or (source is AlarmSource.RULE and alarm.source is not source):
            return
        if at < alarm.began and (received - at > FRESH or alarm.source is AlarmSource.RULE):
            return
        stimulus = Stimulus.CLEAR_BENEATH if alarm.cause else Stimulus.CLEAR
        self._move(replace(alarm, changed=at, told=self.now), stimulus, "ended")

    def beneath(self, alarm: Alarm, cause: str | None) -> None:
        """It stands beneath that cause from now on, or beneath none."""
        if alarm.cause != cause:
            self._put(replace(alarm, cause=cause), "released" if cause is None else "suppressed", text=cause or "")

    def release(self, alarm: Alarm) -> None:
        """Its cause is over and it still stands. What a rule found while the cause stood is looked at anew; what the device
        says counts on."""
        if alarm.source is AlarmSource.RULE:
            self._move(
                replace(alarm, changed=self.now, told=self.now, cause=None), Stimulus.CLEAR_BENEATH, "looked-at-anew"
            )
            self.dropped.append(alarm.key)
        else:
            self.beneath(alarm, None)

    def alone(self, alarm: Alarm, source: AlarmSource) -> None:
        """Its panel was retired or deleted, or (EVENT) is there again: what stands does so until a person resets it, or the
        panel says that it is over."""
        if alarm.source is not source:
            self._put(replace(alarm, source=source), f"device-{source}" if source.silent else "device-back")

    def forget(self, alarm: Alarm) -> None:
        """Its device is no more."""
        self._changed.pop(alarm.id, None)
        self._gone.append(alarm.id)

    # --- what people do ----------------------------------------------------------------------------------------------

    def acknowledge(self, alarm: Alarm, who: str, comment: str = "") -> bool:
        """A person has seen it; False when there was nothing to see. Nobody is asked about what stands beneath it any more."""
        if alarm.state not in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED):
            return False
        self._move(
            replace(alarm, acknowledged=self.now, acknowledged_by=who),
            Stimulus.ACKNOWLEDGE,
            "acknowledged",
            who,
            comment,
        )
        if self._book.rules.of(alarm.key.type).explains:
            for id in list(self._book.beneath(alarm.id)):
                child = self.get(id)
                if child is not None and child.cause == alarm.id:
                    self.acknowledge(child, who, comment)
        return True

    def reset(self, alarm: Alarm, who: str, comment: str = "") -> bool:
        """A person lets go of what is latched, or of a fire whose panel was retired or deleted; Refused while it is not over
        or not seen."""
        if alarm.source.silent and alarm.state.raised:
            self._move(replace(alarm, changed=self.now, told=self.now), Stimulus.CLEAR, "ended", who, comment)
            self.acknowledge(self._changed[alarm.id], who, comment)
            return True
        if after(alarm.state, Stimulus.RESET, latching=False) is alarm.state:
            return False
        self._move(alarm, Stimulus.RESET, "reset", who, comment)
        return True

    def shelve(self, alarm: Alarm, until: float, who: str, reason: str) -> None:
        """Take it from the list until then; Refused when its rule does not allow that, or not for so long."""
        hours = self._book.rules.of(alarm.key.type).shelve_hours
        if hours <= 0:
            raise Refused(f"{alarm.key.type} cannot be shelved: acknowledge it, or take its device out of service")
        if until > self.now + hours * 3600.0 + 1.0:
            raise Refused(f"{alarm.key.type} can be shelved for {hours:g} hours at most: write an earlier end")
        if until <= self.now:
            raise Refused("the end has passed: write a later one")
        self._put(replace(alarm, shelf=Shelf(until, who, reason)), "shelved", who, reason)

    def unshelve(self, alarm: Alarm, who: str = "", reason: str = "") -> bool:
        """Put it back on the list; without `who` because its time is over."""
        if alarm.shelf is None:
            return False
        self._put(replace(alarm, shelf=None), "unshelved", who, reason)
        return True

    def out_of_service(self, alarm: Alarm, who: str, reason: str) -> bool:
        """Somebody works on it."""
        if alarm.service is not None:
            return False
        self._put(replace(alarm, service=Service(self.now, who, reason)), "out-of-service", who, reason)
        return True

    def in_service(self, alarm: Alarm, who: str, reason: str = "") -> bool:
        """It is to be believed again."""
        if alarm.service is None:
            return False
        self._put(replace(alarm, service=None), "in-service", who, reason)
        return True

    def comment(self, alarm: Alarm, who: str, text: str) -> None:
        """A person notes something."""
        self._put(alarm, "comment", who, text)

    def lapse(self) -> None:
        """Shelves whose end has come, and those that would last too long since the clock was set back."""
        for alarm in [each for each in self.standing() if each.shelf is not None]:
            assert alarm.shelf is not None
            longest = self.now + self._book.rules.of(alarm.key.type).shelve_hours * 3600.0
            if alarm.shelf.until <= self.now:
                self.unshelve(alarm)
            elif alarm.shelf.until > longest + 1.0:
                self._put(replace(alarm, shelf=alarm.shelf._replace(until=longest)))

    def _move(self, alarm: Alarm, stimulus: Stimulus, what: str, who: str = "", text: str = "") -> None:
        latching = self._book.rules.of(alarm.key.type).latch
        self._put(replace(alarm, state=after(alarm.state, stimulus, latching=latching)), what, who, text)

    def _put(self, alarm: Alarm, what: str = "", who: str = "", text: str = "") -> None:
        self._revision += 1
        self._changed[alarm.id] = replace(alarm, revision=self._revision)
        if what:
            self._notes.append(AlarmNote(alarm.id, self.now, what, who, text))
