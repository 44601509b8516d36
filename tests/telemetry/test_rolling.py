"""What to roll up and what to restate, as pure decisions."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hub.model.days import day_holding
from hub.ports import Span, Tier
from hub.telemetry.rolling import HOUR, QUARTER, STEP, Step, again, beginning, days_anew, first_whole, next_step

ZONES = st.sampled_from(
    ["Asia/Ho_Chi_Minh", "Europe/Berlin", "Asia/Kathmandu", "America/Havana", "Australia/Lord_Howe"]
)
TIMES = st.floats(1_300_000_000, 2_000_000_000)
DAY = 86400.0


def rolled(spans: Mapping[Tier, Span], settled: float, zone: ZoneInfo) -> tuple[dict[Tier, Span], list[Step]]:
    """All steps until nothing is due, and what the tiers hold then."""
    held, steps = dict(spans), []
    while (step := next_step(held, settled, zone)) is not None:
        steps.append(step)
        assert held[step.tier].end == step.span.start < step.span.end, "steps follow each other"
        held[step.tier] = Span(held[step.tier].start, step.span.end)
    return held, steps


@given(TIMES, st.floats(0, 12 * DAY), st.floats(0, 9 * DAY), ZONES)
def test_everything_that_has_ended_is_rolled_up_once_in_whole_intervals(
    now: float, age: float, late: float, name: str
) -> None:
    zone = ZoneInfo(name)
    spans = beginning(now - age, now, late / DAY, zone)
    assert spans[Tier.QUARTER].start <= min(now - age, now - late)
    held, steps = rolled(spans, now, zone)
    assert held[Tier.QUARTER].end <= now < held[Tier.QUARTER].end + QUARTER
    assert held[Tier.QUARTER].end < held[Tier.HOUR].end + HOUR
    assert held[Tier.HOUR].end <= held[Tier.QUARTER].end or held[Tier.HOUR].start == held[Tier.HOUR].end
    assert Span(*day_holding(held[Tier.DAY].end, zone)).end > held[Tier.QUARTER].end
    for tier, span in steps:
        length = {Tier.QUARTER: QUARTER, Tier.HOUR: HOUR}.get(tier)
        if length is None:
            assert day_holding(span.start, zone) == span
        else:
            assert span.start % length == span.end % length == 0 and span.end - span.start <= STEP


@given(TIMES, st.lists(st.integers(0, 240), max_size=30), ZONES)
def test_an_hour_is_restated_in_every_tier_that_holds_it_and_nowhere_else(
    now: float, back: list[int], name: str
) -> None:
    zone = ZoneInfo(name)
    spans, _ = rolled(beginning(None, now, 5, zone), now, zone)
    hours = {now // HOUR * HOUR - step * HOUR for step in back}
    steps = again(hours, spans, zone)
    assert [step.tier for step in steps] == sorted((step.tier for step in steps), key=list(Tier).index)
    for tier in Tier:
        done = [step.span for step in steps if step.tier is tier]
        assert all(spans[tier].start <= span.start < span.end <= spans[tier].end for span in done)
        quarters = {hour + n * QUARTER for hour in hours for n in range(4)}
        for quarter in quarters:
            holder = Span(*day_holding(quarter, zone)) if tier is Tier.DAY else Span(quarter, quarter + QUARTER)
            inside = spans[tier].start <= holder.start and holder.end <= spans[tier].end
            covered = sum(span.start <= quarter < span.end for span in done)
            assert covered == inside


@given(TIMES, ZONES, st.sampled_from(list(Tier)))
def test_what_is_left_of_a_tier_begins_with_a_whole_interval(time: float, name: str, tier: Tier) -> None:
    zone = ZoneInfo(name)
    first = first_whole(tier, time, zone)
    assert first >= time and first_whole(tier, first, zone) == first
    assert first - time < (25 * HOUR if tier is Tier.DAY else HOUR)


def test_days_of_another_time_zone_begin_where_quarters_hold_them_whole() -> None:
    spans = beginning(None, 1_763_750_000.0, 3, ZoneInfo("Asia/Ho_Chi_Minh"))
    berlin = ZoneInfo("Europe/Berlin")
    anew = days_anew(spans, berlin)
    assert anew.start == anew.end == day_holding(spans[Tier.QUARTER].start, berlin)[1]
