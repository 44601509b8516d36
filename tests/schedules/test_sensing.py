"""Photocells and raises over whole nights, by any readings: never below the program, never faster than they may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.calendar import every_night
from schedules.program import Program
from schedules.program_reader import parse_program
from schedules.sensed import Demand, Twilight, Value, an_hour
from schedules.sensing import MARGIN, Ask, Photocell, Raise, around, raised, raises, shifted
from schedules.sensing_reader import BadSensing, parse_sensing
from schedules.site import Site
from schedules.timeline import Span, timeline

SITE = Site(16.46, 107.59, "Asia/Ho_Chi_Minh")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def program(*steps: tuple[str, float], **more: object) -> Program:
    return parse_program({"id": "p", "steps": [{"at": at, "level": level} for at, level in steps], **more})


NIGHT = program(("18:00", 80), ("23:00", 40), ("05:00", 0))
NOON = datetime.fromisoformat("2026-11-21T12:00:00+07:00").timestamp()
ON, DIMMED, OFF = NOON + 6 * HOUR, NOON + 11 * HOUR, NOON + 17 * HOUR


@cache
def spans(of: Program = NIGHT, start: float = NOON - DAY, end: float = NOON + 3 * DAY) -> list[Span]:
    return list(timeline(every_night(of.id), {of.id: of}, SITE, start, end))


def photocell(**keys: object) -> Photocell:
    raw = {
        "id": "cell",
        "zone": "z",
        "kind": "photocell",
        "sensors": ["a"],
        "on_below": 30,
        "off_above": 60,
        "for": 120,
    }
    rule = parse_sensing(raw | keys)
    assert isinstance(rule, Photocell)
    return rule


def rain(**keys: object) -> Raise:
    raw = {"id": "rain", "zone": "z", "kind": "raise", "sensors": ["a"], "metric": "rain_rate", "above": 2, "level": 70}
    rule = parse_sensing(raw | {"hold": 900} | keys)
    assert isinstance(rule, Raise)
    return rule


def night(
    rule: Photocell, readings: Iterable[tuple[float, float]], start: float, end: float
) -> list[tuple[float, Ask | None]]:
    """What a photocell asks for minute by minute."""
    tracker, waiting, asks = Twilight(rule), list(readings), []
    time = start
    while time < end:
        while waiting and waiting[0][0] <= time:
            tracker.take("a", Value(*waiting.pop(0)))
        edge = around(spans(), rule, time)
        dark = tracker.judge(time)
        asks.append((time, shifted(edge, dark, tracker.decided(edge, time), time) if edge else None))
        time += MINUTE
    return asks


def told(asks: Sequence[tuple[float, Ask | None]], since: float) -> list[tuple[float, str | None, float]]:
    """The changes: minutes after `since`, the effect and the level."""
    found: list[tuple[float, str | None, float]] = []
    for time, ask in asks:
        now = (None, 0.0) if ask is None else (ask.effect, ask.level)
        if not found or found[-1][1:] != now:
            found.append(((time - since) / MINUTE, *now))
    return found


# --- photocells --------------------------------------------------------------------------------------------------------


def test_lights_go_on_early_when_it_stays_dark_and_the_clock_takes_over() -> None:
    readings = [(ON - HOUR, 500.0), (ON - 20 * MINUTE, 10.0)]
    asks = night(photocell(), readings, ON - HOUR, ON + HOUR)
    assert told(asks, ON) == [(-60, None, 0), (-18, "early-on", 80), (MARGIN / MINUTE, None, 0)]


def test_never_before_the_earliest_moment_however_dark_the_day_is() -> None:
    asks = night(photocell(earliest=15), [(ON - HOUR, 1.0)], ON - HOUR, ON + HOUR)
    assert told(asks, ON)[1] == (-15, "early-on", 80)


def test_lights_stay_dark_while_it_is_light_and_not_beyond_the_latest_moment() -> None:
    asks = night(photocell(), [(ON - HOUR, 500.0)], ON - HOUR, ON + HOUR)
    assert told(asks, ON) == [(-60, None, 0), (-MARGIN / MINUTE, "late-on", 0), (15, None, 0)]
    asks = night(photocell(), [(ON - HOUR, 500.0), (ON + 5 * MINUTE, 10.0)], ON - HOUR, ON + HOUR)
    assert told(asks, ON)[-1] == (7, None, 0)


def test_in_the_morning_it_is_the_other_way_round() -> None:
    asks = night(photocell(), [(OFF - HOUR, 1.0), (OFF - 10 * MINUTE, 100.0)], OFF - HOUR, OFF + HOUR)
    assert told(asks, OFF)[1:] == [(-8, "early-off", 0), (MARGIN / MINUTE, None, 0)]
    asks = night(photocell(), [(OFF - HOUR, 1.0)], OFF - HOUR, OFF + HOUR)
    assert told(asks, OFF)[1:] == [(-MARGIN / MINUTE, "late-off", 40), (15, None, 0)]


def test_a_car_and_a_cloud_switch_nothing() -> None:
    brief = [(ON - HOUR, 500.0), (ON - 20 * MINUTE, 10.0), (ON - 19 * MINUTE, 500.0)]
    assert told(night(photocell(latest=0), brief, ON - HOUR, ON + HOUR), ON) == [(-60, None, 0)]
    between = [(ON - HOUR, 10.0), (ON - 25 * MINUTE, 50.0)]
    assert told(night(photocell(), between, ON - HOUR, ON), ON)[-1] == (-30, "early-on", 80)


def test_the_median_leaves_a_lying_sensor_alone_and_the_dead_out() -> None:
    tracker = Twilight(photocell(sensors=["a", "b", "c"]))
    for sensor, lux in (("a", 9.0), ("b", 11.0), ("c", 90_000.0)):
        tracker.take(sensor, Value(0, lux))
    assert (tracker.value, tracker.judge(121)) == (11, True)
    tracker.forget(["a", "b"], 200)
    assert (tracker.value, tracker.judge(321)) == (90_000, False)
    tracker.forget(["c"], 400)
    assert (tracker.value, tracker.judge(600)) == (None, None)


@given(
    st.lists(st.tuples(st.integers(1, 200), st.floats(0.1, 1000)), min_size=1, max_size=60),
    st.integers(0, 600),
)
def test_a_photocell_never_changes_its_word_faster_than_it_may(steps: list[tuple[int, float]], delay: int) -> None:
    tracker, time = Twilight(photocell(**{"for": delay})), 0.0
    words: list[tuple[float, bool | None]] = []
    for wait, lux in steps:
        words += [(time + second, tracker.judge(time + second)) for second in range(0, wait, 5)]
        time += wait
        tracker.take("a", Value(time, lux))
    changes = [at for (_, one), (at, other) in pairwise(words) if one is not None and one != other]
    assert all(later - earlier >= delay - 5 for earlier, later in pairwise(changes))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(ON - 2 * HOUR, OFF + 2 * HOUR), st.floats(0, 1000)), max_size=30).map(sorted))
def test_a_photocell_shifts_the_clock_by_minutes_only(readings: list[tuple[float, float]]) -> None:
    rule = photocell()
    asks = night(rule, readings, ON - HOUR, ON + HOUR) + night(rule, readings, OFF - HOUR, OFF + HOUR)
    for time, ask in asks:
        if ask is not None:
            edge = ON if time < DIMMED else OFF
            assert edge - rule.earliest <= time < edge + max(rule.latest, MARGIN)
            assert ask.until <= edge + max(rule.latest, MARGIN)
    if not readings:
        assert not any(ask for _, ask in asks)


# --- raises ------------------------------------------------------------------------------------------------------------


def demand(rule: Raise, *readings: tuple[float, float]) -> Demand:
    found = Demand(rule)
    for time, value in readings:
        found.take("a", Value(time, value))
    return found


def test_rain_raises_for_the_hold_after_the_last_reading_that_asks() -> None:
    rule, now = rain(release=0.5), DIMMED + HOUR
    asked = demand(rule, (now, 5.0), (now + 300, 1.0), (now + 600, 0.4)).asked
    assert asked == now + 300  # 1.0 is under the threshold and not yet back at the release
    assert raised(rule, [spans()], asked, now + 600) == Ask(70, now + 1200, "raise")
    assert raised(rule, [spans()], asked, now + 1200) is None
    assert demand(rule, (now, 1.0)).asked is None


def test_fog_raises_below_its_threshold() -> None:
    rule = parse_sensing(
        {"id": "fog", "zone": "z", "kind": "raise", "sensors": ["a"], "metric": "visibility", "below": 200, "release": 400,
         "level": 100, "hold": 600}
    )  # fmt: skip
    assert isinstance(rule, Raise)
    assert demand(rule, (1, 150.0), (2, 300.0)).asked == 2
    assert demand(rule, (1, 150.0), (2, 400.0)).asked == 1


def test_nothing_is_raised_by_day_unless_it_is_wanted() -> None:
    day = NOON + HOUR
    assert raised(rain(), [spans()], day, day) is None
    assert raised(rain(by_day=True), [spans()], day, day) == Ask(70, day + 900, "raise")


def test_a_raise_ends_with_the_night_and_waits_where_the_program_is_brighter() -> None:
    asked = OFF - 300
    assert raised(rain(), [spans()], asked, asked) == Ask(70, OFF, "raise")
    assert raised(rain(), [spans()], ON + 60, ON + 60) is None  # the program has 80
    assert raised(rain(hold=7200), [spans()], DIMMED - 300, DIMMED) == Ask(70, DIMMED + 6900, "raise")


def test_lamps_that_are_skipped_are_raised_too() -> None:
    half = parse_program({"id": "p", "steps": [
        {"at": "18:00", "level": 100, "skip": {"off": 1, "of": 2}}, {"at": "05:00", "level": 0}]})  # fmt: skip
    assert raised(rain(), [spans(half)], DIMMED, DIMMED) == Ask(70, DIMMED + 900, "raise")
    assert raises(rain(), 0, lit=True) and not raises(rain(), 100, lit=True) and not raises(rain(), 0, lit=False)


def test_a_dead_sensor_asks_for_nothing() -> None:
    found = demand(rain(sensors=["a", "b"]), (100, 9.0))
    found.take("b", Value(50, 9.0))
    assert (found.asked, found.by) == (100, "a")
    found.forget(["a"])
    assert (found.asked, found.by) == (50, "b")


def test_counts_are_things_an_hour() -> None:
    assert an_hour(30, 1000, 400) == 180
    assert an_hour(30, 1000, None) is None


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(NOON, NOON + DAY), st.floats(0, 10)), max_size=40).map(sorted),
    st.sampled_from([NIGHT, program(("18:00", 100), ("05:00", 0)), program(("12:00", 30))]),
    st.integers(1, 100),
    st.booleans(),
)
def test_never_below_the_program_and_never_shorter_than_the_hold(
    readings: list[tuple[float, float]], of: Program, level: int, by_day: bool
) -> None:
    rule, whole = rain(level=level, by_day=by_day), spans(of)
    found, waiting, before = Demand(rule), list(readings), None
    time = NOON
    while time < NOON + DAY:
        while waiting and waiting[0][0] <= time:
            found.take("a", Value(*waiting.pop(0)))
        ask = raised(rule, [whole], found.asked, time)
        planned = next(span.level for span in whole if span.start <= time < span.end)
        has = max(planned, ask.level) if ask and raises(rule, planned, planned > 0) else planned
        assert has >= planned and (planned > 0 or by_day or has == 0)
        if ask is None:
            assert found.asked is None or time >= found.asked + rule.hold or has >= level or planned == 0
        else:
            assert has >= level and ask.until <= time + rule.hold
        if before is not None and ask is None:
            assert time >= min(before.until, found.asked + rule.hold if found.asked else time)
        before, time = ask, time + 10 * MINUTE
    if not readings:
        assert found.asked is None


# --- as written --------------------------------------------------------------------------------------------------------

CELL = {"id": "c", "zone": "z", "kind": "photocell", "sensors": ["a"], "on_below": 30, "off_above": 60}
WET = {
    "id": "r",
    "zone": "z",
    "kind": "raise",
    "sensors": ["a"],
    "metric": "rain_rate",
    "above": 2,
    "level": 70,
    "hold": 900,
}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"kind": "magic"}, "use 'photocell'"),
        (CELL | {"off_above": 30}, "use more than on_below = 30"),
        (CELL | {"earliest": 0, "latest": 0}, "minutes by which"),
        (CELL | {"for": 4000}, "from 0 to 1800"),
        (CELL | {"level": 5}, "unknown key 'level'"),
        (CELL | {"sensors": []}, "at least one item"),
        (CELL | {"sensors": ["a", "a"]}, "each once"),
        (CELL | {"sensors": [f"s-{n}" for n in range(21)]}, "at most 20"),
        (WET | {"below": 1}, "one of above and below"),
        ({key: value for key, value in WET.items() if key != "above"}, "one of above and below"),
        (WET | {"release": 3}, "at most above = 2"),
        (WET | {"hold": 10}, "from 60 to 86400"),
        (WET | {"level": 0}, "from 1 to 100"),
        (WET | {"by_day": "yes"}, "true or false"),
    ],
)
def test_a_bad_rule_is_refused_with_what_to_write_instead(raw: dict[str, object], says: str) -> None:
    with pytest.raises(BadSensing, match=says):
        parse_sensing(raw)
