"""Whether a playbook may be written: it names what exists, and no incident of it would go beyond the city's limits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import islice

from hub.background import Breath
from hub.control.limits import Limits
from hub.incidents.lighting import IncidentLights
from hub.incidents.planning import Planner
from hub.incidents.playbook import BadPlaybook, Light, Playbook
from hub.model.alarms import AlarmKey
from hub.model.devices import DeviceKind
from hub.registry.city import City

CANDIDATES = 200  # devices for which what is near them is judged beforehand
DAY = 86_400.0


def check_routes(playbook: Playbook, routes: Collection[str], longest_hours: float) -> None:
    """Raise BadPlaybook when it asks for a route that is not declared (`routes`), or for longer than a person may."""
    for place, each in enumerate(playbook.route):
        if each.route not in routes:
            there = f"name one of {', '.join(sorted(routes)[:20])}" if routes else "there is none yet"
            raise BadPlaybook(f"route.{place}.route", f"no route {each.route!r}: {there}, or declare it first")
        if each.minutes > longest_hours * 60.0:
            raise BadPlaybook(
                f"route.{place}.minutes", f"is more than signals.longest_hours ({longest_hours:g} h): write less"
            )


async def check_playbook(
    playbook: Playbook, planner: Planner, lights: IncidentLights, limits: Limits, now: float
) -> None:
    """Raise BadPlaybook for the first thing that is wrong, but for its routes. What is near a device is judged for the devices
    that its trigger names, else for the first two hundred that are no lights; all is judged again when an incident is opened."""
    city, breath = planner.city, Breath()
    _check_names(playbook, city)
    for place, light in enumerate(playbook.light):
        if not _of_device(light):
            lighting = planner.lighting(light, "")
            if lighting.why_none:
                raise BadPlaybook(f"light.{place}", "names no light in service: name zones or lights that have some")
        for device in list(_candidates(playbook, city)) if _of_device(light) else [""]:
            if breath.due():  # each may be thousands of lights
                await breath.take()
            _check_limits(playbook, place, device, planner, lights, limits, now)


def _of_device(light: Light) -> bool:
    return light.own_zone or light.within is not None


def _check_names(playbook: Playbook, city: City) -> None:
    named: list[tuple[str, Sequence[str], Sequence[str]]] = [
        ("trigger", playbook.trigger.zones, playbook.trigger.devices)
    ]
    named += [(f"light.{place}", light.zones, light.devices) for place, light in enumerate(playbook.light)]
    named += [(f"mark.{place}", (), mark.devices) for place, mark in enumerate(playbook.mark)]
    for where, zones, devices in named:
        for zone in zones:
            if zone not in city.tree:
                raise BadPlaybook(f"{where}.zones", f"no zone {zone!r}: add it first, or name another")
        for device in devices:
            if city.device(device) is None:
                raise BadPlaybook(f"{where}.devices", f"no device {device!r}: register it first, or name another")


def _candidates(playbook: Playbook, city: City) -> Iterable[str]:
    trigger = playbook.trigger
    if trigger.devices:
        return trigger.devices
    inside = (
        device
        for device in city.devices.values()
        if device.kind is not DeviceKind.LIGHT
        and (not trigger.zones or any(zone in trigger.zones for zone in city.tree.path(device.zone)))
    )
    return (device.id for device in islice(inside, CANDIDATES))


def _check_limits(
    playbook: Playbook, place: int, device: str, planner: Planner, lights: IncidentLights, limits: Limits, now: float
) -> None:
    type = playbook.trigger.types[0] if playbook.trigger.types else "alarm"
    incident = planner.incident(playbook, AlarmKey(device, type), "", None, now)
    lighting = incident.lights[place]
    if lighting.why_none:
        return
    request = lights.request(incident, place, lighting)
    needs = limits.needs(replace(request, until=max(request.until, now + DAY)), lights.lights(lighting), now)
    if needs:
        where = f" for {device}" if device else ""
        why = "; ".join(sentence for _, sentence in needs)
        raise BadPlaybook(
            f"light.{place}",
            f"{why}{where}: nobody approves what a playbook does: stay within what one person may order, name fewer lights",
        )
