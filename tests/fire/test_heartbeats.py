"""Who is heard, who is asked, who is lost, and whose clock is wrong."""

from __future__ import annotations

import pytest

from hub.fire.heartbeats import Heartbeats
from hub.model.fire import PanelReport

EVERY, LOST = 60.0, 180.0


@pytest.fixture
def beats() -> Heartbeats:
    found = Heartbeats(EVERY, 3, 5.0)
    found.look(["p"], 0.0)
    return found


def report(error: float | None = 0.0, *, complete: bool = True) -> PanelReport:
    return PanelReport("p", 1000.0, 1000.0, complete=complete, clock_error=error)


def test_a_panel_is_asked_after_a_heartbeat_and_lost_after_three(beats: Heartbeats) -> None:
    assert beats.look(["p"], EVERY - 1) == ([], [])
    assert beats.look(["p"], EVERY) == ([], ["p"])
    assert beats.look(["p"], EVERY + 1) == ([], [])
    assert beats.look(["p"], LOST) == (["p"], ["p"])
    assert beats.look(["p"], LOST + 1) == ([], [])
    assert beats.lost == 1


def test_only_a_whole_state_ends_the_silence(beats: Heartbeats) -> None:
    beats.look(["p"], LOST)
    assert beats.hear("p", LOST + 20)  # it says something: ask for the whole state at once
    assert not beats.hear("p", LOST + 21)  # but not with every word
    assert beats.lost == 1
    assert not beats.report(report(complete=False), LOST + 22).found
    assert beats.report(report(), LOST + 23).found
    assert beats.lost == 0
    assert beats.look(["p"], LOST + 23 + EVERY - 1) == ([], [])


def test_what_was_lost_before_a_restart_is_lost_after_it() -> None:
    beats = Heartbeats(EVERY, 3, 5.0)
    beats.was_lost("p", 0.0)
    assert beats.look(["p"], LOST) == ([], ["p"])
    assert beats.report(report(), LOST + 1).found


def test_a_panel_that_is_no_more_is_forgotten(beats: Heartbeats) -> None:
    beats.look(["p"], LOST)
    beats.look([], LOST)
    assert beats.lost == 0 and beats.known("p") is None


@pytest.mark.parametrize(
    ("errors", "turns"),
    [
        ([0.1, 5.1, 0.0], [None, True, False]),  # ahead is certain at once
        ([-7.0, -7.0], [None, None]),  # one late state or two say nothing: it may have been retained
        ([-7.0, -7.2, -7.1, -0.1], [None, None, True, False]),
        ([-400.0, -0.1, -0.2], [None, None, None]),
        ([None, None], [None, None]),
    ],
)
def test_a_clock_is_wrong_when_that_is_certain(errors: list[float | None], turns: list[bool | None]) -> None:
    beats = Heartbeats(EVERY, 3, 5.0)
    assert [beats.report(report(error), n * EVERY).clock for n, error in enumerate(errors)] == turns


def test_a_burst_that_was_held_up_says_nothing_of_the_clock(beats: Heartbeats) -> None:
    assert [beats.report(report(-8.0), n / 10).clock for n in range(100)] == [None] * 100
    assert beats.report(report(-0.1), EVERY).clock is None
