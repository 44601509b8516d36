"""Sensor rules and what they do now, as JSON."""

from __future__ import annotations

from hub.api.versions import version
from hub.api.views.things import Json, moment
from hub.control.arbiter import Arbiter
from hub.control.desk import SENSING
from hub.control.sensing import Sensing
from hub.model.light import Cause
from hub.model.metrics import METRICS, Behaviour, behaviour_of
from hub.registry import Written
from schedules.sensed import Twilight


def known(sensing: Sensing) -> list[str]:
    """The ids of all rules, those that cannot be followed among them."""
    return sorted({*sensing.followed, *sensing.refused})


def written(sensing: Sensing, id: str) -> Written:
    """A rule as it was written."""
    each = sensing.followed.get(id)
    return sensing.refused[id] if each is None else each.written


def rule(sensing: Sensing, arbiter: Arbiter, id: str, now: float) -> Json:
    """One rule."""
    each = sensing.followed.get(id)
    if each is None:
        return _refused(sensing.refused[id], sensing.unusable.get(f"sensor rule {id}"))
    ask, tracker = each.ask, each.tracker
    held = (o.id for o in arbiter.overrides() if o.cause is Cause.SENSOR and o.by == SENSING + id and o.active(now))
    states = [_sensor(sensing, device, each.rule.metric, now) for device in each.rule.sensors]
    return each.written.body | {
        "active": ask is not None,
        "effect": None if ask is None else ask.effect,
        "asks": None if ask is None else ask.level,
        "since": moment(each.since),
        "until": None if ask is None else moment(ask.until),
        "override": next(held, None),
        "value": tracker.value if isinstance(tracker, Twilight) else None,
        "states": states,
        "dead": [state["device"] for state in states if state["dead"]],
        **_about(each.written, None),
    }


def _about(written: Written, why: str | None) -> Json:
    return {"changed": moment(written.changed), "by": written.by, "version": version(written), "unusable": why}


def _refused(written: Written, why: str | None) -> Json:
    nothing = dict.fromkeys(("effect", "asks", "since", "until", "override", "value"))
    return written.body | {"active": False, **nothing, "states": [], "dead": [], **_about(written, why)}


def _sensor(sensing: Sensing, device: str, metric: str, now: float) -> Json:
    sensors = sensing.sensors
    value, heard = sensors.values.get((device, metric)), sensors.heard((device, metric))
    return {
        "device": device,
        "value": None if value is None else value.value,
        "unit": unit(metric),
        "time": moment(heard),
        "age": None if heard is None else round(max(0.0, now - heard), 1),
        "dead": sensors.dead((device, metric), now),
    }


def unit(metric: str) -> str:
    """The unit in which a rule compares a metric: counts of things are those of an hour."""
    return "1/h" if behaviour_of(metric) is Behaviour.DELTA else METRICS[metric].unit
