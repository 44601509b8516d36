"""The table of the life cycle, and random lives of many alarms against what ISA-18.2 asks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.alarms.book import Book, Draft
from hub.alarms.lifecycle import REPEATS, TRANSITIONS, Refused, Stimulus, after
from hub.alarms.ruleset import RuleSet, parse_rule
from hub.model.alarms import Alarm, AlarmKey, AlarmSource, AlarmState

STATES = list(AlarmState)
WORDS = {"en": "x", "vi": "x"}
BODY = {"severity": "high", "text": WORDS, "response": WORDS}
RULES = RuleSet(
    [
        parse_rule("plain", {**BODY, "shelve_hours": 8}, "test"),
        parse_rule("latching", {**BODY, "latch": True, "shelve_hours": 0}, "test"),
    ]
)
KEYS = [AlarmKey("lamp-1", "plain"), AlarmKey("lamp-2", "plain", "a"), AlarmKey("panel", "latching")]
WHO = "lan"


def test_every_state_and_stimulus_is_a_transition_a_repeat_or_refused() -> None:
    for state, stimulus, latching in itertools.product(STATES, Stimulus, (False, True)):
        known = (state, stimulus) in TRANSITIONS
        assert not (known and (state, stimulus) in REPEATS)
        if known or (state, stimulus) in REPEATS:
            assert after(state, stimulus, latching=latching) in STATES
        else:
            assert stimulus is Stimulus.RESET
            with pytest.raises(Refused):
                after(state, stimulus, latching=latching)


def test_a_raised_state_is_left_by_a_clear_and_entered_by_a_raise_only() -> None:
    for state, stimulus, latching in itertools.product(STATES, Stimulus, (False, True)):
        try:
            next = after(state, stimulus, latching=latching)
        except Refused:
            continue
        if stimulus is Stimulus.RAISE:
            assert next.raised
        elif stimulus in (Stimulus.CLEAR, Stimulus.CLEAR_BENEATH):
            assert not next.raised
        else:
            assert next.raised is state.raised


def test_only_what_latches_is_ever_latched() -> None:
    assert {plain for plain, _ in TRANSITIONS.values()} == set(STATES) - {AlarmState.LATCHED}
    assert {latching for _, latching in TRANSITIONS.values()} == set(STATES)


class Lives(RuleBasedStateMachine):
    """Conditions begin and end, people act, the process is killed before or after writing, reports come twice or late, clocks
    jump. `holds`, `unseen` are what a person standing beside the lamp knows."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_700_000_000.0
        self.stored: dict[str, Alarm] = {}
        self.book = Book(RULES)
        self.holds: dict[AlarmKey, bool] = dict.fromkeys(KEYS, False)
        self.unseen: set[AlarmKey] = set()
        self.latched: set[AlarmKey] = set()
        self.last: dict[AlarmKey, tuple[bool, float]] = {}
        self.beneath: set[AlarmKey] = set()
        self.log: list[tuple[str, str]] = []

    def _write(self, draft: Draft, *, lost: bool = False) -> bool:
        changes = draft.changes()
        if lost:  # killed before it was written: a new process reads what there was
            self.book = Book(RULES, self.stored.values())
            return False
        self.stored |= {alarm.id: alarm for alarm in changes.alarms}
        self.log += [(note.alarm, note.what) for note in changes.notes]
        self.book.take(changes)
        return True

    keys = st.sampled_from(KEYS)

    @rule(key=keys, lost=st.booleans())
    def begins(self, key: AlarmKey, lost: bool) -> None:
        self.now += 1
        again = lost and not self._observe(key, True, self.now, lost=True)
        if again or not lost:
            self._observe(key, True, self.now)
        if not self.holds[key]:
            self.unseen.add(key)
        self.holds[key] = True
        self.last[key] = True, self.now

    @rule(key=keys, lost=st.booleans())
    def ends(self, key: AlarmKey, lost: bool) -> None:
        self.now += 1
        if lost:
            self._observe(key, False, self.now, lost=True)
        self._observe(key, False, self.now)
        if self.holds[key]:
            if key.type == "latching":
                self.latched.add(key)
            elif key in self.beneath:  # its cause speaks for it: nobody is asked to have seen it
                self.unseen.discard(key)
        self.holds[key] = False
        self.last[key] = False, self.now

    def _observe(self, key: AlarmKey, active: bool, at: float, *, lost: bool = False) -> bool:
        draft = Draft(self.book, self.now)
        if active:
            draft.began(key, AlarmSource.EVENT, at, self.now)
        else:
            draft.ended(key, AlarmSource.EVENT, at, self.now)
        return self._write(draft, lost=lost)

    @precondition(lambda self: self.last)
    @rule(data=st.data())
    def the_last_report_comes_again(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.last)))
        active, at = self.last[key]
        before = dict(self.stored)
        self._observe(key, active, at)
        assert {id: alarm.state for id, alarm in self.stored.items()} == {
            id: alarm.state for id, alarm in before.items()
        }

    @rule(key=keys)
    def acknowledges(self, key: AlarmKey) -> None:
        alarm = self.book.of(key)
        if alarm is None:
            return
        draft = Draft(self.book, self.now)
        assert draft.acknowledge(alarm, WHO) is (key in self.unseen)
        self._write(draft)
        self.unseen.discard(key)

    @rule(key=keys)
    def resets(self, key: AlarmKey) -> None:
        alarm = self.book.of(key)
        if alarm is None:
            return
        draft = Draft(self.book, self.now)
        try:
            draft.reset(alarm, WHO)
        except Refused:
            assert self.holds[key] or key in self.unseen
            return
        self._write(draft)
        assert not self.holds[key] and key not in self.unseen
        self.latched.discard(key)

    @rule(key=keys, hours=st.integers(-1, 10))
    def shelves(self, key: AlarmKey, hours: int) -> None:
        alarm = self.book.of(key)
        if alarm is None:
            return
        draft = Draft(self.book, self.now)
        try:
            draft.shelve(alarm, self.now + hours * 3600, WHO, "known")
        except Refused:
            assert key.type == "latching" or not 0 < hours <= 8
            return
        self._write(draft)
        assert key.type == "plain" and 0 < hours <= 8

    @rule(key=keys, out=st.booleans())
    def serves(self, key: AlarmKey, out: bool) -> None:
        alarm = self.book.of(key)
        if alarm is not None:
            draft = Draft(self.book, self.now)
            draft.out_of_service(alarm, WHO, "digging") if out else draft.in_service(alarm, WHO)
            self._write(draft)

    @rule(key=keys, stands=st.booleans())
    def a_cause_takes_it_along(self, key: AlarmKey, stands: bool) -> None:
        alarm = self.book.of(key)
        if alarm is None:
            return
        draft = Draft(self.book, self.now)
        draft.beneath(alarm, "the cause" if stands else None)
        self._write(draft)
        (self.beneath.add if stands else self.beneath.discard)(key)
        after = self.book.of(key)
        assert after is not None
        assert (after.state, after.shown) == (alarm.state, not stands and alarm.state is not AlarmState.NORMAL
                                              and not alarm.shelf and not alarm.service)  # fmt: skip

    @rule(seconds=st.integers(-100_000, 100_000))
    def the_clock_jumps(self, seconds: int) -> None:
        self.now += seconds + 0.123  # no two events of one kind at the very same time: the registry takes these for one
        draft = Draft(self.book, self.now)
        draft.lapse()
        self._write(draft)
        for alarm in self.stored.values():
            assert alarm.shelf is None or self.now < alarm.shelf.until <= self.now + 8 * 3600 + 1

    @rule()
    def restarts(self) -> None:
        self.book = Book(RULES, self.stored.values())

    @invariant()
    def no_alarm_is_lost_and_none_is_made_up(self) -> None:
        for key in KEYS:
            alarm = self.book.of(key)
            state = AlarmState.NORMAL if alarm is None else alarm.state
            assert state.raised is self.holds[key]
            assert (state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)) is (key in self.unseen)
            if state is AlarmState.LATCHED:
                assert key in self.latched
                assert key.type == "latching"
            elif state is AlarmState.NORMAL:
                assert key not in self.latched or self.holds[key]

    @invariant()
    def every_state_is_written(self) -> None:
        assert {alarm.key: alarm for alarm in self.stored.values()} == {
            alarm.key: alarm for alarm in self.book.alarms.values()
        }

    @invariant()
    def revisions_only_grow(self) -> None:
        revisions = [alarm.revision for alarm in self.stored.values()]
        assert len(set(revisions)) == len(revisions)
        assert self.book.revision >= max(revisions, default=0)


Lives.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_random_lives = Lives.TestCase


U, A, R, L, N = (
    AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED, AlarmState.LATCHED, AlarmState.NORMAL,
)  # fmt: skip
WALKS = [
    # what happens, and the states it leads through: plain, latching
    ("raise ack clear", [U, A, N], [U, A, L]),
    ("raise clear ack", [U, R, N], [U, R, L]),
    ("raise clear ack reset", [U, R, N, N], [U, R, L, N]),
    ("raise clear raise clear ack", [U, R, U, R, N], [U, R, U, R, L]),
    ("raise ack clear raise", [U, A, N, U], [U, A, L, U]),
    ("raise clear-beneath", [U, N], [U, R]),
    ("raise ack clear-beneath", [U, A, N], [U, A, L]),
    ("raise clear-beneath ack reset", [U, N, N, N], [U, R, L, N]),
    ("raise raise ack ack raise clear clear", [U, U, A, A, A, N, N], [U, U, A, A, A, L, L]),
]


@pytest.mark.parametrize(("walk", "plain", "latching"), WALKS, ids=[walk for walk, _, _ in WALKS])
def test_walks_through_isa_18_2(walk: str, plain: list[AlarmState], latching: list[AlarmState]) -> None:
    names = {"ack": Stimulus.ACKNOWLEDGE}
    for latches, states in ((False, plain), (True, latching)):
        state, found = AlarmState.NORMAL, []
        for word in walk.split():
            state = after(state, names.get(word) or Stimulus(word), latching=latches)
            found.append(state)
        assert found == states


def test_an_acknowledgement_bears_its_name_and_time() -> None:
    book, key = Book(RULES), AlarmKey("lamp-1", "plain")
    draft = Draft(book, 100.0)
    draft.began(key, AlarmSource.EVENT, 100.0, 100.0)
    book.take(draft.changes())
    draft = Draft(book, 160.0)
    draft.acknowledge(next(iter(book.alarms.values())), WHO, "on my way")
    book.take(draft.changes())
    alarm = book.of(key)
    assert alarm is not None
    assert (alarm.acknowledged, alarm.acknowledged_by) == (160.0, WHO)
    assert [(note.what, note.who, note.text) for note in draft.changes().notes] == [("acknowledged", WHO, "on my way")]


def test_what_began_again_before_a_late_end_still_stands() -> None:
    """An end from before the beginning is late news when it comes long after; from a clock just set back it is the end."""
    book, key = Book(RULES), AlarmKey("lamp-1", "plain")
    draft = Draft(book, 500.0)
    draft.began(key, AlarmSource.EVENT, 500.0, 500.0)
    draft.ended(key, AlarmSource.EVENT, 200.0, 500.0)
    assert draft.of(key).state is AlarmState.UNACKNOWLEDGED  # type: ignore[union-attr]
    draft.ended(key, AlarmSource.EVENT, 470.0, 480.0)
    assert draft.of(key).state is AlarmState.RETURNED  # type: ignore[union-attr]


def test_a_shelf_ends_when_its_time_has_come_and_never_lasts_longer_than_its_rule_allows() -> None:
    book, key = Book(RULES), AlarmKey("lamp-1", "plain")
    draft = Draft(book, 0.0)
    draft.began(key, AlarmSource.EVENT, 0.0, 0.0)
    with pytest.raises(Refused, match="8 hours at most"):
        draft.shelve(draft.of(key), 8 * 3600.0 + 2.0, WHO, "known")  # type: ignore[arg-type]
    draft.shelve(draft.of(key), 8 * 3600.0, WHO, "known")  # type: ignore[arg-type]
    book.take(draft.changes())
    for now, until in ((8 * 3600.0 - 1.0, 8 * 3600.0), (-86_400.0, -86_400.0 + 8 * 3600.0)):
        draft = Draft(book, now)
        draft.lapse()
        book.take(draft.changes())
        assert book.of(key).shelf.until == until  # type: ignore[union-attr]
    draft = Draft(book, -86_400.0 + 8 * 3600.0)
    draft.lapse()
    book.take(draft.changes())
    assert book.of(key).shelf is None  # type: ignore[union-attr]


def test_a_beginning_that_comes_again_after_its_end_is_no_second_one() -> None:
    book, key = Book(RULES), AlarmKey("lamp-1", "plain")
    for tell, at in ((Draft.began, 100.0), (Draft.ended, 200.0), (Draft.began, 100.0)):
        draft = Draft(book, 200.0)
        tell(draft, key, AlarmSource.EVENT, at, 200.0)
        book.take(draft.changes())
    alarm = book.of(key)
    assert alarm is not None
    assert (alarm.state, alarm.times, alarm.changed) == (AlarmState.RETURNED, 1, 200.0)


def test_each_alarm_of_a_batch_has_a_revision_of_its_own() -> None:
    book = Book(RULES)
    draft = Draft(book, 100.0)
    for key in KEYS:
        draft.began(key, AlarmSource.EVENT, 100.0, 100.0)
    book.take(draft.changes())
    assert sorted(alarm.revision for alarm in book.alarms.values()) == [1, 2, 3]
    assert book.revision == 3


def test_late_news_of_an_alarm_that_is_over_is_shown_once_and_not_as_standing() -> None:
    book, key = Book(RULES), AlarmKey("lamp-1", "plain")
    for active, at in ((True, 100.0), (False, 200.0)):
        draft = Draft(book, 200.0)
        (draft.began if active else draft.ended)(key, AlarmSource.EVENT, at, at)
        book.take(draft.changes())
    draft = Draft(book, 900.0)
    draft.acknowledge(book.alarms[next(iter(book.alarms))], WHO)
    draft.began(key, AlarmSource.EVENT, 150.0, 900.0)
    alarm = draft.of(key)
    assert alarm is not None
    assert (alarm.state, alarm.times) == (AlarmState.RETURNED, 2)


def test_a_fire_is_not_over_because_its_panels_clock_was_set_back() -> None:
    key, now = AlarmKey("panel-1", "fireAlarm", "1/23"), 1_790_000_000.0
    book = Book(RuleSet([parse_rule("fireAlarm", {**BODY, "class": "fire", "shelve_hours": 0}, "test")]))
    for active, at, received in ((True, now, now), (False, now + 1, now + 1), (True, now - 3_000, now + 300)):
        draft = Draft(book, received)
        (draft.began if active else draft.ended)(key, AlarmSource.EVENT, at, received)
        book.take(draft.changes())
    (alarm,) = book.alarms.values()
    assert (alarm.state, alarm.times) == (AlarmState.UNACKNOWLEDGED, 2)


def test_a_rule_ends_only_what_a_rule_began() -> None:
    book, key = Book(RULES), AlarmKey("lamp-1", "plain")
    draft = Draft(book, 10.0)
    draft.began(key, AlarmSource.EVENT, 10.0, 10.0)
    draft.ended(key, AlarmSource.RULE, 20.0, 20.0)
    assert draft.of(key) is not None and draft.of(key).state is AlarmState.UNACKNOWLEDGED  # type: ignore[union-attr]
    draft.ended(key, AlarmSource.EVENT, 30.0, 30.0)
    draft.began(key, AlarmSource.RULE, 40.0, 40.0)
    draft.began(key, AlarmSource.EVENT, 50.0, 50.0)  # the device says it too
    draft.ended(key, AlarmSource.RULE, 60.0, 60.0)
    assert draft.of(key).state is AlarmState.UNACKNOWLEDGED  # type: ignore[union-attr]
