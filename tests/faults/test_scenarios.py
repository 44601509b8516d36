"""Each thing that goes wrong in a city: whatever was acknowledged is stored. Many rounds: `make bench ARGS=faults`."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks._scenarios import SCENARIOS, influxdb_stopped

KILLS = ("kill -9 of the hub", "kill -9 of the broker")  # test_kill.py does these, with lamps


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in KILLS])
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_missing(tmp_path: Path, name: str) -> None:
    tally = SCENARIOS[name](tmp_path / "city", 1, 7)
    assert tally.acknowledged > 300
    assert tally.missing == 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_influxdb_may_be_away_for_minutes(tmp_path: Path) -> None:
    tally = influxdb_stopped(tmp_path / "city", minutes=5)
    assert tally.acknowledged > 3000
    assert tally.missing == 0
