"""Incidents and playbooks as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from hub.api.versions import version
from hub.api.views.things import Json, moment
from hub.incidents.desk import IncidentDesk
from hub.incidents.lighting import IncidentLights, Lamp, LampNow
from hub.model.incidents import Incident, IncidentLine, Mark, Task, Telling
from hub.model.refusals import both
from hub.registry.city import City

MOST = 1000


def playbook(desk: IncidentDesk, id: str) -> Json:
    """One playbook."""
    written = desk.written[id]
    known = desk.playbooks.get(id)
    body = written.body if known is None or id in desk.unusable else known.model_dump(mode="json", by_alias=True)
    return body | {
        "id": id,
        "running": [each.id for each in desk.running.values() if each.playbook == id],
        "changed": moment(written.changed),
        "by": written.by,
        "version": version(written),
        "unusable": desk.unusable.get(id),
    }


def incident(incident: Incident, city: City) -> Json:
    """One incident, as in lists and the stream."""
    device = city.device(incident.device)
    return {
        "id": incident.id,
        "playbook": incident.playbook,
        "name": incident.name,
        "device": incident.device or None,
        "device_name": "" if device is None else device.name,
        "zone": None if device is None else device.zone,
        "type": incident.type,
        "declared_by": incident.declared_by or None,
        "point": incident.point,
        "text": incident.text,
        "running": incident.running,
        "dry_run": incident.dry,
        "opened": moment(incident.opened),
        "until": moment(incident.until),
        "longest": moment(incident.deadline),
        "after": incident.after,
        "held": len(incident.holders),
        "events": incident.events,
        "ended": moment(incident.ended),
        "ended_why": None if incident.ended_why is None else incident.ended_why.value,
        "ended_by": incident.ended_by or None,
        "reason": incident.reason,
        "lights": incident.lamps,
        "refused": incident.refusals,
        "refused_text": [both(each) for each in incident.refusals],
        "marks": [mark(each, city) for each in incident.marks],
        "tasks": [task(place, each) for place, each in enumerate(incident.tasks, 1)],
    }


async def detail(found: Incident, city: City, desk: IncidentDesk, now: float) -> Json:
    """The same with its lights and routes."""
    lights = desk.lights
    shown = []
    for place in range(len(found.lights)):
        lamps = await lights.lamps(found, place, now) if found.running else ()
        shown.append(lighting(found, place, lights, found.refused[place], lamps))
    routes = [wave(found, place, desk, legs=found.running) for place in range(len(found.waves))]
    told = [telling(each) for each in found.tellings]
    return incident(found, city) | {"lighting": shown, "routes": routes, "tellings": told}


async def preview(found: Incident, city: City, desk: IncidentDesk, now: float, *, fits: bool) -> Json:
    """What would be done."""
    shown, lights = [], desk.lights
    for place in range(len(found.lights)):
        lamps = await lights.lamps(found, place, now)
        refused = await lights.refusal(found, place, now)
        shown.append(lighting(found, place, lights, refused, lamps, everything=True))
    return {
        "playbook": found.playbook,
        "device": found.device,
        "fits": fits,
        "until": moment(found.until),
        "dry_run": found.dry,
        "lighting": shown,
        "routes": [wave(found, place, desk) for place in range(len(found.waves))],
        "marks": [mark(each, city) for each in found.marks],
        "tellings": [telling(each) for each in found.tellings],
        "tasks": [task(place, each) for place, each in enumerate(found.tasks, 1)],
    }


def lighting(
    found: Incident,
    place: int,
    lights: IncidentLights,
    refused: str,
    lamps: Iterable[LampNow],
    *,
    everything: bool = False,
) -> Json:
    """What is ordered over some lights, and what they do."""
    order, known = found.lights[place], list(lamps)
    counts = Counter(each.state for each in known)
    named = (each for each in known if everything or each.state is not Lamp.FOLLOWS)
    return {
        "level": order.level,
        "ramp": order.ramp,
        "zones": list(order.zones),
        "devices": list(order.devices),
        "lights": len(lights.lights(order)),
        "states": {state.value: counts[state] for state in Lamp},
        "lamps": [
            {"device": each.device, "state": each.state.value, "now": each.now, "then": each.then, "by": each.by}
            for each in islice(named, MOST)
        ],
        "refused": refused or None,
        "refused_text": both(refused) if refused else None,
    }


def wave(found: Incident, place: int, desk: IncidentDesk, *, legs: bool = True) -> Json:
    """A route that is asked for, and what its junctions do, or would do."""
    asked = found.waves[place]
    return {
        "route": asked.route,
        "until": moment(asked.until),
        "reason": asked.reason,
        "refused": asked.refused or None,
        "refused_text": both(asked.refused) if asked.refused else None,
        "legs": [
            {"junction": each.junction, "program": each.program, "state": each.state.value, "why": each.why}
            for each in (desk.waves.legs(found, place) if legs else ())
        ],
    }


def mark(found: Mark, city: City) -> Json:
    """A note at a device."""
    device = city.device(found.device)
    return {"device": found.device, "name": "" if device is None else device.name, "text": found.text}


def telling(found: Telling) -> Json:
    """What is told."""
    return {"severity": found.severity, "text": found.text, "to": list(found.to)}


def task(place: int, found: Task) -> Json:
    """What is asked for."""
    return {
        "item": place, "text": found.text, "done": moment(found.done), "by": found.by or None, "remark": found.remark,
    }  # fmt: skip


def line(row: IncidentLine) -> Json:
    """A line of the history."""
    note = row.note
    return {"id": row.id, "time": moment(note.time), "what": note.what, "who": note.who or None, "text": note.text}
