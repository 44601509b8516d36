"""Which alarm stands beneath which: the dead feeder first, its lamps beneath it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from hub.alarms.book import Book, Draft
from hub.alarms.ruleset import Rule
from hub.alarms.street import Street
from hub.model.alarms import HUB, Alarm
from hub.model.cabinets import split_feed


def arrange(draft: Draft, book: Book, street: Street, *, whole: bool = False) -> None:
    """Put the alarms of the draft, and those that its causes explain, beneath their cause; release those whose cause is over.
    `whole`: look at every alarm that stands beneath a cause, because time has passed."""
    found = {alarm.id: alarm for alarm in _concerned(draft, book, street)}
    if whole:
        found |= {alarm.id: alarm for alarm in draft.standing() if alarm.cause}
    for alarm in found.values():
        if not alarm.state.raised:
            draft.beneath(alarm, None)  # it ended beneath its cause, which speaks for it
            continue
        if alarm.cause is None and alarm.key.type not in book.rules.explained:
            continue  # a panel may have thousands of points: they are not looked through for each
        known = draft.get(alarm.cause) if alarm.cause else None
        still = known is not None and explains_still(known, book.rules.of(known.key.type), draft.now)
        if known is not None and still and not known.cause:
            continue
        cause = next(_explaining(alarm, book, street, draft), None)
        if cause is not None:
            draft.beneath(alarm, cause.id)
        elif known is not None and not still:
            draft.release(alarm)
        elif known is None:
            draft.beneath(alarm, None)


def _concerned(draft: Draft, book: Book, street: Street) -> Iterator[Alarm]:
    """The alarms that change, and those that what changes may explain."""
    found: dict[str, Alarm] = {alarm.id: alarm for alarm in draft.touched}
    for alarm in list(found.values()):
        rule = book.rules.of(alarm.key.type)
        if not rule.explains:
            continue
        if rule.reach == "city":
            found |= {each.id: each for each in draft.standing()}
            continue
        along = () if rule.reach == "device" else (each.id for each in street.along(alarm.key.device))
        for device in {alarm.key.device, *along}:
            found |= {each.id: each for each in draft.at(device)}
        found |= {id: each for id in book.beneath(alarm.id) if (each := draft.get(id)) is not None}
    yield from found.values()


def explains_still(cause: Alarm, rule: Rule, now: float) -> bool:
    """While it stands, and for a while after: what it took along takes its time to come back."""
    return cause.state.raised or (cause.times > 0 and 0.0 <= now - cause.told < rule.settle)


def _explaining(alarm: Alarm, book: Book, street: Street, draft: Draft) -> Iterator[Alarm]:
    """The causes that explain it, those first that stand beneath nothing themselves."""
    found = []
    for device in _places(alarm.key.device, street):
        for cause in draft.at(device):
            rule = book.rules.of(cause.key.type)
            if (
                cause.id != alarm.id
                and alarm.key.type in rule.explains
                and explains_still(cause, rule, draft.now)
                and _within(alarm, cause, rule, street)
                and alarm.told >= cause.told - rule.settle
                and not _above(cause, alarm.id, draft)
            ):
                found.append(cause)
    yield from sorted(found, key=lambda cause: (cause.cause is not None, cause.told))


def _places(device: str, street: Street) -> list[str]:
    """Where a cause of what is wrong at `device` may stand."""
    if device == HUB:
        return [HUB]
    known = street.device(device)
    places = [device, street.owner(device), HUB]
    if known is not None and known.feed is not None:
        places.append(split_feed(known.feed).cabinet)
    return list(dict.fromkeys(places))


def _within(alarm: Alarm, cause: Alarm, rule: Rule, street: Street) -> bool:
    device, at = alarm.key.device, cause.key.device
    match rule.reach:
        case "city":
            return at == HUB
        case "device":
            return device == at
        case "feed":
            return at != HUB
        case "children":
            return device != at and street.owner(device) == at
        case "segment":
            if device == at:
                return alarm.key.point in ("", cause.key.point)
            known = street.device(device)
            feed = known.feed if known is not None else None
            return feed is not None and feed == f"{at}/{cause.key.point}"


def _above(cause: Alarm, alarm: str, draft: Draft) -> bool:
    """Whether `alarm` is somewhere above `cause`."""
    seen: set[str] = set()
    id = cause.cause
    while id is not None and id not in seen:
        if id == alarm:
            return True
        seen.add(id)
        known = draft.get(id)
        id = known.cause if known is not None else None
    return False


def taken_along(cause: Alarm, rule: Rule, street: Street) -> list[str]:
    """The devices that a cause takes along: for people, whether or not each of them says something."""
    if not rule.explains or rule.reach == "device" or cause.key.device == HUB:
        return []
    at = cause.key.device
    devices = street.along(at)
    if rule.reach == "segment":
        return [each.id for each in devices if each.feed == f"{at}/{cause.key.point}"]
    if rule.reach == "children":
        return [each.id for each in devices if street.owner(each.id) == at]
    return [each.id for each in devices]
