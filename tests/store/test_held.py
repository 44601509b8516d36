"""The table of metrics by device: right after every append, and made up for in files of older hubs."""

from __future__ import annotations

from pathlib import Path

import duckdb

from hub.store import DuckDbStore
from tests.store.rows import MONDAY, WEEK, readings, row

HOUR = 3600.0


def opened(folder: Path) -> DuckDbStore:
    return DuckDbStore(folder, lambda: MONDAY)


def on_disk(folder: Path) -> set[tuple[str, str, str]]:
    (file,) = folder.glob("raw-*.duckdb")
    with duckdb.connect(str(file), read_only=True) as alone:
        return set(alone.execute("SELECT kind, device, metrics FROM held").fetchall())


def test_it_says_what_each_device_has_and_grows_with_it(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.append([row("a", MONDAY + n, power=1.0, level=2.0) for n in range(5)] + [row("b", MONDAY, power=1.0)])
    store.append([row("a", MONDAY + 9, power=1.0), row("b", MONDAY + 9, level=1.0), row("b", MONDAY - 9, energy=1.0)])
    store.close()
    assert on_disk(tmp_path) == {
        ("light", "a", "level,power"),
        ("light", "b", "power"),
        ("light", "b", "energy,level,power"),
    }


def test_a_file_of_an_older_hub_is_read_and_gets_the_table(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.append([row("a", MONDAY, power=1.0), row("a", MONDAY + 90_000, level=2.0), row("b", MONDAY + 1, level=3.0)])
    store.close()
    (file,) = tmp_path.glob("raw-*.duckdb")
    with duckdb.connect(str(file)) as alone:
        alone.execute("DROP TABLE held")
    store = opened(tmp_path)
    newest = [("a", "level", MONDAY + 90_000, 2.0), ("a", "power", MONDAY, 1.0), ("b", "level", MONDAY + 1, 3.0)]
    assert sorted(store.latest()) == newest
    store.append([row("b", MONDAY + 5, power=4.0)])
    assert sorted(store.latest()) == [*newest, ("b", "power", MONDAY + 5, 4.0)]
    store.close()
    assert {device: metrics for _, device, metrics in on_disk(tmp_path) if device == "a"} == {"a": "level,power"}
    store = opened(tmp_path)
    assert sorted(store.latest()) == [*newest, ("b", "power", MONDAY + 5, 4.0)]
    store.close()


def test_silent_devices_and_rare_metrics_are_found_however_old(tmp_path: Path) -> None:
    """Most report all they have every minute; one stopped hours ago, one days ago, one weeks ago, one rarely says more."""
    store = opened(tmp_path)
    lamps = [f"lamp-{n}" for n in range(20)]
    expected: dict[tuple[str, str], tuple[float, float]] = {}
    for age in (5 * WEEK, 3 * WEEK, 2 * 86_400.0, 5 * HOUR, 60.0, 0.0):
        time = MONDAY - age
        store.append([row(lamp, time, power=age, level=1.0) for lamp in lamps if (age < HOUR or lamp != "lamp-3")])
        if age == 5 * WEEK:
            store.append([row("gone", time, power=7.0), row("lamp-5", time + 1, battery=80.0)])
            expected |= {("gone", "power"): (time, 7.0), ("lamp-5", "battery"): (time + 1, 80.0)}
        if age == 2 * 86_400.0:
            store.append([row("days", time, level=9.0), row("lamp-6", time + 1, rssi=-70.0)])
            expected |= {("days", "level"): (time, 9.0), ("lamp-6", "rssi"): (time + 1, -70.0)}
        if age == 5 * HOUR:
            store.append([row("hours", time, level=8.0)])
            expected |= {("hours", "level"): (time, 8.0)}
    for lamp in lamps:
        expected |= {(lamp, "power"): (MONDAY, 0.0), (lamp, "level"): (MONDAY, 1.0)}
    for _ in range(2):
        assert {(device, metric): (time, value) for device, metric, time, value in store.latest()} == expected
        assert len(list(store.latest())) == len(expected)
        store.close()
        store = opened(tmp_path)
    store.close()


def test_a_refused_transaction_leaves_nothing_behind(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.append([row("a", MONDAY, power=1.0)])
    try:
        store.append([row("b", MONDAY, power=1.0), row("c", MONDAY, power="much")])  # type: ignore[arg-type]
    except Exception as error:
        assert "much" in str(error) or "real number" in str(error)
    else:
        raise AssertionError("text was stored as a number")
    store.append([row("d", MONDAY + 1, power=2.0)])
    assert readings(store, ["a", "b", "d"]) == {"a": [(MONDAY, 1.0)], "b": [], "d": [(MONDAY + 1, 2.0)]}
    store.close()
    assert {device for _, device, _ in on_disk(tmp_path)} == {"a", "d"}
