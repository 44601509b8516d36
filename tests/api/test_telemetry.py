"""Readings over HTTP, from the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hub.api.times import format_time, parse_time
from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.store import DuckDbStore
from tests.api.hall import Hall, code, open_hall

START = parse_time("2026-11-20T00:00:00+07:00")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Two lamps of one street with a reading every five minutes, an environmental sensor, for two hours."""
    with open_hall(tmp_path_factory.mktemp("measured")) as hall:
        hall.clock.added = START + 80_000 - hall.clock.now()
        rows = []
        for step in range(24):
            at = START + step * 300
            rows += [Row(name, DeviceKind.LIGHT, at, at, {"power": 50.0 + step}) for name in ("lamp-0", "lamp-2")]
            rows.append(Row("air-1", DeviceKind.ENVIRONMENT, at, at, {"temperature": 20.0, "power": 1000.0}))
        hall.report(rows=rows)
        yield hall


def ask(hall: Hall, path: str, **query: Any) -> Any:
    with hall.client("analyst") as analyst:
        answer = analyst.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


def test_raw_readings_of_a_device(measured: Hall) -> None:
    body = ask(measured, "/devices/lamp-0/telemetry", metric="power")
    assert len(body["points"]) == 24
    assert body["points"][0] == ["2026-11-19T17:00:00Z", 50.0]
    assert {name: body[name] for name in ("unit", "metric", "every", "agg", "truncated")} == {
        "unit": "W", "metric": "power", "every": None, "agg": "mean", "truncated": False,
    }  # fmt: skip


def test_readings_without_intervals_keep_their_unit(measured: Hall) -> None:
    body = ask(measured, "/devices/lamp-0/telemetry", metric="power", agg="count")
    assert body["points"][0][1] == 50.0 and body["unit"] == "W"


@pytest.mark.parametrize("every", ["15m", "PT15M", "PT900S"])
def test_intervals_of_a_device(measured: Hall, every: str) -> None:
    body = ask(measured, "/devices/lamp-0/telemetry", metric="power", every=every)
    assert body["points"][:2] == [["2026-11-19T17:00:00Z", 51.0], ["2026-11-19T17:15:00Z", 54.0]]
    assert len(body["points"]) == 8 and body["every"] == 900


def test_a_zone_adds_up_its_lights_and_leaves_the_sensors_out(measured: Hall) -> None:
    body = ask(measured, "/telemetry", zone="ward-1", metric="power", agg="sum")
    assert body["points"][0] == ["2026-11-19T17:00:00Z", 102.0] and body["kinds"] == ["light"]
    assert ask(measured, "/telemetry", zone="ward-1", metric="power", kind="environment")["points"][0][1] == 1000
    assert ask(measured, "/telemetry", zone="ward-1", metric="temperature")["points"][0][1] == 20
    assert ask(measured, "/telemetry", zone="ward-2", metric="power")["points"] == []


def test_days_begin_at_the_citys_midnight(measured: Hall) -> None:
    body = ask(measured, "/devices/lamp-0/telemetry", metric="power", every="1d", agg="count", start=format_time(START))
    assert body["points"] == [["2026-11-19T17:00:00Z", 24.0]] and body["unit"] == "count"


def test_start_and_end_bound_the_points(measured: Hall) -> None:
    body = ask(
        measured,
        "/devices/lamp-0/telemetry",
        metric="power",
        start="2026-11-20T00:05:00+07:00",
        end="2026-11-20T00:15:00+07:00",
    )
    assert [value for _, value in body["points"]] == [51, 52]


@pytest.mark.parametrize(
    ("path", "query", "status", "word"),
    [
        ("/devices/nobody/telemetry", {"metric": "power"}, 404, "not-found"),
        ("/devices/lamp-0/telemetry", {}, 422, "bad-input"),
        ("/devices/lamp-0/telemetry", {"metric": "colour"}, 422, "unknown-metric"),
        ("/devices/lamp-0/telemetry", {"metric": "power", "every": "0s"}, 422, "bad-input"),
        (
            "/devices/lamp-0/telemetry",
            {"metric": "power", "every": "1s", "start": "2020-01-01T00:00:00Z"},
            422,
            "bad-input",
        ),
        ("/devices/lamp-0/telemetry", {"metric": "power", "start": "2026-11-21T18:00:00"}, 422, "bad-input"),
        ("/devices/lamp-0/telemetry", {"metric": "power", "start": "2100-11-21T18:00:00Z"}, 422, "bad-input"),
        ("/devices/lamp-0/telemetry", {"metric": "power", "agg": "median"}, 422, "bad-input"),
        ("/telemetry", {"metric": "power", "zone": "nowhere"}, 404, "not-found"),
        ("/telemetry", {"metric": "power"}, 422, "bad-input"),
    ],
)
def test_refusals(measured: Hall, path: str, query: Any, status: int, word: str) -> None:
    with measured.client("analyst") as analyst:
        answer = analyst.get(path, params=query)
        assert (answer.status_code, code(answer)) == (status, word)


def test_a_store_that_does_not_answer_holds_up_nobody_else(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, asked = threading.Event(), threading.Semaphore(0)

    def hang(*question: object) -> list[Any]:
        asked.release()
        answer.wait(60)
        return []

    monkeypatch.setattr(DuckDbStore, "series", hang)
    monkeypatch.setattr(DuckDbStore, "readings", hang)
    paths = ["/devices/lamp-0/telemetry?metric=power", "/telemetry?zone=hue&metric=power", "/devices/lamp-0/readings"]
    with hall.client("analyst") as analyst, hall.client("operator") as operator, ThreadPoolExecutor(36) as people:
        analyst.timeout = 60
        waiting = [people.submit(analyst.get, path) for path in paths * 12]
        try:
            assert all(asked.acquire(timeout=20) for _ in range(4))
            assert (
                operator.post("/overrides", json={"zones": ["ward-1"], "level": 60, "for": "PT1H"}).status_code == 202
            )
        finally:
            answer.set()
        assert {each.result().status_code for each in waiting} == {200}


@pytest.mark.parametrize(
    ("path", "query"),
    [("/devices/lamp-0/telemetry", {}), ("/telemetry", {"zone": "ward-1", "every": "5m"})],
)
def test_limit_bounds_the_points(measured: Hall, path: str, query: Any) -> None:
    query = {"metric": "power", **query}
    some, whole = ask(measured, path, **query, limit=5), ask(measured, path, **query, limit=24)
    assert some["points"] == whole["points"][:5] and some["truncated"]
    assert len(whole["points"]) == 24 and not whole["truncated"]
    with measured.client("analyst") as analyst:
        assert code(analyst.get(path, params={**query, "limit": 0})) == "bad-input"


def test_readings_of_a_counter_are_not_added_up(measured: Hall) -> None:
    query = {"metric": "energy", "agg": "sum"}
    with measured.client("analyst") as analyst:
        refused = analyst.get("/devices/lamp-0/telemetry", params={**query, "every": "1h"})
    assert refused.status_code == 422 and "write last" in refused.json()["detail"]
    assert ask(measured, "/devices/lamp-0/telemetry", **query)["points"] == []
    assert ask(measured, "/telemetry", **query, zone="ward-1", every="1h")["points"] == []
