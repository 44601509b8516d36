from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.model.commands import Operation, Outcome
from hub.registry import Registry, TargetChange
from hub.registry.targets import settled
from tests.registry.examples import NOW, add_lamps, command, result, state

LAMPS = ["a", "b"]
numbers = st.integers(0, 1)  # of commands, counted back from the newest
lamps = st.sampled_from(LAMPS)
some = st.lists(lamps, min_size=1, max_size=2)
outcome = st.sampled_from(Outcome)
answers = st.sampled_from([Outcome.APPLIED, Outcome.REJECTED, Outcome.FAILED])
details = st.sampled_from(["", "x", "y"])
steps = st.one_of(
    st.tuples(st.just("place"), st.sampled_from([Operation.SET_LEVEL, Operation.RESUME, Operation.IDENTIFY]), some),
    st.tuples(st.just("mark"), st.lists(st.tuples(numbers, lamps, outcome, details), max_size=5)),
    st.tuples(st.just("sent"), numbers, st.none() | some),
    st.tuples(
        st.just("record"),
        st.lists(st.tuples(lamps, numbers), max_size=4),
        st.lists(st.tuples(lamps, numbers, answers, details), max_size=4),
    ),
)


@pytest.fixture
def ids() -> Iterator[str]:
    return (f"c{number}" for number in itertools.count())


def snapshot(registry: Registry, commands: list[str]) -> dict[tuple[str, str], tuple[Outcome, str, float]]:
    return {
        (id, target.device): (target.outcome, target.detail, target.updated)
        for id in commands
        for target in registry.orders.targets(id)
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(steps, min_size=4, max_size=14))
def test_a_final_outcome_never_changes(
    registry: Registry, ids: Iterator[str], script: list[tuple[object, ...]]
) -> None:
    placed: list[str] = []
    own = next(ids)  # lamps of this example alone
    add_lamps(registry, *(f"{lamp}-{own}" for lamp in LAMPS))

    def lamp(letter: str) -> str:
        return f"{letter}-{own}"

    def nth(number: int) -> str:
        return placed[-1 - number] if number < len(placed) else "unknown"

    for moment, step in enumerate(script):
        before = snapshot(registry, placed)
        now = NOW + moment
        told: list[TargetChange] = []
        match step:
            case ("place", Operation() as operation, list() as devices):
                placed.append(next(ids))
                told = registry.orders.place(command(placed[-1], now, operation), [lamp(d) for d in devices])
            case ("mark", list() as changes):
                told = registry.orders.mark([TargetChange(nth(n), lamp(d), o, text, now) for n, d, o, text in changes])
            case ("sent", int() as number, list() | None as devices):
                registry.orders.mark_sent(nth(number), None if devices is None else [lamp(d) for d in devices], now)
            case ("record", list() as lights, list() as results):
                told = registry.reports.record(
                    lights=[state(lamp(d), 60, now, nth(n)) for d, n in lights],
                    results=[result(lamp(d), nth(n), o, text) for d, n, o, text in results],
                ).changed
        after = snapshot(registry, placed)
        for target, (was, *rest) in before.items():
            if was.final:
                assert after[target] == (was, *rest)
        for change in told:
            assert after[change.command, change.device][0] is change.outcome
            assert before[change.command, change.device][:2] != (change.outcome, change.detail)


@given(st.lists(st.builds(TargetChange, st.sampled_from("xy"), lamps, outcome, details), max_size=12))
def test_of_many_changes_at_once_the_first_final_one_counts(changes: list[TargetChange]) -> None:
    chosen = {(change.command, change.device): change for change in settled(changes)}
    for target in {(change.command, change.device) for change in changes}:
        mine = [change for change in changes if (change.command, change.device) == target]
        finals = [change for change in mine if change.outcome.final]
        assert chosen.pop(target) == (finals[0] if finals else mine[-1])
    assert not chosen
