"""Alarms as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from hub.alarms.book import Book
from hub.alarms.listing import Group, GroupBy, Listing
from hub.api.times import format_time
from hub.api.views.things import Json
from hub.model.alarms import HUB, Alarm, AlarmLine
from hub.registry.city import City


def alarm(alarm: Alarm, book: Book, city: City, beneath: int, listing: Listing | None = None) -> Json:
    """One alarm; `beneath` is how many stand beneath it, `listing` that of a page of them."""
    rule, listing = book.rules.of(alarm.key.type), listing or Listing(book, city)
    device = city.device(alarm.key.device)
    shelf, service = alarm.shelf, alarm.service
    return {
        "id": alarm.id,
        "device": None if alarm.key.device == HUB else alarm.key.device,
        "name": device.name if device is not None else "",
        "type": alarm.key.type,
        "point": alarm.key.point,
        "state": alarm.state,
        "severity": rule.severity,
        "class": rule.group,
        "text": {"en": rule.text.en, "vi": rule.text.vi},
        "response": {"en": rule.response.en, "vi": rule.response.vi},
        "detail": alarm.text,
        "source": alarm.source,
        "began": format_time(alarm.began),
        "changed": format_time(alarm.changed),
        "told": format_time(alarm.told),
        "times": alarm.times,
        "acknowledged": None if alarm.acknowledged is None else format_time(alarm.acknowledged),
        "acknowledged_by": alarm.acknowledged_by or None,
        "shown": alarm.shown,
        "suppressed": alarm.cause is not None,
        "cause": alarm.cause,
        "beneath": beneath,
        "shelved": None
        if shelf is None
        else {"until": format_time(shelf.until), "by": shelf.by, "reason": shelf.reason},
        "out_of_service": None
        if service is None
        else {"since": format_time(service.since), "by": service.by, "reason": service.reason},
        "shelve_hours": rule.shelve_hours,
        "zone": device.zone if device is not None else None,
        "cabinet": listing.cabinet(alarm.key.device),
        "street": listing.street(alarm.key.device),
        "revision": alarm.revision,
    }


def event(id: str, book: Book, city: City) -> Json:
    """The same for the event stream, as it is when the frame leaves."""
    known = book.alarms.get(id)
    if known is None:
        return {"id": id, "deleted": True}
    return alarm(known, book, city, len(book.beneath(id)))


def group(found: Group, by: GroupBy, book: Book, city: City) -> Json:
    """One group of alarms."""
    name: Mapping[str, str] | str
    if by is GroupBy.CAUSE:
        text = book.rules.of(found.key).text
        name = {"en": text.en, "vi": text.vi}
    elif by is GroupBy.CABINET:
        known = city.device(found.key)
        name = known.name if known is not None else ""
    else:
        zone = city.tree.zones.get(found.key)
        name = zone.name if zone is not None else ""
    return {
        "key": found.key,
        "name": {"en": name, "vi": name} if isinstance(name, str) else name,
        "count": found.alarms,
        "unseen": found.unseen,
        "severity": found.severity,
        "types": dict(found.types),
        "texts": {type: {"en": (text := book.rules.of(type).text).en, "vi": text.vi} for type in found.types},
        "newest": format_time(found.newest),
    }


def line(row: AlarmLine) -> Json:
    """A line of the journal."""
    note = row.note
    return {"id": row.id, "time": format_time(note.time), "what": note.what, "who": note.who or None, "text": note.text}
