"""A second opinion on signal plans that shares nothing with the linter: a controller and an observer, second by second.

`Controller` does what docs/signals.md says a controller does, from the plan set as it was written. `dangers` looks at what was
shown, one string a second, and knows neither programs nor transitions.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

Raw = dict[str, Any]


class Controller:
    """One junction. With `wanton` it waits and skips wherever it may, in step or not; else only to come into step."""

    def __init__(self, raw: Raw, wanton: random.Random | None = None) -> None:
        self.raw, self._wanton = raw, wanton
        self.groups: list[Raw] = raw["intersection"]["groups"]
        self.wanted = ""
        self.running = ""
        self._own = self._passed = self._stood = 0
        self._skips = False
        self._took = True

    def run(self, seconds: int, now: int, program: str) -> Iterator[str]:
        """What it shows from `now` on, beginning in flashing amber with `program` selected. `wanted` may be set meanwhile."""
        self.wanted = program
        shown = self._life(now)
        for _ in range(seconds):
            yield next(shown)

    def _life(self, now: int) -> Iterator[str]:
        while True:
            opening = [*self._opening()]
            first = self._switch(self.wanted)[0]
            while self._flashes(self.wanted) or self._in_step(self.wanted, now + len(opening)) != first:
                yield "o" * len(self.groups)
                now += 1
                if not self._flashes(self.wanted):
                    opening, first = [*self._opening()], self._switch(self.wanted)[0]
            chosen = self.wanted
            yield from opening
            now += len(opening)
            self._enter(chosen, first, now)
            while True:
                if self._may_leave():
                    if self._flashes(self.wanted):
                        break
                    letters, chosen = self._at(self.running, self._own), self.wanted
                    self._enter(chosen, next(s for s in self._switch(chosen) if self._at(chosen, s) == letters), now)
                yield self._at(self.running, self._own)
                now += 1
                self._next(now)
            closing = [*self._closing()]
            yield from [*closing, "o" * len(self.groups)]
            now += len(closing) + 1

    def _program(self, name: str) -> Raw:
        program: Raw = self.raw["programs"][name]
        return program

    def _switch(self, name: str) -> list[int]:
        return list(self._program(name).get("switch", [0]))

    def _flashes(self, name: str) -> bool:
        return all(set(letters) <= {"o", "O"} for letters in self._program(name)["states"].values())

    def _at(self, name: str, second: int) -> str:
        states = {int(key): letters for key, letters in self._program(name)["states"].items()}
        return str(states[max(key for key in states if key <= second)])

    def _in_step(self, name: str, now: int) -> int:
        program = self._program(name)
        return int((now - program.get("offset", 0)) % program["cycle"])

    def _enter(self, name: str, second: int, now: int) -> None:
        self.running, self._own, self._passed, self._stood = name, second, 0, 0
        behind = (self._in_step(name, now) - second) % self._program(name)["cycle"]
        self._skips = self.raw.get("transition") == "shortway" and self._shorter_by_skips(behind)
        self._took = True

    def _shorter_by_skips(self, behind: int) -> bool:
        program, cycles = self._program(self.running), 0
        cycle, waits = program["cycle"], sum(wait["most"] for wait in program.get("waits", ()))
        adding = math.ceil((cycle - behind) % cycle / waits) if waits else 10**6
        skips = sorted(program.get("skips", ()), key=lambda skip: (skip["from"] - self._own) % cycle)
        while behind:
            before = behind
            for skip in skips:
                if skip["to"] - skip["from"] <= behind:
                    behind -= skip["to"] - skip["from"]
            if before == behind:
                cycles += math.ceil((cycle - behind) / waits) if waits else 10**6
                break
            cycles += 1
        return cycles < adding

    def _may_leave(self) -> bool:
        around = self._passed >= self._program(self.running)["cycle"] and not self._stood
        return self.wanted != self.running and around and self._own in self._switch(self.running)

    def _next(self, now: int) -> None:
        program = self._program(self.running)
        cycle = program["cycle"]
        behind = (self._in_step(self.running, now) - self._own - 1) % cycle
        if self._stands(program, (cycle - behind) % cycle):
            self._stood += 1
            return
        self._stood = 0
        self._on(1)
        for skip in program.get("skips", ()):
            if skip["from"] == self._own and self._leaps(skip["to"] - skip["from"], behind):
                self._took = True
                self._on(skip["to"] - skip["from"])
                return

    def _on(self, seconds: int) -> None:
        cycle = self._program(self.running)["cycle"]
        if self._passed // cycle != (self._passed + seconds) // cycle:
            self._skips, self._took = self._skips and self._took, False
        self._passed += seconds
        self._own = (self._own + seconds) % cycle

    def _stands(self, program: Raw, ahead: int) -> bool:
        waits = sorted(program.get("waits", ()), key=lambda wait: int(wait["at"]))
        if self.raw.get("transition", "dwell") == "dwell" and self._wanton is None:
            waits = waits[:1]
        here = next((wait for wait in waits if wait["at"] == self._own), None)
        if here is None or self._stood >= here["most"]:
            return False
        return self._wanton.random() < 0.95 if self._wanton is not None else ahead > 0 and not self._skips

    def _leaps(self, length: int, behind: int) -> bool:
        return self._wanton.random() < 0.6 if self._wanton is not None else self._skips and length <= behind

    def _clearance(self) -> int:
        seconds = [each for row in self.raw["intersection"]["intergreens"].values() for each in row.values()]
        seconds += [_walk(group) + group.get("buffer", 3) for group in self.groups if group["kind"] == "pedestrian"]
        return max(0, *seconds, *(group.get("min_red", 1) + group.get("red_amber", 0) for group in self.groups))

    def _opening(self) -> Iterator[str]:
        walks = [group["kind"] == "pedestrian" for group in self.groups]
        amber = max([group.get("amber", 3) for group in self.groups if group["kind"] != "pedestrian"], default=0)
        for _ in range(amber):
            yield "".join("r" if walk else "y" for walk in walks)
        letters = self._at(self.wanted, self._switch(self.wanted)[0])
        for left in range(self._clearance(), 0, -1):
            yield "".join("u" if letter in "Gg" and left <= group.get("red_amber", 0) else "r"
                          for group, letter in zip(self.groups, letters, strict=True))  # fmt: skip

    def _closing(self) -> Iterator[str]:
        letters = self._at(self.running, self._own)
        moving = [number for number, letter in enumerate(letters) if letter in "Gg"]
        for _ in range(max([self.groups[number].get("min_green", 5) for number in moving], default=0)):
            yield letters
        columns = []
        for number, group in enumerate(self.groups):
            ends = ""
            if number in moving and group["kind"] != "pedestrian":
                ends = "y" * group.get("amber", 3)
            elif number in moving and group.get("min_flashing", 3):
                ends = "f" * max(group.get("min_flashing", 3), _walk(group))
            columns.append(ends)
        length = max(len(column) for column in columns) + self._clearance()
        for second in range(length):
            yield "".join(column[second : second + 1] or "r" for column in columns)


def _walk(group: Raw) -> int:
    return math.ceil(round(group["crossing_length"] / group.get("walking_speed", 1), 3))


def dangers(raw: Raw, shown: list[str]) -> list[str]:
    """What is unsafe in what was shown, in words. Seconds count from the first; flashing amber is no danger."""
    return [f"second {second}: {text}" for second, text in (*_groups(raw, shown), *_pairs(raw, shown))]


def _groups(raw: Raw, shown: list[str]) -> Iterator[tuple[int, str]]:
    """Each group by itself: how long, and what after what."""
    for number, group in enumerate(raw["intersection"]["groups"]):
        walks = group["kind"] == "pedestrian"
        flashing, red_amber = group.get("min_flashing", 3 if walks else 0), group.get("red_amber", 0)
        column = "".join(letters[number] for letters in shown).replace("g", "G").replace("O", "o")
        runs: list[tuple[str, int, int]] = []
        for second, letter in enumerate(column):
            if runs and runs[-1][0] == letter:
                runs[-1] = (letter, runs[-1][1], runs[-1][2] + 1)
            else:
                runs.append((letter, second, 1))
        for place, (letter, second, length) in enumerate(runs):
            after = runs[place + 1][0] if place + 1 < len(runs) else ""
            before = runs[place - 1][0] if place else ""
            if "o" in (letter, after, before) or not after or not before:
                continue
            least = {"G": group.get("min_green", 5), "r": group.get("min_red", 1), "f": flashing,
                     "y": group.get("amber", 3), "u": red_amber}[letter]  # fmt: skip
            most = {"G": group.get("max_green") or 10**6, "y": 6, "u": red_amber}.get(letter, 10**6)
            if not least <= length <= most:
                yield second, f"{group['id']}: {letter} for {length} s"
            if walks:
                good = {"r": "G", "G": "f" if flashing else "r", "f": "r"}
            else:
                good = {"r": "u" if red_amber else "G", "u": "G", "G": "fy" if flashing else "y", "f": "y", "y": "r"}
            if after not in good.get(letter, ""):
                yield second + length, f"{group['id']}: {after} after {letter}"


def _pairs(raw: Raw, shown: list[str]) -> Iterator[tuple[int, str]]:
    """Each two that conflict: never together, and never too soon after each other."""
    crossing = raw["intersection"]
    groups = crossing["groups"]
    ids = [group["id"] for group in groups]
    for first, second in crossing["conflicts"]:
        for one, other in ((ids.index(first), ids.index(second)), (ids.index(second), ids.index(first))):
            way = [ids[one], ids[other]] in crossing.get("yields", [])
            given = [ids[other], ids[one]] in crossing.get("yields", [])
            ended = walked = -(
                10**6
            )  # when `one` last moved (with priority, where it gives way), and last had its walk
            soft = False  # whether the amber of `one` follows on giving way
            for now, letters in enumerate(shown):
                mine, theirs = letters[one], letters[other]
                soft = mine == "g" or (soft and mine == "y")
                if mine in "Ggfyu" and theirs in "Ggf" and not _polite(mine, theirs, way, given, soft):
                    yield now, f"{ids[one]} {mine} with {ids[other]} {theirs}"
                before = shown[now - 1][other] if now else "r"
                begins = theirs in "Ggf" and before not in "Ggfo"
                guarded = before == "g" and theirs == "G" and given
                polite = theirs == "g" and given
                if (begins or guarded) and not polite and mine not in ("Gf" if way else "Ggf"):
                    gap = now - ended - 1
                    if gap < max(
                        crossing["intergreens"][ids[one]][ids[other]], groups[one].get("buffer", 3) * _feet(groups[one])
                    ):
                        yield now, f"{ids[other]} {gap} s after {ids[one]}"
                    if _feet(groups[one]) and now - walked - 1 < _needs(groups[one]):
                        yield now, f"{ids[other]} {now - walked - 1} s after the walk of {ids[one]}"
                if mine in ("Gf" if way else "Ggf") or mine in "oO":
                    ended = now
                if mine == "G" or mine in "oO":
                    walked = now


def _polite(mine: str, theirs: str, way: bool, given: bool, soft: bool) -> bool:
    """Whether one of two that move gives way to the other."""
    return (way and (mine in "gu" or soft)) or (given and theirs == "g")


def _feet(group: Raw) -> bool:
    return bool(group["kind"] == "pedestrian")


def _needs(group: Raw) -> float:
    return round(group["crossing_length"] / group.get("walking_speed", 1), 3) + float(group.get("buffer", 3))
