"""The widest bands by trying them all: nothing of it is a linear program.

For a given phase between both directions each junction allows an outbound width b and an inbound width c exactly when
an offset exists that puts both bands into its greens; whether it does hangs on that junction alone.
"""

from __future__ import annotations

from itertools import accumulate

from schedules.signals.bands import Corridor


def widest(corridor: Corridor) -> tuple[int, int]:
    """(the greatest narrower width, the greatest sum with no width less than that), in whole seconds; -1 without bands."""
    cycle = round(corridor.cycle)
    out = list(accumulate(corridor.outbound, initial=0.0))
    back = list(accumulate(corridor.inbound, initial=0.0))
    narrow = -1
    pairs: set[tuple[int, int]] = set()
    for phase in range(cycle):
        frontier = [_frontier(corridor, i, round(out[i]), round(back[i]), phase, cycle) for i in range(len(out))]
        for width in range(cycle + 1):
            home = min(each[width] if width < len(each) else -1 for each in frontier)
            if home < 0:
                break
            narrow = max(narrow, min(width, home))
            pairs.add((width, home))
    return narrow, max((a + b for a, b in pairs if min(a, b) >= narrow), default=-1)


def _frontier(corridor: Corridor, i: int, out: int, back: int, phase: int, cycle: int) -> list[int]:
    """For each outbound width the greatest inbound width at one junction; shorter where none fits."""
    signal = corridor.signals[i]
    (green,), (home,) = signal.outbound, signal.inbound
    found = [-1] * (int(green.length) + 1)
    for offset in range(round(signal.cycle)):
        # the out band begins at 0, the inbound at `phase`, both at the first junction
        late = (out - offset - int(green.start)) % int(signal.cycle)
        behind = (phase - back - offset - int(home.start)) % int(signal.cycle)
        for width in range(int(green.length) - late + 1):
            if behind <= home.length:
                found[width] = max(found[width], int(home.length) - behind)
    while found and found[-1] < 0:
        found.pop()
    return found
