"""Which message a channel sends next, and when it tries again. Pure.

A channel has two lanes. Fire goes at once and each for itself, some at a time; what is not fire goes one message after the other,
and many become one digest. Within a lane the messages of one alarm go in their order. After a failure that is the channel's own
(no answer, 5xx, 429) its lane rests; after one that is the message's (4xx, an address) only that message waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from hub.model.notify import Delivery
from hub.notify.channels import Digest

FIRE_AT_ONCE = 4
LARGEST_DIGEST = 1_000


class Retry(NamedTuple):
    """Seconds: the first wait, doubled each time, and the longest, for each lane; how long until it is given up."""

    first: float = 5.0
    most: float = 900.0
    fire_most: float = 30.0
    give_up: float = 86_400.0

    def wait(self, failures: int, fire: bool, jitter: float) -> float:
        """After so many failures in a row; `jitter` is between 0 and 1, so that not all come back at once."""
        longest = self.fire_most if fire else self.most
        return min(longest, self.first * 2.0 ** min(failures - 1, 20)) * (0.5 + jitter / 2.0)


class Pick(NamedTuple):
    """What goes now: deliveries of one message. More than one make a digest; `fresh`: they get an id of their own."""

    deliveries: tuple[Delivery, ...]
    fresh: bool = False


class Lane(NamedTuple):
    """A lane as it is. `in_flight` are messages under way, `rests` until when the lane rests and `failing` whether its last
    attempt failed, `not_before` when messages are tried again, `sent` when messages went within the digest's time."""

    fire: bool
    in_flight: Collection[str] = ()
    rests: float = 0.0
    failing: bool = False
    not_before: Mapping[str, float] = {}
    sent: Sequence[float] = ()


def pick(waiting: Sequence[Delivery], lane: Lane, digest: Digest, now: float) -> Pick | float | None:
    """The next message; else when to look again; None: when something changes. `waiting` is in the order of planning."""
    most = FIRE_AT_ONCE if lane.fire and not lane.failing else 1
    if not waiting or len(lane.in_flight) >= most:
        return None
    if lane.rests > now:
        return lane.rests
    later: list[float] = []
    blocked: set[str] = set()
    fresh: list[Delivery] = []
    oldest: dict[str, str] = {}
    for delivery in waiting:
        oldest.setdefault(delivery.alarm, delivery.message)
    for delivery in waiting:
        if delivery.alarm and delivery.alarm in blocked:
            continue
        started = delivery.attempts > 0
        free = delivery.message not in lane.in_flight
        at = lane.not_before.get(delivery.message, 0.0)
        if free and at <= now and (started or lane.fire):
            group = tuple(each for each in waiting if each.message == delivery.message)
            if all(not each.alarm or oldest[each.alarm] == delivery.message for each in group):
                return Pick(group)
            blocked.update(each.alarm for each in group)
            continue
        if free and not started and at <= now:
            fresh.append(delivery)
            continue  # further news of the same alarm may go with it in a digest
        if free:
            later.append(at)
        blocked.add(delivery.alarm)
    if fresh:
        recent = [each for each in lane.sent if now - digest.within < each <= now]
        if len(recent) >= digest.most:
            later.append(sorted(recent)[-digest.most] + digest.within)
        elif len(fresh) > digest.most or (len(fresh) > 1 and len(recent) == digest.most - 1):
            return Pick(tuple(fresh[:LARGEST_DIGEST]), fresh=True)
        else:
            return Pick((fresh[0],))
    return min(later) if later else None
