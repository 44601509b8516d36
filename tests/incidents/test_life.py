"""No sequence of alarms, ends, clocks and people leaves an incident that never ends, ends twice, or forgets who holds it."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.incidents import life
from hub.model.incidents import Incident, Task, Why

ALARMS = st.sampled_from(["a", "b", "c"])
AFTER, MOST = 60.0, 600.0


def opened(now: float, alarm: str = "a", *, dry: bool = False) -> Incident:
    return Incident(
        "inc-1", "book", "Book", "dev", "fireAlarm", "", "", now, now + MOST, AFTER, now + MOST, dry, (alarm,),
        tasks=(Task("one"), Task("two")),
    )  # fmt: skip


class IncidentLife(RuleBasedStateMachine):
    """Beside it a model that knows only which alarms stand, when the last one ended, and the latest possible end."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000.0
        self.incident = opened(self.now)
        self.standing = {"a"}
        self.quiet: float | None = None
        self.longest = self.now + MOST
        self.over = False
        self.ticks: dict[int, str] = {}

    @rule(alarm=ALARMS)
    def begins(self, alarm: str) -> None:
        before = self.incident
        self.incident = life.joined(before, alarm, self.now)
        if self.over:
            assert self.incident is before
        else:
            self.standing.add(alarm)
            self.quiet = None

    @rule(alarm=ALARMS)
    def ends(self, alarm: str) -> None:
        before = self.incident
        self.incident = life.left(before, alarm, self.now)
        if self.over or alarm not in self.standing:
            assert self.incident is before
            return
        self.standing.discard(alarm)
        self.quiet = self.quiet if self.standing else self.now

    @rule(alarm=ALARMS)
    def begins_and_is_over(self, alarm: str) -> None:
        before = self.incident
        self.incident = life.passed(before, alarm, self.now)
        if self.over:
            assert self.incident is before
            return
        self.standing.discard(alarm)
        self.quiet = None if self.standing else self.now

    @rule()
    def happens_once_more(self) -> None:
        before = self.incident
        self.incident = life.once(before, self.now)
        if self.over:
            assert self.incident is before
        else:
            self.quiet = None if self.standing else self.now

    @precondition(lambda self: not self.over)
    @rule(seconds=st.floats(-100_000, 100_000))
    def the_hub_sees_that_its_clock_was_set(self, seconds: float) -> None:
        self.now += seconds
        self.longest += seconds
        self.quiet = None if self.quiet is None else self.quiet + seconds
        self.incident = life.clock_set(self.incident, seconds)

    @rule(seconds=st.floats(0, 400))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.look()

    @rule(seconds=st.floats(1, 100_000))
    def clock_is_set_back(self, seconds: float) -> None:
        self.now -= seconds
        self.look()

    @rule()
    def look(self) -> None:
        before = self.incident
        self.incident = life.looked_at(before, self.now)
        if self.over:
            assert self.incident is before
            return
        self.longest = min(self.longest, self.now + MOST) if self.now < before.opened else self.longest
        if self.quiet is not None:
            self.quiet = min(self.quiet, self.now)
        end = self.longest if self.quiet is None else min(self.longest, self.quiet + AFTER)
        self.over = self.now >= end
        assert self.incident.running is not self.over
        if self.over:
            assert self.incident.ended == self.now
            assert self.incident.ended_why is (Why.LONGEST if end >= self.longest else Why.OVER)

    @precondition(lambda self: not self.over)
    @rule()
    def a_person_ends_it(self) -> None:
        self.incident = life.ended(self.incident, self.now, "lan", "crew is there")
        self.over = True
        assert (self.incident.ended_by, self.incident.ended_why) == ("lan", Why.PERSON)

    @precondition(lambda self: self.over)
    @rule()
    def nobody_ends_it_twice(self) -> None:
        try:
            life.ended(self.incident, self.now, "lan", "again")
        except life.NotPossible:
            return
        raise AssertionError("it ended twice")

    @rule(place=st.integers(0, 1), done=st.booleans(), who=st.sampled_from(["lan", "minh"]))
    def is_ticked(self, place: int, done: bool, who: str) -> None:
        self.incident = life.ticked(self.incident, place, self.now, who, done=done)
        if not done:
            self.ticks.pop(place, None)
        else:
            self.ticks.setdefault(place, who)

    @invariant()
    def it_is_as_it_should_be(self) -> None:
        incident = self.incident
        assert incident.until <= incident.deadline <= self.longest
        assert {place: task.by for place, task in enumerate(incident.tasks) if task.done is not None} == self.ticks
        if not incident.running:
            assert incident.holders == ()
            return
        assert set(incident.holders) == self.standing
        assert len(incident.holders) == len(self.standing)
        if self.now >= incident.opened:
            assert incident.until <= self.now + MOST
        wanted = self.longest if self.standing else min(self.longest, (self.quiet or 0.0) + AFTER)
        assert incident.until == wanted


TestIncidentLife = IncidentLife.TestCase
TestIncidentLife.settings = settings(
    max_examples=150, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_what_is_asked_for_in_a_dry_run_cannot_be_done() -> None:
    for incident, place in ((opened(0.0, dry=True), 0), (opened(0.0), 2), (opened(0.0), -1)):
        try:
            life.ticked(incident, place, 1.0, "lan")
        except life.NotPossible as error:
            assert str(error)
        else:
            raise AssertionError("it was ticked")
