"""InfluxStore and MemoryStore answer alike, from readings and from tiers, where no reading comes twice with two values."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Span, Tier
from hub.store import MemoryStore
from tests.servers.influxd import Influxd
from tests.store.conftest import on_influxd
from tests.store.rows import MONDAY, row
from tests.store.test_against_memory import asked

DAY = 86_400.0
KINDS = (DeviceKind.LIGHT, DeviceKind.METER)
METRICS = ("power", "energy", "traffic_count", "temperature")
times = st.builds(
    lambda day, part: MONDAY + day * DAY + part,
    st.integers(-2, 3),
    st.sampled_from([0, 0.5, 1, 899, 900, 3600, 50_000]),
)
held = st.dictionaries(st.sampled_from(METRICS), st.sampled_from([-3.0, 0.0, 0.1, 1.0, 7.5, 1e6]), min_size=1)
batches = st.dictionaries(st.tuples(st.sampled_from(KINDS), st.integers(0, 3), times), held, max_size=30)
spans = st.builds(
    lambda a, b: Span(MONDAY + min(a, b) * DAY, MONDAY + max(a, b) * DAY), st.integers(-2, 3), st.integers(-2, 3)
)


def named(place: tuple[DeviceKind, int, float], values: dict[str, float]) -> Row:
    kind, number, time = place
    return row(f"{kind.value}-d-{number}", time, kind, **values)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(batches, st.lists(asked, max_size=8), spans, spans, st.booleans())
def test_the_two_stores_answer_alike(
    influxd_server: Influxd,
    batch: dict[tuple[DeviceKind, int, float], dict[str, float]],
    queries: list,  # type: ignore[type-arg]
    quarters: Span,
    hours: Span,
    days: bool,
) -> None:
    rows = [named(place, values) for place, values in batch.items()]
    tried, meant = on_influxd(influxd_server), MemoryStore()
    tried.append(rows)
    meant.append(rows)
    hours = Span(max(quarters.start, hours.start), min(quarters.end, hours.end))
    zones = {one.device: f"ward-{one.device[-1]}" for one in rows}
    rolled = {}
    for tier, span in ((Tier.QUARTER, quarters), (Tier.HOUR, hours)):
        if span.start < span.end:
            assert tried.roll_up(tier, span, zones) == meant.roll_up(tier, span, zones)
            rolled[tier] = span
    if days and Tier.QUARTER in rolled:
        for number in range(round((quarters.end - quarters.start) / DAY)):
            day = Span(quarters.start + number * DAY, quarters.start + (number + 1) * DAY)
            assert tried.roll_up(Tier.DAY, day, zones) == meant.roll_up(Tier.DAY, day, zones)
        rolled[Tier.DAY] = quarters
    assert sorted(tried.latest()) == sorted(meant.latest())
    for after in (MONDAY, MONDAY + DAY + 2):
        assert sorted(tried.latest(after)) == sorted(meant.latest(after))
    assert tried.sizes()[:1] == meant.sizes()[:1] and tried.sizes()[2:4] == meant.sizes()[2:4]
    for query in queries:
        mine = tried.series(replace(query, rolled=rolled))
        theirs = meant.series(query)
        assert [time for time, _ in mine] == [time for time, _ in theirs]
        assert [value for _, value in mine] == pytest.approx([value for _, value in theirs], rel=1e-9, abs=1e-6)
    tried.close()
