"""Offsets are the best there are: the program agrees with trying them all, and the bands drawn are those it promised."""

from __future__ import annotations

import pytest

from schedules.signals.bands import BadCorridor, Corridor, CorridorSignal, Green, bands
from tests.evaluation.corridors import corridor, with_offsets
from tests.evaluation.second_opinion import widest

pytest.importorskip("scipy", reason="needs the extra lamplighter[sumo]: make .venv/.sumo")

from hub.evaluation.maxband import Favour, maxband


@pytest.mark.parametrize("halves", [False, True])
def test_the_optimum_is_that_of_trying_all(halves: bool) -> None:
    wide = 0
    for seed in range(20):
        road = corridor(seed, 2 + seed % 7, halves=halves)
        found, (narrow, together) = maxband(road), widest(road)
        assert found.proved
        if narrow <= 0:
            assert not found.both
            continue
        wide += 1
        assert (min(found.outbound, found.inbound), found.outbound + found.inbound) == (narrow, together), seed
    assert wide >= 8


def test_the_bands_drawn_are_those_that_were_promised() -> None:
    for seed in range(20):
        road = corridor(seed, 5)
        for favour in Favour:
            found = maxband(road, favour)
            drawn = bands(with_offsets(road, found.offsets))
            assert drawn.outbound.width >= found.outbound - 1e-6
            assert drawn.inbound.width >= found.inbound - 1e-6


def test_the_favoured_direction_has_its_narrowest_green_whole() -> None:
    road = corridor(3, 8)
    assert maxband(road, Favour.OUTBOUND).outbound == min(each.outbound[0].length for each in road.signals)
    assert maxband(road, Favour.INBOUND).inbound == min(each.inbound[0].length for each in road.signals)


def test_offsets_stay_in_the_cycle_and_on_the_controllers_steps() -> None:
    road = corridor(5, 6)
    first = round(road.signals[0].offset)
    assert maxband(road).offsets[0] == first
    for offset, signal in zip(maxband(road, step=5).offsets, road.signals, strict=True):
        assert 0 <= offset < signal.cycle
        assert (offset - first) % 5 == 0


def test_a_junction_without_the_movement_is_named() -> None:
    silent = CorridorSignal("j-9", 300, 90, 0, (Green(0, 40),), ())
    green = CorridorSignal("j-1", 0, 90, 0, (Green(0, 40),), (Green(0, 40),))
    with pytest.raises(BadCorridor, match="junction 'j-9' has no inbound green"):
        maxband(Corridor((green, silent), (25.0,), (25.0,)))
