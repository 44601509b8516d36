"""Writes what tests hold against SUMO without having it: `python -m tests.evaluation.golden` (needs the extra; a minute).

driven.json: mean delays by movement of the declared road. report.json: a whole report of a short road, for the pages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks._roads import DECLARED, road
from hub.evaluation.evaluate import evaluate
from hub.evaluation.road_reader import parse_road
from tests.evaluation.corridors import on_foot

HERE = Path(__file__).parent
MADE = 1795384812.0  # 2026-11-22 22:00:12 UTC: the same whenever it is written
BANDS = (0, 40, 81, 84, 40, 84, 42, 85)  # what maxband finds for the declared road
SEEDS = range(1, 4)


def short() -> dict[str, Any]:
    """A road of two junctions whose new plans help who drives through and cost who turns."""
    return on_foot(road((625,), (0, 45))) | {"name": "Lê Lợi <script>", "period": 600, "warmup": 120}


def _driven() -> dict[str, Any]:
    found, _ = evaluate(parse_road(road(DECLARED, BANDS) | {"period": 900}, Path()), SEEDS, MADE)
    return {
        name: {
            "offsets": offsets,
            "delays": {each.name: round(getattr(each.delay, which).mean, 1) for each in found.movements},
        }
        for name, which, offsets in (("zero", "old", [0] * 8), ("bands", "new", list(BANDS)))
    }


def main() -> None:
    """Write both."""
    (HERE / "driven.json").write_text(json.dumps(_driven(), indent=1) + "\n", "utf-8")
    _, report = evaluate(parse_road(short(), Path()), SEEDS, MADE)
    (HERE / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
