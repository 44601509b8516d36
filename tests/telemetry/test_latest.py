"""The newest value of every metric."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import LatestValue
from hub.store import MemoryStore
from hub.telemetry.latest import LatestValues, rows_of
from tests.telemetry.pipeline import NOW, row

METRICS = ("power", "voltage", "level")


def shown(latest: LatestValues, device: str = "lamp-1") -> dict[str, tuple[float, float]]:
    return {metric: (reading.time, reading.value) for metric, reading in latest.of(device).items()}


def load(latest: LatestValues, values: Iterable[LatestValue]) -> None:
    for rows in rows_of(values, NOW):
        latest.load(rows)


def test_an_older_reading_never_replaces_a_newer_one() -> None:
    latest = LatestValues()
    load(latest, [LatestValue("lamp-1", "power", NOW, 60.0)])
    latest.update([row(time=NOW - 10, power=10.0, voltage=229.0), row(time=NOW + 10, power=70.0)])
    latest.update([row(time=NOW + 5, power=20.0)])
    assert shown(latest) == {"power": (NOW + 10, 70.0), "voltage": (NOW - 10, 229.0)}


def test_both_times_of_a_reading_are_kept() -> None:
    latest = LatestValues()
    latest.update([Row("lamp-1", DeviceKind.LIGHT, NOW - 3600, NOW, {"power": 60.0})])
    assert latest.of("lamp-1")["power"] == (NOW - 3600, NOW, 60.0)


def test_a_clock_that_was_ahead_does_not_hide_what_comes_after_it_is_set_right() -> None:
    latest = LatestValues()
    latest.update([Row("lamp-1", DeviceKind.LIGHT, NOW + 3600, NOW, {"power": 60.0, "level": 50.0})])
    latest.update([Row("lamp-1", DeviceKind.LIGHT, NOW + 60, NOW + 60, {"power": 70.0})])
    assert shown(latest) == {"power": (NOW + 60, 70.0), "level": (NOW + 3600, 50.0)}
    again = LatestValues()
    again.update([Row("lamp-1", DeviceKind.LIGHT, NOW + 3600.1234567, NOW - 60, {"power": 60.0})])
    load(again, [LatestValue("lamp-1", "power", NOW + 3600.123457, 60.0)])  # the same reading, as the store knows it
    assert again.of("lamp-1")["power"].received == NOW - 60
    from_store = LatestValues()
    load(from_store, [LatestValue("lamp-1", "power", NOW + 3600, 60.0)])
    from_store.update([Row("lamp-1", DeviceKind.LIGHT, NOW + 60, NOW + 60, {"power": 70.0})])
    assert shown(from_store) == {"power": (NOW + 60, 70.0)}


@given(
    st.lists(
        st.tuples(
            st.integers(0, 6), st.dictionaries(st.sampled_from(METRICS), st.integers(0, 9).map(float), min_size=1)
        ),
        max_size=12,
    ),
    st.integers(0, 12),
)
def test_it_holds_what_the_store_would_give(rows: list[tuple[int, dict[str, float]]], split: int) -> None:
    """In any order of arrival, wherever the restart is, and with what came before it loaded again after it."""
    store, latest = MemoryStore(), LatestValues()
    said = [Row("lamp-1", DeviceKind.LIGHT, NOW - 60 + time, NOW, values) for time, values in rows]
    for each in said:
        store.append([each])
    latest.update(said[:split])
    restarted = LatestValues()
    restarted.restore(latest.copy())
    restarted.update(said[split:])
    expected = {value.metric: (value.time, value.value) for value in store.latest()}
    assert shown(restarted) == expected
    load(restarted, store.latest())
    assert shown(restarted) == expected


def test_a_copy_does_not_change_any_more() -> None:
    latest = LatestValues()
    latest.update([row(power=1.0, voltage=2.0), row(time=NOW + 1, power=2.0)])
    copy = latest.copy()
    latest.update([row(time=NOW + 2, power=3.0), row(time=NOW, level=5.0), row("lamp-2")])
    assert list(copy.rows) == ["lamp-1"] and copy.rows["lamp-1"].values == {"power": 2.0}
    assert set(copy.elder["lamp-1"]) == {"voltage"}


def test_a_deleted_device_is_forgotten() -> None:
    latest = LatestValues()
    latest.update([row("lamp-1"), row("lamp-2"), row("lamp-1", time=NOW + 1, level=3.0)])
    latest.forget("lamp-1")
    assert (len(latest), shown(latest)) == (1, {})
    latest.update([row("lamp-1", power=1.0)])
    assert shown(latest) == {"power": (NOW, 1.0)}
