"""What the API shows of coordination groups and their green waves, as plain data ready for JSON."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hub.api.views.things import Json, moment
from hub.signals.coordination import Group, clock_error, programs
from hub.signals.corridor import WAYS, Wave
from hub.signals.corridor_words import Word
from hub.signals.standing import Member, Standing


def word(said: Word) -> Json:
    """A reason."""
    return {"code": said.code, "values": {k: str(v) for k, v in said.values.items()}, "text": said.text()}


def standing(found: Standing) -> Json:
    """A junction of a group."""
    report = found.member.report
    return {
        "junction": found.member.id, "name": found.member.device.name,
        "program": None if found.program is None else found.program.id,
        "mode": None if report is None else report.mode.value,
        "clock_error": None if report is None else report.clock_error,
        "in_step": found.in_step, "out": [word(each) for each in found.out],
    }  # fmt: skip


def group(found: Group, members: list[Member]) -> Json:
    """A group as it is now."""
    return {
        "group": found.id, "state": found.state, "cycle": found.cycle, "clock_error": clock_error(found),
        "programs": programs(members), "junctions": [standing(each) for each in found.standings],
    }  # fmt: skip


def shown_wave(found: Group, wave: Wave, members: list[Member], basis: str, program: str | None, time: float) -> Json:
    """The time-space diagram: the form of `Bands.json()`, and what it is of."""
    parts = [each.json() for each in wave.stretches]
    greens = {signal["junction"]: signal["greens"] for part in parts for signal in part["signals"]}
    return {
        "group": found.id, "basis": basis, "program": program, "time": moment(time),
        "speed": round(wave.speed * 3.6, 3), "cycle": wave.cycle, "state": found.state, "programs": programs(members),
        "signals": [
            _signal(each, metres, wave, greens.get(each.member.id))
            for each, metres in zip(wave.standings, wave.metres, strict=True)
        ],
        **{way: _direction(way, wave, parts) for way in WAYS},
        "uncertain": [word(each) for each in wave.unsure], "untold": [word(each) for each in wave.untold],
    }  # fmt: skip


def _signal(found: Standing, metres: float, wave: Wave, greens: Json | None) -> Json:
    known = found.program if found.in_step else None
    through = {way: wave.through[way] for way in WAYS}
    return standing(found) | {
        "position": round(metres, 1), "cycle": None if known is None else known.cycle,
        "offset": None if known is None else known.offset,
        "groups": {way: list(groups[found.member.id]) for way, groups in through.items() if groups is not None},
        "greens": greens or {way: wave.alone(found, way) if found.in_step else [] for way in WAYS},
    }  # fmt: skip


def _direction(way: str, wave: Wave, parts: list[dict[str, Any]]) -> Json | None:
    if wave.through[way] is None:
        return None
    whole = parts[0][way] if len(parts) == 1 and len(parts[0]["signals"]) == len(wave.standings) else None
    found = {id: width for part in parts for id, width in _links(way, part).items()}
    order = [each.member.id for each in wave.standings]
    links = [found.get(pair) for pair in pairwise(order if way == "outbound" else order[::-1])]
    return {
        "width": whole["width"] if whole is not None else 0.0, "share": whole["share"] if whole is not None else 0.0,
        "speed": round(wave.speed, 3), "links": links, "bands": [band for part in parts for band in part[way]["bands"]],
    }  # fmt: skip


def _links(way: str, part: dict[str, Any]) -> dict[tuple[str, str], float]:
    order = [each["junction"] for each in part["signals"]]
    pairs = pairwise(order if way == "outbound" else order[::-1])
    return dict(zip(pairs, part[way]["links"], strict=True))
