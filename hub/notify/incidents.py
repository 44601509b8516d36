"""From the messages that incidents leave to deliveries: whom each is told, and when. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hub.model.alarms import Severity
from hub.model.ids import new_id
from hub.model.incidents import Message, MessageLine
from hub.model.notify import Delivery, What
from hub.notify.facts import Facts
from hub.notify.planning import Plans
from hub.notify.routes import Route
from hub.notify.windows import quiet_until


def plan_message(plans: Plans, line: MessageLine, like: Facts) -> list[Delivery]:
    """One delivery a channel. `like` are the facts of the alarm that opened the incident, as if it had just begun.

    The names in `to` are channels, and routes whose first step is told. Where none is given, or one is no longer there, the
    routes choose, as for an alarm of the message's severity that begins (opened, refused) or ends.
    """
    told, facts = line.message, replace(like, severity=Severity(line.message.severity))
    made: dict[str, Delivery] = {}
    for name, channel, due in (*_named(plans, told, facts), *_chosen(plans, told, facts)):
        if channel in plans.channels and channel not in made:
            made[channel] = Delivery(
                new_id("msg"), channel, plans.channels[channel], told.incident, line.id, What.INCIDENT, name,
                fire=facts.fire, created=told.time, due=due, body={"at": told.time, "incident": _body(told, facts)},
            )  # fmt: skip
    return list(made.values())


def _named(plans: Plans, told: Message, facts: Facts) -> Iterator[tuple[str, str, float]]:
    for name in told.to:
        if name in plans.channels:
            yield "", name, told.time
        if (route := _usable(plans, name)) is not None:
            yield from _first(plans, name, route, told, facts)


def _chosen(plans: Plans, told: Message, facts: Facts) -> Iterator[tuple[str, str, float]]:
    if told.to and all(name in plans.channels or _usable(plans, name) is not None for name in told.to):
        return
    on = "ended" if told.what == "ended" else "began"
    for name, route in sorted(plans.routes.items()):
        if on in route.on and route.misfit(facts, told.time, plans.zone) is None:
            yield from _first(plans, name, route, told, facts)


def _usable(plans: Plans, name: str) -> Route | None:
    route = plans.routes.get(name)
    return route if route is not None and route.enabled else None


def _first(plans: Plans, name: str, route: Route, told: Message, facts: Facts) -> Iterator[tuple[str, str, float]]:
    due = told.time if facts.fire else quiet_until(route.quiet, told.time, plans.zone)
    for channel in route.steps[0].channels:
        yield name, channel, due


def _body(told: Message, facts: Facts) -> dict[str, Any]:
    key, zones = facts.alarm.key, facts.zones
    nearest = next(iter(zones), None)
    return {
        "id": told.incident, "playbook": told.playbook, "what": told.what, "text": told.text, "severity": told.severity,
        "class": facts.group, "type": key.type, "point": key.point, "device": told.device or None, "name": facts.name,
        "zone": nearest, "zones": list(zones), "zone_name": zones.get(nearest or "", ""), "street": facts.street,
        "cabinet": facts.cabinet,
    }  # fmt: skip
