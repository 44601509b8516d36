"""Why a light has its level, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from hub.api.views import plans as plan_views
from hub.api.views import things
from hub.api.views.things import Json, moment
from hub.api.views.why_words import LANGUAGES, Speaker
from hub.control.why import Planned, Rule, Share, Why
from hub.model.incidents import read_order
from hub.model.light import Cause, LightState
from hub.model.overrides import Override
from hub.model.zones import ZoneTree


def _both(tree: ZoneTree, zone: ZoneInfo, now: float, say: Callable[[Speaker], str]) -> Json:
    return {language: say(Speaker(language, tree, zone, now)) for language in LANGUAGES}


def why(found: Why, state: LightState, tree: ZoneTree, zone: ZoneInfo, now: float) -> Json:
    """Everything about one light."""
    difference = found.difference
    winner = found.winner
    return {
        "device": found.device.id,
        "level": winner.level,
        "cause": winner.cause.value,
        "until": moment(winner.until),
        "sentence": _both(tree, zone, now, lambda speaker: speaker.why(found)),
        "winner": rule(winner),
        "losers": [rule(each) for each in found.losers],
        "program": planned(found.planned),
        "light": things.light(state),
        "differs": None
        if difference is None
        else {"because": difference.because.value, "since": moment(difference.since)}
        | _both(tree, zone, now, lambda speaker: speaker.differs(difference)),
    }


def rule(found: Rule) -> Json:
    """A rule that asks for a level; `lost` says why it does not rule."""
    override = found.override
    return {
        "cause": found.cause.value,
        "level": found.level,
        "from": moment(found.start),
        "until": moment(found.until),
        "override": None if override is None else override.id,
        "by": None if override is None else override.by,
        "reason": None if override is None else override.reason,
        "incident": _incident(override),
        "lost": None if found.lost is None else found.lost.value,
    }


def _incident(override: Override | None) -> Json | None:
    order = None if override is None or override.cause is not Cause.INCIDENT else read_order(override.by)
    return None if order is None else {"id": order.incident, "playbook": order.playbook}


def planned(found: Planned) -> Json:
    """What the calendar says, whether it rules or not."""
    return {
        "calendar": None if found.calendar is None else found.calendar.id,
        "source": found.source,
        "program": found.program.id,
        "name": found.program.name,
        "rule": found.text,
        "number": found.number,
        "note": found.note,
        "step": found.step or None,
        "level": 0.0 if found.skipped else found.level,
        "skip": plan_views.skip(found.skip),
        "skipped": found.skipped,
        "unusable": found.unusable,
    }


def shares(found: list[Share], of: str, tree: ZoneTree, zone: ZoneInfo, now: float) -> Json:
    """Which rules rule over the lights of a zone."""
    total = sum(share.lights for share in found)
    return {
        "zone": of,
        "lights": total,
        "rules": [
            rule(share.rule)
            | {
                "lights": share.lights,
                "device": share.device,
                "program": None if share.rule.planned is None else planned(share.rule.planned),
                "sentence": _both(tree, zone, now, lambda speaker, it=share: speaker.share(it.rule, it.lights, total)),  # type: ignore[misc]
            }
            for share in found
        ],
    }
