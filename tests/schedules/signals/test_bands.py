"""A band is what it says: whoever enters in it meets green everywhere, whoever enters outside does not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from schedules.signals.bands import BadCorridor, Corridor, CorridorSignal, Direction, Green, bands
from tests.evaluation.corridors import corridor


def _green(signal: CorridorSignal, greens: tuple[Green, ...], at: float) -> bool:
    local = (at - signal.offset) % signal.cycle
    return any((local - green.start) % signal.cycle < green.length for green in greens)


def _passes(road: Corridor, outbound: bool, at: float) -> bool:
    """Drive: the light at each stop line when one arrives there."""
    signals = road.signals if outbound else road.signals[::-1]
    travel = road.outbound if outbound else road.inbound[::-1]
    for signal, seconds in zip(signals, (*travel, 0.0), strict=True):
        if not _green(signal, signal.outbound if outbound else signal.inbound, at):
            return False
        at += seconds
    return True


def _within(direction: Direction, at: float, cycle: float) -> bool:
    return any((at - band.start) % cycle < band.width for band in direction.bands)


@pytest.mark.parametrize("halves", [False, True])
def test_whoever_drives_in_a_band_meets_green_and_nobody_else(halves: bool) -> None:
    inside = 0
    for seed in range(60):
        road = corridor(seed, 2 + seed % 4, 60, halves=halves)
        found = bands(road)
        for second in range(60):
            at = second + 0.5
            for outbound, direction in ((True, found.outbound), (False, found.inbound)):
                passes = _passes(road, outbound, at)
                assert passes == _within(direction, at, found.cycle), (seed, second, outbound)
                inside += passes
    assert inside > 200


def test_a_green_wave_one_way_has_the_whole_green_and_says_where_the_other_breaks() -> None:
    greens = (Green(0, 40),)
    road = Corridor(
        tuple(CorridorSignal(f"j-{i}", 300 * i, 90, 25 * i, greens, greens) for i in range(3)),
        (25.0, 25.0),
        (25.0, 25.0),
    )
    found = bands(road)
    assert (found.outbound.width, found.inbound.width) == (40, 0)
    assert found.outbound.links == (40, 40)
    assert found.inbound.links == (0, 0)
    assert found.outbound.speed == 12.0


def test_two_greens_a_cycle_may_give_two_bands_the_widest_first() -> None:
    twice = CorridorSignal("j-0", 0, 90, 0, (Green(0, 20), Green(40, 30)), (Green(0, 90),))
    always = CorridorSignal("j-1", 100, 90, 0, (Green(0, 90),), (Green(0, 90),))
    found = bands(Corridor((twice, always), (10.0,), (10.0,)))
    assert [(band.start, band.width) for band in found.outbound.bands] == [(40, 30), (0, 20)]
    assert found.inbound.width == 90


def test_the_data_of_a_diagram_is_plain_and_its_corners_are_within_the_greens() -> None:
    road = replace(corridor(4, 3), inbound=(30.0, 20.0))
    told = json.loads(json.dumps(bands(road).json()))
    assert {"cycle", "signals", "outbound", "inbound"} == set(told)
    for way in ("outbound", "inbound"):
        greens = {each["junction"]: each["greens"][way] for each in told["signals"]}
        for band in told[way]["bands"]:
            for corner in band["at"]:
                middle = (corner["from"] + corner["to"]) / 2
                spans = greens[corner["junction"]]
                assert any((middle - begin) % told["cycle"] < end - begin for begin, end in spans)


@pytest.mark.parametrize(
    ("cycles", "travel", "wrong"),
    [((90, 60), (10.0,), "does not divide 90 s"), ((90, 90), (), "travel times"), ((90,), (), "at least two")],
)
def test_a_corridor_that_is_none_says_what_to_write(
    cycles: tuple[int, ...], travel: tuple[float, ...], wrong: str
) -> None:
    greens = (Green(0, 30),)
    signals = tuple(CorridorSignal(f"j-{i}", 100 * i, cycle, 0, greens, greens) for i, cycle in enumerate(cycles))
    with pytest.raises(BadCorridor, match=wrong):
        bands(Corridor(signals, travel, travel))
