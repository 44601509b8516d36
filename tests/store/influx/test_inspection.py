"""The doctor's look at a server: what it holds, and nothing is made there."""

from __future__ import annotations

import pytest

from hub.ports import Span, StoreUnavailable, Tier
from hub.store.influx import InfluxAccess, InfluxStore
from hub.store.influx.inspection import look_at
from tests.servers.influxd import Influxd
from tests.servers.ports import free_port
from tests.servers.victoria import Victoria
from tests.servers.waiting import until
from tests.store.rows import MONDAY, row

HOUR = Span(MONDAY, MONDAY + 3600)


def test_databases_that_are_not_made_yet_are_not_made_by_looking(influxd_server: Influxd) -> None:
    access = InfluxAccess(influxd_server.url, "inspected-1")
    for _ in range(2):
        seen = look_at(access)
        assert seen.words.endswith("database inspected-1 will be made at the first start") and seen.sizes is None


def test_it_says_what_the_store_says(influxd_server: Influxd) -> None:
    access = InfluxAccess(influxd_server.url, "inspected-2")
    store = InfluxStore(access, lambda device: "ward-1", lambda: MONDAY)
    store.append([row(f"lamp-{n % 3}", MONDAY + n * 60, power=float(n)) for n in range(60)])
    store.roll_up(Tier.QUARTER, HOUR, {"lamp-0": "ward-1"})
    said = store.sizes()
    store.close()
    seen = look_at(access)
    assert seen.words.startswith("InfluxDB 1.") and seen.words.endswith("database inspected-2 is there")
    assert seen.sizes is not None
    assert (seen.sizes.oldest, seen.sizes.newest) == (MONDAY, MONDAY + 59 * 60)
    assert (seen.sizes.rows, seen.sizes.tiers[Tier.QUARTER].rows) == (60, 12)
    assert {tier: sizes.rows for tier, sizes in seen.sizes.tiers.items()} == {
        tier: sizes.rows for tier, sizes in said.tiers.items()
    }


def test_victoria_says_its_samples(victoria_server: Victoria) -> None:
    store = InfluxStore(InfluxAccess(victoria_server.url), lambda device: None, lambda: MONDAY)
    store.append([row("vm-9", MONDAY, power=1.0)])

    def held() -> bool:
        seen = look_at(InfluxAccess(victoria_server.url))
        assert seen.words.startswith("VictoriaMetrics") and seen.sizes is not None
        return seen.sizes.rows >= 2

    until("the samples to be counted", held, within=30)


def test_a_server_that_is_away_is_said() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        look_at(InfluxAccess(f"http://127.0.0.1:{free_port()}"))
