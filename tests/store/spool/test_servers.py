"""The spool in front of real servers that are killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.model.readings import Row
from hub.store.influx import Flavour, InfluxAccess, InfluxStore
from hub.store.spool import Refused, Spool, SpooledStore
from tests.servers.influxd import influxd
from tests.servers.victoria import victoria
from tests.servers.waiting import until
from tests.store.rows import MONDAY, query, row
from tests.store.spool.distant import QUOTA, drained


def batch(number: int) -> list[Row]:
    return [row("lamp-1", MONDAY + number * 10 + n, power=float(number)) for n in range(10)]


@contextmanager
def in_front_of(
    access: InfluxAccess, folder: Path, settle_seconds: float = 30.0, refused: list[tuple[Row, str]] | None = None
) -> Iterator[SpooledStore]:
    def keep(rows: Refused) -> None:
        assert refused is not None, rows
        refused.extend(rows)

    inner = InfluxStore(access, lambda device: None, lambda: MONDAY)
    spool = Spool(folder, QUOTA, lambda: MONDAY)
    store = SpooledStore(inner, spool, now=lambda: MONDAY, refused=keep, settle_seconds=settle_seconds)
    store.start()
    try:
        yield store
    finally:
        store.close()


def test_influxdb_gets_what_waited_and_what_it_refuses_is_handed_over(tmp_path: Path) -> None:
    refused: list[tuple[Row, str]] = []
    with influxd(tmp_path / "influx") as server:
        server.ask("CREATE DATABASE lamplighter")
        with in_front_of(InfluxAccess(server.url), tmp_path / "spool", refused=refused) as store:
            store.append(batch(0) + [row("lamp-1", MONDAY - 1, level=5.0)])
            server.kill()
            for number in range(1, 20):
                store.append(batch(number))
            assert store.away and store.backlog().batches == 19
            server.start()
            drained(store)
            assert store.series(query(["lamp-1"])) == [
                (each.time, number) for number in range(20) for each in batch(number)
            ]
            assert refused == [] and store.health().ok


def test_victoriametrics_is_sent_again_what_it_forgot_when_it_was_killed(tmp_path: Path) -> None:
    with victoria(tmp_path / "victoria") as server:
        access = InfluxAccess(server.url, flavour=Flavour.VICTORIA)
        with in_front_of(access, tmp_path / "spool", settle_seconds=12) as store:
            for number in range(10):
                store.append(batch(number))
            until("VictoriaMetrics to have taken them", lambda: len(stored(server.export('{device="lamp-1"}'))) == 100)
            for number in range(10, 20):
                store.append(batch(number))
            until("VictoriaMetrics to have taken them", lambda: len(stored(server.export('{device="lamp-1"}'))) == 200)
            server.kill()
            store.append(batch(20))
            server.start()
            drained(store)
        server.kill()
        server.start()
        expected = {round(each.time * 1000) for number in range(21) for each in batch(number)}
        assert stored(server.export('{device="lamp-1"}')) == expected


def stored(series: list[dict[str, object]]) -> set[int]:
    """The times (ms) of the power readings."""
    found: set[int] = set()
    for each in series:
        name, times = each["metric"], each["timestamps"]
        assert isinstance(name, dict) and isinstance(times, list)
        if str(name["__name__"]).endswith("power"):
            found.update(times)
    return found
