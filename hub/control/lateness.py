"""How late the steps are that the hub itself carries out."""

from __future__ import annotations

from bisect import bisect_left

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Lateness:
    """Seconds on the wall from the time of a step to the moment when the broker had the lamp's order, by bounds in seconds."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def note(self, seconds: float) -> None:
        """One lamp's step."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """(upper bound, how many were not later), as Prometheus counts."""
        found, below = [], 0
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], self.counts, strict=True):
            below += count
            found.append((bound, float(below)))
        return found
