"""How much disk readings and aggregates will take."""

from __future__ import annotations

import pytest

from hub.ports import StoreSizes, Tier
from hub.telemetry.growth import FOR_EVER, growth, still_needed

DAY = 86400.0
KEEP = {None: 90, Tier.QUARTER: 400, Tier.HOUR: 1826, Tier.DAY: 0}


def test_growth_is_told_by_the_days_that_are_held() -> None:
    tiers = {Tier.QUARTER: StoreSizes(10, 4_000, 0.0, 4 * DAY), Tier.DAY: StoreSizes(4, 400, 0.0, 4 * DAY)}
    grown = growth(StoreSizes(1000, 20_000, 0.0, 10 * DAY, tiers), KEEP)
    assert [(each.tier, each.a_day, each.full) for each in grown] == [
        (None, 2000, 180_000), (Tier.QUARTER, 1000, 400_000), (Tier.DAY, 100, 100 * FOR_EVER),
    ]  # fmt: skip
    assert still_needed(grown) == 160_000 + 396_000 + 100 * FOR_EVER - 400


@pytest.mark.parametrize(
    "sizes",
    [StoreSizes(0, 0, None, None), StoreSizes(9, 9, 0.0, DAY - 1), StoreSizes(9, 0, 0.0, 5 * DAY)],
    ids=["nothing", "less than a day", "bytes not known"],
)
def test_nothing_is_foretold_from_too_little(sizes: StoreSizes) -> None:
    (raw,) = growth(sizes, KEEP)
    assert raw.a_day is None and raw.full is None and still_needed([raw]) is None


def test_what_was_more_than_it_will_be_needs_no_room() -> None:
    grown = growth(StoreSizes(1000, 20_000, 0.0, 100 * DAY), KEEP)
    assert still_needed(grown) == 0


def test_what_is_dropped_in_whole_files_takes_the_room_of_one_more() -> None:
    tiers = {Tier.QUARTER: StoreSizes(10, 4_000, 0.0, 4 * DAY), Tier.DAY: StoreSizes(4, 400, 0.0, 4 * DAY)}
    grown = growth(StoreSizes(1000, 20_000, 0.0, 10 * DAY, tiers), KEEP, {None: 7, Tier.QUARTER: 28, Tier.DAY: 3640})
    assert [each.full for each in grown] == [2000 * 97, 1000 * 428, 100 * FOR_EVER]
