"""Draft plan sets from SUMO: the fixed-time `tlLogic` of a network or additional file (SUMO 1.x).

SUMO has no minimum times, intergreens or clearances. What it does have is taken: programs, and from a network's junctions who is
whose foe and who must give way. The rest is what its programs do now, for a person to check.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from schedules.signals.guard import MOST_GROUPS, BadPlanSet

_CROSSING = re.compile(r":.*_c[0-9]+(_[0-9]+)?")
_KNOWN = frozenset("ruGgyoO")


def read_tl_logic(xml: str, junction: str, light: str | None = None) -> dict[str, Any]:
    """The draft of a plan set for `junction` from a SUMO file; `light`: which tlLogic, where there are several.

    Links that always show the same, and are no foes, are one signal group. BadPlanSet says what cannot be taken over.
    """
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise BadPlanSet("the file declares entities: write plain XML, as netconvert does")
    try:
        root = ET.fromstring(xml)
    except ET.ParseError as error:
        raise BadPlanSet(f"line {error.position[0]}, column {error.position[1]}: this is not XML") from None
    logics = _logics(root, light)
    columns = _columns(logics)
    foes, gives = _requests(root, logics[0].get("id", ""), len(columns))
    groups = _groups(columns, foes)
    walking = _walking(root, logics[0].get("id", ""), len(columns))
    ids = [f"g{number}" for number in range(1, len(groups) + 1)]
    shown = [columns[links[0]] for links in groups]
    conflicts = [pair for pair in combinations(range(len(groups)), 2) if _apart(groups, shown, foes, *pair)]
    yields = [(one, other) for one, other in (each for pair in conflicts for each in (pair, pair[::-1]))
              if "g" in "".join(shown[one]) and any((a, b) in gives for a in groups[one] for b in groups[other])]  # fmt: skip
    programs = {name: _program(logic, [
        "".join(shown[group][number][second] for group in range(len(groups)))
        for second in range(len(shown[0][number]))
    ]) for number, (name, logic) in enumerate(zip(_names(logics), logics, strict=True))}  # fmt: skip
    return {
        "format": 1,
        "junction": junction,
        "intersection": {
            "name": logics[0].get("id", ""),
            "groups": [
                _group(ids[n], links, shown[n], [walking[link] for link in links if link in walking])
                for n, links in enumerate(groups)
            ],
            "conflicts": [[ids[one], ids[other]] for one, other in conflicts],
            "yields": [[ids[one], ids[other]] for one, other in yields],
            "intergreens": _intergreens(ids, shown, conflicts),
            "limits": {"cycle": [10, 300]},
        },
        "programs": programs,
        "day_plans": {"every-day": [{"from": "00:00", "program": next(iter(programs))}]},
    }


def _logics(root: ET.Element, light: str | None) -> list[ET.Element]:
    found = [each for each in root.iter("tlLogic") if light is None or each.get("id") == light]
    ids = sorted({each.get("id", "") for each in found})
    if len(ids) != 1:
        there = ", ".join(sorted({each.get("id", "") for each in root.iter("tlLogic")})[:10]) or "none"
        raise BadPlanSet(f"there are the tlLogic {there}: name one of them")
    for each in found:
        if each.get("type", "static") != "static":
            raise BadPlanSet(
                f"tlLogic {ids[0]!r} is {each.get('type')}: only static ones, with fixed times, can be taken"
            )
    return found


def _names(logics: Sequence[ET.Element]) -> list[str]:
    """What the programs are called in the plan set: two are never taken for one."""
    found: dict[str, str] = {}
    for logic in logics:
        written = logic.get("programID", "0")
        name = f"p-{_slug(written)}"
        if name in found:
            raise BadPlanSet(
                f"the programIDs {found[name]!r:.60} and {written!r:.60} would both be called {name!r}: rename one"
            )
        found[name] = written
    return [*found]


def _number(element: ET.Element, key: str, most: int) -> int:
    """A whole number from 0 to `most` that an element must have."""
    text = element.get(key, "")
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or int(text) > most:
        raise BadPlanSet(f"<{element.tag}> has {key}={text!r:.20}: use a whole number from 0 to {most}")
    return int(text)


def _metres(lane: ET.Element) -> float:
    text = lane.get("length", "")
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?", text, re.ASCII):
        raise BadPlanSet(f"lane {lane.get('id', '')!r:.60} has length={text!r:.20}: use metres such as 14.00")
    return float(text)


def _columns(logics: Sequence[ET.Element]) -> list[list[str]]:
    """By link: what it shows in each second, a string for each program."""
    programs = []
    for logic in logics:
        seconds: list[str] = []
        for phase in logic.iter("phase"):
            duration, state = phase.get("duration", ""), phase.get("state", "")
            if not re.fullmatch(r"[0-9]{1,3}(\.0+)?", duration):
                raise BadPlanSet(f"a phase of {duration!r:.20} s: use whole seconds")
            if not set(state) <= _KNOWN:
                raise BadPlanSet(f"state {state!r:.60}: only the letters {' '.join(sorted(_KNOWN))} can be taken over")
            seconds += [state] * int(float(duration))
        if not seconds or len({len(state) for state in seconds}) != 1 or len(seconds) > 300:
            raise BadPlanSet("phases with as many letters each, and 300 s together at most, are needed")
        programs.append(seconds)
    if len({len(seconds[0]) for seconds in programs}) != 1:
        raise BadPlanSet("the programs have different numbers of links: they are not of one junction")
    return [["".join(state[link] for state in seconds) for seconds in programs] for link in range(len(programs[0][0]))]


def _requests(root: ET.Element, light: str, links: int) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """(foes, who gives way to whom) by link, where the network has the junction of this light with as many links."""
    junction = next((each for each in root.iter("junction") if each.get("id") == light), None)
    requests = [] if junction is None else list(junction.iter("request"))
    if len(requests) != links:
        return set(), set()
    bits = {
        _number(each, "index", links - 1): (each.get("foes", "")[::-1], each.get("response", "")[::-1])
        for each in requests
    }
    if len(bits) != links:
        raise BadPlanSet(f"the requests of junction {light!r:.60} name a link twice: write each index once")
    foes = {(one, other) for one, (foe, _) in bits.items() for other, bit in enumerate(foe) if bit == "1"}
    return foes, {(one, other) for one, (_, way) in bits.items() for other, bit in enumerate(way) if bit == "1"}


def _walking(root: ET.Element, light: str, links: int) -> dict[int, float | None]:
    """The links that are pedestrian crossings, with the metres that the network says."""
    lanes = {str(lane.get("id")).rsplit("_", 1)[0]: lane for lane in root.iter("lane")}
    found: dict[int, float | None] = {}
    for each in root.iter("connection"):
        if each.get("tl") == light and _CROSSING.fullmatch(each.get("to", "")):
            lane = lanes.get(re.sub(r"(_c[0-9]+)_[0-9]+$", r"\1", each.get("to", "")))
            found[_number(each, "linkIndex", links - 1)] = None if lane is None else _metres(lane)
    return found


def _groups(columns: Sequence[list[str]], foes: set[tuple[int, int]]) -> list[list[int]]:
    found: list[list[int]] = []
    for link, column in enumerate(columns):
        like = next((each for each in found if columns[each[0]] == column
                     and not any((link, other) in foes or (other, link) in foes for other in each)), None)  # fmt: skip
        if like is None:
            found.append([link])
        else:
            like.append(link)
    if len(found) > MOST_GROUPS:
        raise BadPlanSet(f"{len(found)} signal groups: at most {MOST_GROUPS} can be run")
    return found


def _apart(
    groups: Sequence[list[int]], shown: Sequence[list[str]], foes: set[tuple[int, int]], one: int, other: int
) -> bool:
    """Foes of the network; without one, those that never move together."""
    if foes:
        return any((a, b) in foes or (b, a) in foes for a in groups[one] for b in groups[other])
    return not any(a in "Gg" and b in "Gg" for first, second in zip(shown[one], shown[other], strict=True)
                   for a, b in zip(first, second, strict=True))  # fmt: skip


def _group(id: str, links: list[int], shown: list[str], walks: Sequence[float | None]) -> dict[str, Any]:
    """`walks`: the lengths of its crossings. One that nobody knows is left out, so that a person must measure it."""
    group: dict[str, Any] = {"id": id, "name": f"links {', '.join(map(str, links))}",
                             "kind": "pedestrian" if walks else "vehicle",
                             "min_green": min(_lengths(shown, "Gg"), default=5)}  # fmt: skip
    if walks:
        known = [each for each in walks if each is not None]
        return group | {"min_flashing": 0} | ({"crossing_length": max(known)} if len(known) == len(walks) else {})
    return group | {"amber": min(max(min(_lengths(shown, "y"), default=3), 2), 6),
                    "red_amber": min(min(_lengths(shown, "u"), default=0), 3)}  # fmt: skip


def _lengths(shown: list[str], letters: str) -> Iterator[int]:
    """Of each stretch of such letters, over the wrap; of what is always so, none."""
    for column in shown:
        turned = next((n for n, letter in enumerate(column) if letter not in letters), None)
        if turned is not None:
            runs = re.findall(f"[{letters}]+", column[turned:] + column[:turned])
            yield from (len(run) for run in runs)


def _intergreens(
    ids: Sequence[str], shown: Sequence[list[str]], conflicts: Sequence[tuple[int, int]]
) -> dict[str, dict[str, int]]:
    """The shortest that its programs have now, to 60 s."""
    found: dict[str, dict[str, int]] = {}
    for one, other in (each for pair in conflicts for each in (pair, pair[::-1])):
        gaps = [gap for first, second in zip(shown[one], shown[other], strict=True) for gap in _gaps(first, second)]
        found.setdefault(ids[one], {})[ids[other]] = min([60, *gaps])
    return found


def _gaps(ends: str, starts: str) -> Iterator[int]:
    since: int | None = None
    for second in range(2 * len(ends)):
        now, before = second % len(ends), (second - 1) % len(ends)
        if starts[now] in "Gg" and starts[before] not in "Gg" and since is not None and ends[now] not in "Gg":
            yield since
        since = 0 if ends[now] in "Gg" else None if since is None else since + 1


def _program(logic: ET.Element, seconds: list[str]) -> dict[str, Any]:
    cycle = len(seconds)
    states = {str(n): letters for n, letters in enumerate(seconds) if not n or letters != seconds[n - 1]}
    steady = [n for n, letters in enumerate(seconds) if set(letters) <= set("rGgoO")]
    offset = logic.get("offset", "0")
    if not re.fullmatch(r"-?[0-9]{1,6}(\.0+)?", offset):
        raise BadPlanSet(f"an offset of {offset!r:.20}: use whole seconds")
    return {"cycle": cycle, "offset": int(float(offset)) % cycle, "states": states, "switch": steady[:1]}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "0"
