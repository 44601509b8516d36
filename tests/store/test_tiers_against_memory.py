"""A series from tiers is the series of the readings they were made of: DuckDbStore against MemoryStore, whatever was rolled up
and whatever was dropped."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Aggregate, SeriesQuery, Span, Tier
from hub.store import DuckDbStore, MemoryStore
from tests.store.rows import MONDAY, same

HOUR = 3600.0
START = MONDAY - 52 * HOUR  # a weekly file ends within these days
HOURS = 96
METRICS = ("power", "energy", "traffic_count")
KINDS = (DeviceKind.LIGHT, DeviceKind.METER)
NAMES = ("a", "b", "c")
PLACES = {
    f"{kind.value}-{name}": zone for kind in KINDS for name, zone in zip(NAMES, ("east", "west", None), strict=True)
}

seeds = st.integers(0, 2**32)
hours = st.integers(0, HOURS)
spans = st.tuples(hours, hours).map(sorted)


def moment(chance: random.Random) -> float:
    part = chance.choice([0.0, 0.000001, 450.25, 899.999999])
    return START + chance.randrange(HOURS) * HOUR + chance.randrange(4) * 900 + part


def some_rows(seed: int, count: int) -> list[Row]:
    """Readings at few moments of few hours, so that devices meet at the same microsecond."""
    chance = random.Random(seed)
    moments = [moment(chance) for _ in range(count // 3)]
    found = []
    for _ in range(count):
        kind, name, time = chance.choice(KINDS), chance.choice(NAMES), chance.choice(moments)
        values = {metric: chance.uniform(0, 1e6) for metric in METRICS if chance.random() < 0.6}
        found.append(Row(f"{kind.value}-{name}", kind, time, time + 1, values))
    return found


def some_questions(seed: int, count: int) -> Iterator[SeriesQuery]:
    chance = random.Random(seed)
    for _ in range(count):
        zones = chance.choice([(), ("east",), ("east", "west")])
        names = [name for name in NAMES if PLACES[f"light-{name}"] in zones] or chance.sample(NAMES, 2)
        kinds = chance.sample(KINDS, chance.randint(1, 2))
        begins = moment(chance)
        yield SeriesQuery(
            {kind: [f"{kind.value}-{name}" for name in names] for kind in kinds},
            chance.choice(METRICS),
            chance.choice([START, START, begins]),
            begins + chance.choice([HOUR, 10 * HOUR, 400 * HOUR, 400 * HOUR]),
            chance.choice([None, 600.0, 900.0, 1800.0, HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR]),
            chance.choice(list(Aggregate)),
            chance.random() < 0.6,
            chance.choice([0.0, 0.0, -7 * HOUR, 900.0, 100.0, 1e7]),
            chance.choice([3, 100_000, 100_000]),
            zones=zones,
        )


def rolled_up(stores: list[DuckDbStore | MemoryStore], spans: dict[Tier, list[int]], shift: int) -> dict[Tier, Span]:
    """Quarters of a span, hours and days within it, days beginning `shift` hours off those of UTC; returns what each holds."""
    low, high = spans[Tier.QUARTER]
    held: dict[Tier, Span] = {}
    for tier in Tier:
        begins, ends = max(low, spans[tier][0]), min(high, spans[tier][1])
        step = 24 if tier is Tier.DAY else 1
        if tier is Tier.DAY:
            begins += (shift - begins - int(START // HOUR)) % 24
            ends -= (ends - begins) % 24 if ends > begins else 0
        if begins < ends:
            held[tier] = Span(START + begins * HOUR, START + ends * HOUR)
            for at in range(begins, ends, step if tier is Tier.DAY else ends - begins):
                part = Span(START + at * HOUR, START + (at + 24 if tier is Tier.DAY else ends) * HOUR)
                counts = [store.roll_up(tier, part, PLACES) for store in stores]
                assert counts[0] == counts[1]
    return held


@settings(max_examples=10, deadline=None)
@given(
    seeds,
    st.sampled_from([0, 12]),
    st.fixed_dictionaries({Tier.QUARTER: spans, Tier.HOUR: spans, Tier.DAY: spans}),
    st.integers(0, 23),
    st.sampled_from([None, *Tier]),
    st.booleans(),
)
def test_a_series_from_tiers_is_that_of_the_readings(
    seed: int,
    late: int,
    spans: dict[Tier, list[int]],
    shift: int,
    dropped: Tier | None,
    reopened: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tried, meant = DuckDbStore(Path(folder), lambda: MONDAY), MemoryStore()
        stores: list[DuckDbStore | MemoryStore] = [tried, meant]
        for batch in (some_rows(seed, 300), some_rows(seed + 1, late)):
            for store in stores:
                store.append(batch)
            rolled = rolled_up(stores, spans, shift)
        if reopened:
            tried.close()
            tried = DuckDbStore(Path(folder), lambda: MONDAY)
            stores = [tried, meant]
        queries = [replace(query, rolled=rolled) for query in some_questions(seed, 40)]
        for query in queries:
            same(tried.series(query), meant.series(query), query)
            same(
                tried.series(replace(query, zones=())), meant.series(replace(query, zones=())), replace(query, zones=())
            )
        for store in stores:
            store.drop_before(MONDAY - 40 * HOUR, dropped)
        sizes = [store.sizes() for store in stores]
        assert sizes[0]._replace(bytes=0, tiers={}) == sizes[1]._replace(bytes=0, tiers={})
        for tier in Tier:
            assert sizes[0].tiers[tier]._replace(bytes=0) == sizes[1].tiers[tier]
        for query in queries:
            same(tried.series(query), meant.series(query), query)
        tried.close()
