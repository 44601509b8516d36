"""From lines of the alarms' journal to messages: who is told what, and when. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import NamedTuple

from hub.model.alarms import HUB, AlarmState
from hub.model.ids import new_id
from hub.model.notify import ChannelKind, Delivery, DeliveryState, JournalLine, What
from hub.model.untold import UNTOLD
from hub.notify.facts import Facts
from hub.notify.routes import Route
from hub.notify.windows import quiet_until

OWN = "notificationFailed"  # the alarm of a channel that fails: its point is the channel
_BACK = frozenset({"released", "unshelved", "in-service"})  # it is on the list again, as when it began
LINES = frozenset({"began", "ended", "acknowledged"}) | _BACK
_SET_BACK = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class Plans:
    """What is written of routes and channels. `settle`: seconds that what is not fire waits for its cause."""

    routes: Mapping[str, Route]
    channels: Mapping[str, ChannelKind]
    zone: tzinfo
    settle: float = 10.0


class Due(NamedTuple):
    """One message that a route would send."""

    route: str
    step: int
    channel: str
    due: float
    conditional: bool
    held: bool  # by quiet hours


def begins(plans: Plans, facts: Facts, at: float) -> list[Due]:
    """Whom the beginning of an alarm is told, if it is at `at`. Of several routes to a channel at once the first counts."""
    found: list[Due] = []
    at_once: set[str] = set()
    for name, route in sorted(plans.routes.items()):
        if "began" not in route.on or route.misfit(facts, at, plans.zone) is not None:
            continue
        for number, step in enumerate(route.steps):
            due = at + max(step.after * 60.0, 0.0 if facts.fire else plans.settle)
            free = due if facts.fire else quiet_until(route.quiet, due, plans.zone)
            for channel in step.channels:
                if channel not in plans.channels or _of_itself(facts, channel) or (not number and channel in at_once):
                    continue
                if not number:
                    at_once.add(channel)
                found.append(Due(name, number, channel, free, bool(number) or free > due, free > due))
    return found


def _of_itself(facts: Facts, channel: str) -> bool:
    key = facts.alarm.key
    return key.device == HUB and key.type == OWN and key.point == channel


class Planned(NamedTuple):
    """What one line of the journal comes to: new messages, and planned ones that have lost their reason, {id or index: why}."""

    new: list[Delivery]
    cancelled: dict[str, str]  # by message


def plan(plans: Plans, line: JournalLine, facts: Facts | None, known: Iterable[Delivery]) -> Planned:
    """`known` are the deliveries of the line's alarm and episode until now."""
    if facts is None or line.what not in LINES or line.episode <= 0:
        return Planned([], {})
    known = list(known)
    if line.what == "began" or line.what in _BACK:
        return Planned(_begin(plans, line, facts, known), {})
    why = UNTOLD.say("acknowledged", by=line.who) if line.what == "acknowledged" else UNTOLD.say("returned")
    cancelled = {each.message: why for each in known if each.state is DeliveryState.PLANNED and each.conditional}
    return Planned(_follow(plans, line, facts, [each for each in known if each.message not in cancelled]), cancelled)


def _begin(plans: Plans, line: JournalLine, facts: Facts, known: list[Delivery]) -> list[Delivery]:
    if line.what in _BACK:
        told = any(each.what is What.BEGAN and each.state is not DeliveryState.CANCELLED for each in known)
        current = facts.alarm.state is AlarmState.UNACKNOWLEDGED and facts.alarm.times == line.episode
        if told or not current:
            return []
    return [
        _delivery(plans, line, facts, What.BEGAN, due.channel, due.route, due.step, due.due, due.conditional)
        for due in begins(plans, facts, line.time)
    ]


def _follow(plans: Plans, line: JournalLine, facts: Facts, known: list[Delivery]) -> list[Delivery]:
    """Whom the end or the acknowledgement is told: who was told of the beginning, by the routes that say so."""
    what = What(line.what)
    found: dict[str, Delivery] = {}
    gone = (DeliveryState.CANCELLED, DeliveryState.GIVEN_UP, DeliveryState.DISCARDED)
    for each in known:
        route = plans.routes.get(each.route)
        usable = route is not None and what.value in route.on and each.channel in plans.channels
        if each.what is not What.BEGAN or each.state in gone or route is None or not usable or each.channel in found:
            continue
        due = max(line.time, each.due) if each.state is DeliveryState.PLANNED else line.time
        due = due if facts.fire else quiet_until(route.quiet, due, plans.zone)
        found[each.channel] = _delivery(plans, line, facts, what, each.channel, each.route, each.step, due)
    for name, route in sorted(plans.routes.items()):
        if "began" in route.on or what.value not in route.on or route.misfit(facts, line.time, plans.zone) is not None:
            continue
        if not facts.fire and not facts.alarm.shown and facts.alarm.state is not AlarmState.NORMAL:
            continue  # beneath its cause, shelved or out of service
        due = line.time if facts.fire else quiet_until(route.quiet, line.time, plans.zone)
        for channel in route.steps[0].channels:
            if channel in plans.channels and channel not in found and not _of_itself(facts, channel):
                found[channel] = _delivery(plans, line, facts, what, channel, name, 0, due)
    return list(found.values())


def _delivery(
    plans: Plans, line: JournalLine, facts: Facts, what: What, channel: str, route: str, step: int, due: float,
    conditional: bool = False,
) -> Delivery:  # fmt: skip
    return Delivery(
        new_id("msg"), channel, plans.channels[channel], line.alarm, line.episode, what, route, step, facts.fire, conditional,
        line.time, due, body={"who": line.who, "at": line.time},
    )  # fmt: skip


class Verdict(NamedTuple):
    """What becomes of a planned message now: it goes, or it is cancelled for a reason."""

    goes: bool
    reason: str = ""


def verdict(plans: Plans, delivery: Delivery, facts: Facts | None, now: float) -> Verdict | None:
    """None: its time has not come. When the clock was set back, nothing waits for the old one."""
    if now < delivery.due and now > delivery.created - _SET_BACK:
        return None
    if delivery.channel not in plans.channels:
        return Verdict(False, UNTOLD.say("channel-deleted"))
    if facts is None:
        return Verdict(False, UNTOLD.say("device-deleted")) if delivery.what is What.BEGAN else Verdict(True)
    alarm = facts.alarm
    if delivery.what is not What.BEGAN:
        return Verdict(True)
    if delivery.conditional and (alarm.times != delivery.episode or not alarm.state.raised):
        return Verdict(False, UNTOLD.say("returned"))
    if delivery.conditional and alarm.state is AlarmState.ACKNOWLEDGED:
        return Verdict(False, UNTOLD.say("acknowledged", by=alarm.acknowledged_by))
    if facts.fire:
        return Verdict(True)
    if alarm.cause is not None:
        return Verdict(False, UNTOLD.say("beneath"))
    if alarm.shelf is not None:
        return Verdict(False, UNTOLD.say("shelved", by=alarm.shelf.by))
    if alarm.service is not None:
        return Verdict(False, UNTOLD.say("out-of-service", by=alarm.service.by))
    return Verdict(True)


def moved(plans: Plans, delivery: Delivery, by: float) -> float:
    """When a planned one is due after the clock was set by `by` seconds (positive: forth): as long from now as before, but at
    the end of quiet hours, which are the new clock's."""
    route = plans.routes.get(delivery.route)
    if delivery.fire or route is None or not route.quiet:
        return delivery.due + by
    step = route.steps[delivery.step] if delivery.what is What.BEGAN and delivery.step < len(route.steps) else None
    waits = 0.0 if step is None else max(step.after * 60.0, plans.settle)
    return quiet_until(route.quiet, delivery.created + by + waits, plans.zone)


Telling = tuple[str, int, str]
"""An episode of an alarm, told by one channel: (alarm, episode, channel)."""


def telling(delivery: Delivery) -> Telling:
    """What a delivery is part of."""
    return delivery.alarm, delivery.episode, delivery.channel


def unsaid(delivery: Delivery, gone: Collection[Telling]) -> bool:
    """Whether `delivery` tells what became of a beginning that is not told at all: one of `gone`."""
    return delivery.what in (What.ENDED, What.ACKNOWLEDGED) and telling(delivery) in gone


def released(delivery: Delivery, body: dict[str, object]) -> Delivery:
    """It waits for its channel now, and says that."""
    return replace(delivery, state=DeliveryState.WAITING, body=body)
