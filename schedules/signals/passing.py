"""The rules for one step from a stretch to the next, and for what is shown together within one."""

from __future__ import annotations

from collections.abc import Iterator

from schedules.signals.finding import Finding, Phrase, Value
from schedules.signals.intersection import MOST_AMBER, Group
from schedules.signals.junction import Clearing, Junction
from schedules.signals.motion import CLASSES, Since, Stretch

_MOVES = "Ggf"


def together(junction: Junction, letters: str) -> Iterator[tuple[str, tuple[int, ...], dict[str, Value]]]:
    """(rule, groups, params) for conflicting groups that one string lets move, clear or get ready together."""
    for one, other in junction.conflicts:
        shown = letters[one], letters[other]
        if _safe(*shown) or _gives_way(junction, one, other, letters) or _gives_way(junction, other, one, letters):
            continue
        ids = junction.groups[one].id, junction.groups[other].id
        declared = bool({(one, other), (other, one)} & junction.yields)
        yield (
            "conflict",
            (one, other),
            {"one": ids[0], "letter": shown[0].lower() if shown[0] == "Y" else shown[0], "other": ids[1],
             "shown": shown[1].lower() if shown[1] == "Y" else shown[1], "hint": Phrase("declared") if declared else ""},
        )  # fmt: skip


def _safe(one: str, other: str) -> bool:
    """Of two groups that conflict: one stands, or neither moves while one gets ready."""
    if one == "r" or other == "r" or (one in "oO" and other in "oO"):
        return True
    return (one == "u" and other not in _MOVES) or (other == "u" and one not in _MOVES)


def _gives_way(junction: Junction, one: int, other: int, letters: str) -> bool:
    """Whether `one` gives way to `other` now: shows `g`, clears after it, or is about to move."""
    return (one, other) in junction.yields and letters[one] in "gYu"


def step(junction: Junction, letters: str, since: Since, stretch: Stretch) -> Iterator[Finding]:
    """What is wrong with going from a stretch with `letters`, at whose end `since` held, to the next."""
    for number, (old, new) in enumerate(zip(letters, stretch.letters, strict=True)):
        if old == new:
            continue
        group = junction.groups[number]
        if CLASSES[old] != CLASSES[new]:
            yield from _ended(group, old, since.least[number], since.most[number], stretch.start)
            allowed = _allowed(group, old)
            if CLASSES[new] not in allowed:
                yield Finding(
                    "sequence",
                    groups=(group.id,),
                    second=stretch.start,
                    params={"group": group.id, "letter": old.lower() if old == "Y" else old,
                            "next": new.lower() if new == "Y" else new, "allowed": _then(old, allowed)},
                )  # fmt: skip
        starts = new in _MOVES and old not in _MOVES
        if starts or (old == "g" and new == "G"):
            for clearing in junction.clearings[number]:
                yield from _cleared(junction, number, clearing, starts, since, stretch)


def _then(letter: str, allowed: tuple[str, ...]) -> Phrase:
    """What may follow a letter, in words."""
    told = ("letter", letter.lower() if letter == "Y" else letter), *zip(("first", "second"), allowed, strict=False)
    return Phrase(("then-nothing", "then", "then-either")[len(allowed)], told)


def _ended(group: Group, letter: str, least: int, most: int, second: int) -> Iterator[Finding]:
    """Of a state that ends: was it long enough, and not too long."""
    kind = CLASSES[letter]
    found: list[tuple[str, int, int]] = []
    if kind == "G":
        found += (
            [("min-walk" if group.walks else "min-green", least, group.min_green)] if least < group.min_green else []
        )
        found += (
            [("max-green", most, group.max_green)] if group.max_green is not None and most > group.max_green else []
        )
    elif kind == "r" and least < group.min_red:
        found.append(("min-red", least, group.min_red))
    elif kind == "f" and least < group.min_flashing:
        found.append(("min-flashing", least, group.min_flashing))
    elif kind == "y" and least < group.amber:
        found.append(("amber-short", least, group.amber))
    elif kind == "y" and most > MOST_AMBER:
        found.append(("amber-long", most, MOST_AMBER))
    elif kind == "u" and not least == most == group.red_amber:
        found.append(("red-amber", least if least != group.red_amber else most, group.red_amber))
    for rule, seconds, need in found:
        yield Finding(rule, groups=(group.id,), second=second,
                      params={"group": group.id, "seconds": seconds, "need": need})  # fmt: skip


def _allowed(group: Group, letter: str) -> tuple[str, ...]:
    """The classes of letters that may follow."""
    if CLASSES[letter] == "r":
        return ("u",) if group.red_amber else ("G",)
    if group.walks:
        return {"G": ("f",) if group.min_flashing else ("r",), "f": ("r",)}.get(CLASSES[letter], ())
    green = ("f", "y") if group.min_flashing and letter == "G" else ("y",)
    return {"G": green, "f": ("y",), "y": ("r",), "u": ("G",)}.get(CLASSES[letter], ())


def _cleared(
    junction: Junction, number: int, clearing: Clearing, starts: bool, since: Since, stretch: Stretch
) -> Iterator[Finding]:
    """Whether `number` may start (or, having given way, may have its protected green) so soon after `clearing.ends`."""
    new = stretch.letters[number]
    if clearing.gives_way and new == "g":
        return  # it may move beside the other, which goes first
    if not starts and not clearing.gives_way:
        return
    one, other = junction.groups[clearing.ends], junction.groups[number]
    moved = since.green[clearing.ends] if clearing.given_way else since.moved[clearing.ends]
    if stretch.letters[clearing.ends] in ("Gf" if clearing.given_way else _MOVES):
        return  # they move together: `conflict` says so
    found: list[tuple[str, int, float]] = []
    if moved < clearing.intergreen:
        found.append(
            ("protected-clearance" if clearing.gives_way and not starts else "intergreen", moved, clearing.intergreen)
        )
    if moved < clearing.buffer:
        found.append(("walk-buffer", moved, clearing.buffer))
    if since.green[clearing.ends] < clearing.walk:
        found.append(("walk-clearance", since.green[clearing.ends], round(clearing.walk, 1)))
    for rule, seconds, need in found:
        ids = (other.id, one.id) if rule == "protected-clearance" else (one.id, other.id)
        yield Finding(rule, groups=ids, second=stretch.start,
                      params={"one": ids[0], "other": ids[1], "seconds": seconds, "need": need})  # fmt: skip
