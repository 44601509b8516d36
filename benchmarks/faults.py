"""Is anything lost that was acknowledged? A publisher with a ledger of every PUBACK, and what goes wrong in a city.

Every round ends with a comparison of the ledger with the store; the figures are messages that the broker acknowledged to the
publisher, and how many of these the hub does not have. ROUNDS and MINUTES in the environment change their number.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks._scenarios import SCENARIOS, influxdb_stopped

ROUNDS = int(os.environ.get("ROUNDS", "20"))
MINUTES = float(os.environ.get("MINUTES", "30"))


def run() -> dict[str, Any]:
    """{scenario: rounds, acknowledged, missing}; a scenario that loses something fails."""
    found: dict[str, Any] = {}
    for number, (name, scenario) in enumerate(SCENARIOS.items()):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = scenario(Path(folder) / "city", ROUNDS, number)._asdict()
            print(f"  {name}: {found[name]}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        found[f"InfluxDB away for {MINUTES:g} minutes"] = influxdb_stopped(Path(folder) / "city", MINUTES)._asdict()
    totals = list(found.values())
    found["together"] = {key: sum(each[key] for each in totals) for key in ("rounds", "acknowledged", "missing")}
    return found
