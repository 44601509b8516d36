"""What is dropped, and what is not as long as nothing stands in for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.model.audit import AuditEntry
from hub.model.devices import Device, DeviceKind
from hub.model.reports import EventReport
from hub.ports import Aggregate, Tier
from hub.telemetry.housekeeping import Housekeeping
from tests.telemetry.city_of_lamps import Works, row

DAY = 86400.0
MONDAY = 1_763_337_600.0
NOW = MONDAY + 3600.0 * 12
KEEP = {None: 8, Tier.QUARTER: 20, Tier.HOUR: 400, Tier.DAY: 0}


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    """A month of readings, one in six hours, on DuckDB."""
    made = Works(tmp_path, NOW)
    made.store.append([row("lamp-0", NOW - 60 - n * 21600.0, float(n)) for n in range(4 * 32)])
    yield made
    made.close()


def housekeeping(works: Works) -> Housekeeping:
    return Housekeeping(works.store, works.registry, works.clock, works.rollups, keep=KEEP)


def test_nothing_is_dropped_before_it_is_rolled_up(works: Works) -> None:
    housekeeping(works).tidy()
    assert works.store.sizes().rows == 128
    assert works.rollups.kept == {None: works.store.sizes().oldest}


def test_each_tier_is_dropped_at_its_own_age_and_the_figures_stay(works: Works) -> None:
    works.turn()
    before = dict(works.series(NOW - 31 * DAY, NOW, 10 * DAY, Aggregate.SUM))
    files = set((works.folder / "store").glob("*.duckdb"))
    housekeeping(works).tidy()
    sizes = works.store.sizes()
    assert sizes.oldest is not None and NOW - 15 * DAY < sizes.oldest <= NOW - 7 * DAY
    quarters, hours = sizes.tiers[Tier.QUARTER].oldest, sizes.tiers[Tier.HOUR].oldest
    assert quarters is not None and NOW - 48 * DAY < quarters <= NOW - 19 * DAY
    assert hours is not None and hours < NOW - 31 * DAY
    gone = files - set((works.folder / "store").glob("*.duckdb"))
    assert {path.name[:3] for path in gone} == {"raw", "15m"}, "disk is freed by deleting files"
    assert dict(works.series(NOW - 31 * DAY, NOW, 10 * DAY, Aggregate.SUM)) == pytest.approx(before)
    spans = works.rollups.spans
    assert spans[Tier.QUARTER].start > quarters, "the oldest file holds more than is asked of it"
    assert works.rollups.kept == {
        None: sizes.oldest, Tier.QUARTER: spans[Tier.QUARTER].start,
        Tier.HOUR: hours, Tier.DAY: sizes.tiers[Tier.DAY].oldest,
    }  # fmt: skip

    works.reopen()
    works.turn()
    housekeeping(works).tidy()
    assert works.rollups.spans == spans, "a restart and a second round change nothing"
    assert works.store.sizes().tiers[Tier.QUARTER].rows == sizes.tiers[Tier.QUARTER].rows


def test_the_audit_and_events_are_tidied_once_a_day(works: Works) -> None:
    works.registry.devices.add_many([Device("lamp-0", "Lamp", DeviceKind.LIGHT)], {})

    def happened(age: float) -> None:
        at = works.clock.now() - age * DAY
        works.registry.audit.add(AuditEntry(at, "admin", "order.placed", f"{age:g}", {}))
        works.registry.reports.record(events=[EventReport("lamp-0", "tamper", None, at, at)])

    def kept() -> tuple[int, int]:
        return works.registry.audit.extent().rows, works.registry.events.extent().rows

    made = Housekeeping(
        works.store, works.registry, works.clock, works.rollups, keep=KEEP, audit_days=20, event_days=10
    )
    for age in (5.0, 15.0, 25.0):
        happened(age)
    made.tidy()
    assert kept() == (2, 1)
    happened(30)
    works.clock.time += DAY - 60
    made.tidy()
    assert kept() == (3, 2), "not yet"
    works.clock.time += 60
    made.tidy()
    assert kept() == (2, 1)
    happened(30)
    works.clock.time -= 3 * DAY
    made.tidy()
    assert kept() == (2, 1), "a clock that was set back holds nothing up"


def test_what_is_kept_for_ever_stays(works: Works) -> None:
    works.registry.devices.add_many([Device("lamp-0", "Lamp", DeviceKind.LIGHT)], {})
    works.registry.audit.add(AuditEntry(NOW - 9999 * DAY, "admin", "order.placed", "", {}))
    works.registry.reports.record(events=[EventReport("lamp-0", "tamper", None, 5.0, NOW - 9999 * DAY)])
    Housekeeping(works.store, works.registry, works.clock, works.rollups, keep=KEEP, audit_days=0, event_days=0).tidy()
    assert (works.registry.audit.extent().rows, works.registry.events.extent().rows) == (1, 1)
