"""What a simulated controller does is what docs/signals.md says that a controller must do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.junctions.runner import closing_sequence, start_sequence
from simulators.orders import Refused
from tests.simulators.junctions.crossroad import MONDAY, NOON, Crossroad


def test_it_starts_with_amber_then_red_then_its_program_in_step() -> None:
    crossroad = Crossroad()
    crossing = crossroad.controller.crossing
    crossroad.run(200)
    begins = min(second for second, letters in crossroad.shown.items() if "y" in letters)
    assert all(letters == "ooooOO" for second, letters in crossroad.shown.items() if second < begins)
    sequence = start_sequence(crossing, "GrrrGr")
    assert sequence == ["yyyyrr"] * 3 + ["rrrrrr"] * 18  # 18 m at 1.2 m/s, and 3 s more
    assert [crossroad.shown[begins + n] for n in range(len(sequence))] == sequence
    program = crossroad.controller.runner.shows.program
    assert program is not None and crossroad.runs == "own-day" and crossroad.in_step
    enters = begins + len(sequence)
    assert program.local(enters) == 0 and crossroad.shown[enters] == program.shown[0]


def test_red_amber_ends_the_start_sequence_of_who_moves_first() -> None:
    crossing = Crossroad().controller.crossing
    with_red_amber = replace(
        crossing, groups=tuple(replace(group, red_amber=0 if group.walks else 2) for group in crossing.groups)
    )
    assert start_sequence(with_red_amber, "GrrrGr")[-3:] == ["rrrrrr", "urrrrr", "urrrrr"]


def test_it_waits_for_the_switch_point_after_a_whole_cycle_of_the_program_that_runs() -> None:
    crossroad = Crossroad()
    crossroad.run(300)
    crossroad.store("p1", crossroad.program("evening", offset=crossroad.program("evening")["offset"]))
    crossroad.order("p1")
    left = 90 - crossroad.controller.runner.second
    crossroad.run(left - 1)
    assert crossroad.runs == "own-day"
    crossroad.run(1)
    assert crossroad.runs == "p1" and crossroad.controller.runner.second == 0 and crossroad.in_step
    crossroad.store("p2", crossroad.program("day"))
    crossroad.order("p2")
    crossroad.run(89)
    assert crossroad.runs == "p1"
    crossroad.run(1)
    assert crossroad.runs == "p2"


def test_a_later_selection_replaces_one_that_waits() -> None:
    crossroad = Crossroad()
    crossroad.run(300)
    for name in ("p1", "p2"):
        crossroad.store(name, crossroad.program("evening"))
        crossroad.order(name)
    crossroad.run(90)
    assert crossroad.runs == "p2"


@pytest.mark.parametrize(
    ("number", "apart", "cycles"),
    [(0, 30, 2), (0, 1, 1), (0, 89, 6), (1, 30, 2), (1, 84, 1), (1, 78, 2), (1, 85, 6), (2, 30, 2)],
)  # dwell: 15 s a cycle; shortway: 6 s back or 15 s on; add-only: 15 s
def test_it_comes_into_step_as_its_transition_says(number: int, apart: int, cycles: int) -> None:
    crossroad = Crossroad(number)
    crossroad.run(300)
    offset = (crossroad.program("day")["offset"] - 90 + apart) % 90
    crossroad.store("p1", crossroad.program("day", offset=offset))
    crossroad.order("p1")
    while crossroad.runs != "p1":
        crossroad.run(1)
    assert not crossroad.in_step
    zeros = 0
    while not crossroad.in_step:
        before = crossroad.controller.runner.second
        crossroad.run(1)
        zeros += crossroad.controller.runner.second < before
        assert zeros <= cycles
    assert zeros == cycles - 1 and crossroad.controller.runner.correction == 0
    crossroad.run(900)
    assert crossroad.in_step and crossroad.controller.fault is None


@pytest.mark.parametrize("set_at", [8, 15], ids=["while-it-stands", "when-it-is-in-step"])
def test_a_wait_is_used_once_a_cycle_also_when_the_clock_is_set(set_at: int) -> None:
    crossroad = Crossroad()  # dwell: the first wait lasts 15 s at most
    crossroad.run(300)
    program = crossroad.controller.runner.shows.program
    assert program is not None
    at, most = program.waits[0]
    crossroad.controller.set_clock(-most, crossroad.now)
    stood, longest = 0, 0
    for _ in range(4 * program.cycle):
        crossroad.run(1)
        stood = stood + 1 if crossroad.controller.runner.second == at else 0
        if longest < set_at == stood:
            crossroad.controller.set_clock(-2 * most, crossroad.now)
        longest = max(longest, stood)
    assert most <= longest <= 2 + most, "the second in which the clock is set may last one longer"
    assert crossroad.in_step and crossroad.controller.fault is None


def test_its_calendar_goes_on_at_its_hour_and_an_order_ends_at_until() -> None:
    crossroad = Crossroad(now=MONDAY)
    crossroad.run(600)
    assert crossroad.runs == "own-night"
    crossroad.run(1200 + 200)  # 05:30
    assert crossroad.runs == "own-day"
    crossroad.store("p1", crossroad.program("evening"))
    crossroad.order("p1", until=crossroad.now + 600)
    crossroad.run(200)
    assert (crossroad.runs, crossroad.controller.by) == ("p1", "order")
    crossroad.run(600)
    assert (crossroad.runs, crossroad.controller.by) == ("own-day", "calendar")
    crossroad.run(3600 + 200)  # 06:30
    assert crossroad.runs == "own-morning" and crossroad.controller.fault is None


@pytest.mark.parametrize("mode", ["flash", "dark"])
def test_flashing_and_dark_begin_at_a_switch_point_by_the_closing_sequence(mode: str) -> None:
    crossroad = Crossroad()
    crossing = crossroad.controller.crossing
    crossroad.run(300)
    crossroad.controller.rest("c-1", mode, crossroad.now + 900, crossroad.now)
    left = 90 - crossroad.controller.runner.second
    begins = int(crossroad.controller.clock.read(crossroad.now)) + left
    crossroad.run(200)
    sequence = closing_sequence(crossing, "GrrrGr")
    assert sequence[0] == "GrrrGr" and sequence[7:10] == ["yrrrfr"] * 3 and sequence[-18:] == ["rrrrrr"] * 18
    assert [crossroad.shown[begins + n] for n in range(len(sequence))] == sequence
    assert crossroad.controller.mode == mode
    assert crossroad.controller.letters == (crossing.flashing if mode == "flash" else crossing.dark)
    crossroad.run(900)
    assert crossroad.controller.mode == "plan" and crossroad.in_step and crossroad.controller.fault is None


def test_who_has_it_on_the_spot_decides_and_the_centre_is_refused() -> None:
    crossroad = Crossroad()
    crossroad.run(300)
    crossroad.store("p1", crossroad.program("evening"))
    crossroad.order("p1")
    crossroad.run(100)
    crossroad.controller.take("manual")
    assert (crossroad.controller.mode, crossroad.controller.by) == ("manual", "spot")
    for ask in (
        lambda: crossroad.order("p1"),
        lambda: crossroad.controller.rest("c", "flash", crossroad.now + 60, crossroad.now),
        crossroad.controller.let_go,
    ):
        with pytest.raises(Refused, match="on the spot"):
            ask()
    crossroad.controller.take(None)
    crossroad.run(200)
    assert (crossroad.controller.mode, crossroad.runs) == ("plan", "own-day")


def test_an_end_that_is_past_and_a_program_that_is_not_there_are_refused() -> None:
    crossroad = Crossroad()
    with pytest.raises(Refused, match="is past"):
        crossroad.order("own-day", until=crossroad.now - 1)
    with pytest.raises(Refused, match="no program 'p9' is stored: own-day"):
        crossroad.order("p9")


NAMES = ("own-night", "own-day", "own-morning", "p-late", "p-far")


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2),
    st.lists(
        st.tuples(st.sampled_from((*NAMES, "flash", "dark", "local")), st.integers(1, 400)), min_size=2, max_size=8
    ),
    st.floats(-30, 30),
)
def test_whatever_is_selected_and_whenever_the_conflict_monitor_never_trips(
    number: int, orders: list[tuple[str, int]], shift: float
) -> None:
    crossroad = Crossroad(number)
    crossroad.store("p-late", crossroad.program("evening", offset=61))
    crossroad.store("p-far", crossroad.program("day", offset=7))
    for place, (what, seconds) in enumerate(orders):
        if what == "local":
            crossroad.controller.let_go()
        elif what in ("flash", "dark"):
            crossroad.controller.rest("c", what, crossroad.now + 300, crossroad.now)
        else:
            crossroad.order(what, until=crossroad.now + 700)
        if place == 1:
            crossroad.controller.set_clock(shift, crossroad.now)
        crossroad.run(seconds)
    crossroad.run(2400)
    controller = crossroad.controller
    assert controller.fault is None and controller.mode == "plan" and crossroad.runs == "own-day" and crossroad.in_step


def test_whole_cycles_that_are_passed_over_change_nothing() -> None:
    one, other = Crossroad(1), Crossroad(1, watched=False)
    for seconds in (700, 3601, 86_400, 13, 7200):
        one.run(seconds)
        other.run(seconds)
        assert one.controller.letters == other.controller.letters
        assert (one.runs, one.controller.runner.second) == (other.runs, other.controller.runner.second)
    assert one.now > NOON
