"""What would fill the log is said seldom, and counted."""

from __future__ import annotations

from hub.logs import Seldom


def test_a_reason_is_said_once_a_minute_with_how_often_it_was_met() -> None:
    time = [1000.0]
    seldom = Seldom(60.0, lambda: time[0])
    assert (seldom.due("full", 5), seldom.due("full", 7), seldom.due("away")) == (5, 0, 1)
    time[0] += 59
    assert seldom.due("full") == 0
    time[0] += 1
    assert (seldom.due("away"), seldom.due("full", 2), seldom.due("full")) == (1, 10, 0)
    time[0] += 600
    assert seldom.due("full") == 2


def test_reasons_that_differ_every_time_count_as_one() -> None:
    time = [1000.0]
    seldom = Seldom(60.0, lambda: time[0])
    said = [seldom.due(f"row {n}") for n in range(1000)]
    assert said == [1] * (Seldom.MOST + 1) + [0] * (999 - Seldom.MOST)
    time[0] += 60
    assert seldom.due("row 0") == 1
    assert seldom.due("another") == 1, "there is room again"
