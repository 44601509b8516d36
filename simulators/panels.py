"""The fire panels of a city that speak for themselves: where they stand, and what can happen to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from simulators.city import City, PanelPlan, Way
from simulators.fire.detection import BadPoint
from simulators.fire.station import LOOPS, FireStation
from simulators.fleet import BadHappening
from simulators.link import Link
from simulators.mqtt.faulty import FaultyClient
from simulators.options import Happening

_APART = 12.0  # metres from the middle of its street, so that each can be seen on a map
_MQTT_ONLY = ("panel-cut", "panel-double", "panel-swap", "panel-silent")


def with_panels(city: City, count: int, *, coap: bool) -> City:
    """The city with so many fire panels, `panel-01` and on, spread over its streets; with `coap` every second speaks that."""
    streets = [zone for zone in city.zones if zone.kind == "street"]
    panels = []
    for number in range(1, count + 1):
        street = streets[(number - 1) * len(streets) // count]
        way = Way.COAP if coap and number % 2 == 0 else Way.MQTT
        name = f"Tủ báo cháy {street.name}"
        panels.append(PanelPlan(f"panel-{number:02d}", name, street.id, street.spot.beside(_APART * number), way))
    return replace(city, panels=tuple(panels))


def check(happening: Happening, stations: dict[str, FireStation], ways: dict[str, Way]) -> None:
    """Raise BadHappening unless it can happen to the panels that it names."""
    where = f"happening at {happening.at:g}"
    for device in happening.devices:
        if device not in stations:
            some = (
                f"panel-01 to panel-{len(stations):02d}" if stations else "none: give fire_panels, how many there are"
            )
            raise BadHappening(f"{where}: {device!r} is no fire panel of its own: there are {some}")
        if happening.do in _MQTT_ONLY and ways[device] is not Way.MQTT:
            raise BadHappening(
                f"{where}: {happening.do} happens to connections, and {device} speaks CoAP: name another"
            )
    if happening.do.startswith("signal-"):
        raise BadHappening(f"{where}: {happening.do} does not happen to {happening.devices[0]}")
    try:
        LOOPS.numbers(happening.points)
    except BadPoint as error:
        raise BadHappening(f"{where}: {error}") from None


def happen(happening: Happening, station: FireStation, link: Link, now: float, wall: Callable[[float], float]) -> None:
    """Let it happen to a panel; `wall` says how long so many of the city's seconds are on the wall."""
    client = link.client
    if happening.do.startswith("fire-"):
        station.befall(happening.do, happening.points, happening.text, now)
    elif happening.do == "panel-clock":
        station.shift = happening.shift
    elif happening.do == "panel-restart":
        if isinstance(client, FaultyClient):
            client.restart()
        else:
            link.cut()
            link.start()
    elif isinstance(client, FaultyClient):
        later = asyncio.get_running_loop().call_later
        lasts = wall(happening.duration)
        match happening.do:
            case "panel-cut":
                client.cut_in_the_middle()
            case "panel-double":
                client.doubling = True
                later(lasts, setattr, client, "doubling", False)
            case "panel-swap":
                client.swapping = True
                later(lasts, setattr, client, "swapping", False)
            case "panel-silent":
                client.hang()
                later(lasts, client.go_on)
    link.wake()
