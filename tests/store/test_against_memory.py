"""DuckDbStore and MemoryStore answer alike, whatever comes in, also after it is opened anew."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Aggregate, SeriesQuery, TelemetryStore
from hub.store import DuckDbStore, MemoryStore
from tests.store.rows import MONDAY, WEEK

METRICS = ("power", "energy", "traffic_count", "temperature")
KINDS = (DeviceKind.LIGHT, DeviceKind.METER)
devices = st.sampled_from([f"d-{n}" for n in range(4)])
times = st.builds(
    lambda week, part: MONDAY + week * WEEK + part,
    st.integers(-1, 1),
    st.sampled_from([0, 0.5, 1, 900, 901, 3600, 86_400]),
)
values = st.sampled_from([-3.0, 0.0, 0.1, 1.0, 7.5, 1e6])
rows = st.builds(
    lambda device, kind, time, held: Row(f"{kind.value}-{device}", kind, time, time + 1, held),
    devices,
    st.sampled_from(KINDS),
    times,
    st.dictionaries(st.sampled_from(METRICS), values, max_size=3),
)
asked = st.builds(
    lambda kinds, picked, metric, start, length, every, aggregate, over, offset, limit: SeriesQuery(
        {kind: [f"{kind.value}-{device}" for device in picked] for kind in kinds},
        metric,
        start,
        start + length,
        every,
        aggregate,
        over,
        offset,
        limit,
    ),
    st.sets(st.sampled_from(KINDS), min_size=1),
    st.sets(devices, min_size=1),
    st.sampled_from([*METRICS, "humidity"]),
    times,
    st.sampled_from([1.0, 3600.0, WEEK, 4 * WEEK]),
    st.sampled_from([None, 1.0, 900.0, 86_400.0, 10 * 86_400.0]),
    st.sampled_from(Aggregate),
    st.booleans(),
    st.sampled_from([0.0, -25_200.0, 450.0, 1e7]),
    st.sampled_from([2, 100_000]),
)


def same_answers(one: TelemetryStore, other: TelemetryStore, queries: list[SeriesQuery]) -> None:
    assert sorted(one.latest()) == sorted(other.latest())
    assert one.sizes()._replace(bytes=0) == other.sizes()._replace(bytes=0)
    for query in queries:
        mine, theirs = one.series(query), other.series(query)
        assert [time for time, _ in mine] == [time for time, _ in theirs]
        assert [value for _, value in mine] == pytest.approx([value for _, value in theirs])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(rows, max_size=12), max_size=5), st.lists(asked, max_size=6), st.integers(0, 4), times)
def test_the_two_stores_answer_alike(
    batches: list[list[Row]], queries: list[SeriesQuery], reopen: int, drop: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tried, meant = DuckDbStore(Path(folder), lambda: MONDAY), MemoryStore()
        for number, batch in enumerate(batches):
            if number == reopen:
                tried.close()
                tried = DuckDbStore(Path(folder), lambda: MONDAY)
            tried.append(batch)
            meant.append(batch)
        same_answers(tried, meant, queries)
        tried.drop_before(drop)
        meant.drop_before(drop)
        same_answers(tried, meant, queries)
        tried.close()


def test_quality_and_receive_time_are_those_of_the_first_row(tmp_path: Path) -> None:
    store = DuckDbStore(tmp_path, lambda: MONDAY)
    store.append([Row("lamp-1", DeviceKind.LIGHT, MONDAY, MONDAY + 1.5, {"power": 1.0}, 2)])
    store.append([Row("lamp-1", DeviceKind.LIGHT, MONDAY, MONDAY + 9, {"level": 1.0}, 1)])
    store.close()
    (file,) = tmp_path.glob("raw-*.duckdb")
    with duckdb.connect(str(file), read_only=True) as alone:
        assert alone.execute("SELECT epoch(received), quality, power, level FROM light").fetchall() == [
            (MONDAY + 1.5, 2, 1.0, 1.0)
        ]
