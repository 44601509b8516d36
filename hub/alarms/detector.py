"""When values become an alarm and when they end it: samples, delays, dead-band. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hub.alarms.ruleset import When


@dataclass(slots=True)
class Trace:
    """What one rule remembers of one device: the samples in a row that would change its mind, and when they began."""

    last: float = float("-inf")
    since: float = 0.0
    samples: int = 0
    raised: bool = False


def judge(when: When, trace: Trace, raised: bool, value: float, at: float) -> bool | None:
    """Take in one value: True when the alarm begins by it, False when it ends, None when nothing changes.

    `raised` says whether it stands now. A sample that is not newer than the last one is a repeat or came late: it says nothing.
    """
    if at <= trace.last:
        return None
    trace.last = at
    if raised is not trace.raised:  # somebody else began or ended it: count anew
        trace.raised, trace.samples = raised, 0
    if not (when.right(value) if raised else when.wrong(value)):
        trace.samples = 0
        return None
    if trace.samples == 0:
        trace.since = at
    trace.samples += 1
    samples, delay = (1, when.off_delay) if raised else (when.samples, when.delay)
    if trace.samples < samples or at - trace.since < delay:
        return None
    trace.samples, trace.raised = 0, not raised
    return not raised
