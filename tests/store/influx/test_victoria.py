"""VictoriaMetrics: takes readings in over /api/v2/write; what it holds is read back by its own export."""

from __future__ import annotations

from typing import Any

import pytest

from hub.model.devices import DeviceKind
from hub.ports import CannotAnswer, Span, StoreUnavailable, Tier
from hub.store.influx import Flavour, InfluxAccess, InfluxStore
from tests.servers.victoria import Victoria, victoria
from tests.servers.waiting import until
from tests.store.rows import MONDAY, query, row


@pytest.fixture
def store(victoria_server: Victoria) -> InfluxStore:
    return InfluxStore(InfluxAccess(victoria_server.url), {"vm-1": "ward-1"}.get, lambda: MONDAY)


def exported(server: Victoria, device: str) -> dict[str, list[tuple[float, float]]]:
    """{series: [(time, value)]} of a device, as soon as there is any."""

    def look() -> list[dict[str, Any]] | None:
        return server.export(f'{{device="{device}"}}') or None

    return {
        one["metric"]["__name__"]: [
            (ms / 1000, value) for ms, value in zip(one["timestamps"], one["values"], strict=True)
        ]
        for one in until(f"{device} to be there", look, within=20)
    }


def test_it_is_told_from_an_influxdb(store: InfluxStore) -> None:
    assert store.health().ok and "VictoriaMetrics" in store.health().detail
    assert not store.durable


def test_rows_come_back_with_their_times_and_tags(store: InfluxStore, victoria_server: Victoria) -> None:
    store.append([row("vm-1", MONDAY + 0.25, quality=1, power=61.5, level=70)])
    store.append([row("vm-1", MONDAY + 60, power=62.5)])
    assert exported(victoria_server, "vm-1") == {
        "light_power": [(MONDAY + 0.25, 61.5), (MONDAY + 60, 62.5)],
        "light_level": [(MONDAY + 0.25, 70.0)],
        "light_received": [(MONDAY + 0.25, MONDAY + 2.25), (MONDAY + 60, MONDAY + 62)],
        "light_quality": [(MONDAY + 0.25, 1.0)],
    }
    tags = victoria_server.export('{__name__="light_power",device="vm-1"}')[0]["metric"]
    assert (tags["kind"], tags["zone"]) == ("light", "ward-1")


def test_late_rows_months_and_kinds(store: InfluxStore, victoria_server: Victoria) -> None:
    store.append([row("vm-2", MONDAY - n * 30 * 86_400, power=float(n)) for n in (0, 2, 1)])
    store.append([row("vm-3", MONDAY, DeviceKind.ENVIRONMENT, pm2_5=7.0)])
    assert [value for _, value in exported(victoria_server, "vm-2")["light_power"]] == [2.0, 1.0, 0.0]
    assert exported(victoria_server, "vm-3")["environment_pm2_5"] == [(MONDAY, 7.0)]


def test_a_batch_of_thousands(store: InfluxStore, victoria_server: Victoria) -> None:
    """It keeps milliseconds and about twelve digits."""
    store.append([row("vm-4", MONDAY + n / 1000, power=n / 7) for n in range(5000)])
    found = exported(victoria_server, "vm-4")["light_power"]
    assert [time for time, _ in found] == [MONDAY + n / 1000 for n in range(5000)]
    assert [value for _, value in found] == pytest.approx([n / 7 for n in range(5000)], rel=1e-11)
    until("the samples to be counted", lambda: store.sizes().rows >= 2 * 5000, within=30)
    assert store.sizes().bytes > 0


def test_what_it_cannot_answer_is_said(store: InfluxStore) -> None:
    store.append([row("vm-5", MONDAY, power=1.0)])
    with pytest.raises(CannotAnswer, match="does not answer InfluxQL"):
        store.series(query(["vm-5"]))
    with pytest.raises(CannotAnswer, match="does not answer InfluxQL"):
        store.readings(DeviceKind.LIGHT, "vm-5", Span(0, 4e9), 10)


def test_a_hub_starts_on_it_and_keeps_its_house(store: InfluxStore) -> None:
    assert store.latest() == [] and store.latest(MONDAY) == []
    assert store.roll_up(Tier.QUARTER, Span(MONDAY, MONDAY + 900), {}) == 0
    assert store.drop_before(MONDAY) == 0
    assert store.health().ok


def test_a_restart_shows(tmp_path_factory: pytest.TempPathFactory) -> None:
    with victoria(tmp_path_factory.mktemp("own")) as server:
        store = InfluxStore(InfluxAccess(server.url, flavour=Flavour.VICTORIA), lambda device: None, lambda: MONDAY)
        before = store.incarnation()
        assert before and store.incarnation() == before
        server.kill()
        with pytest.raises(StoreUnavailable):
            store.incarnation()
        until("a start in another second", lambda: _restarted(server, store, before), within=20)


def _restarted(server: Victoria, store: InfluxStore, before: str) -> bool:
    server.stop()
    server.start()
    return store.incarnation() != before
