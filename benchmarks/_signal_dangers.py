"""The mutations that make the seconds of a program, or a change of programs, unsafe."""

from __future__ import annotations

import math
import random

from benchmarks._signal_mutations import Raw, breaks, columns, conflicting, group, put, running, runs


@breaks("conflict")
def _conflict(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    shown = columns(program)
    one, other = conflicting(raw, draw)[0]
    second = draw.choice([n for n, letter in enumerate(shown[one]) if letter in "Ggfy"])
    shown[other][second] = "G"
    return put(program, shown)


def _gap(raw: Raw, shown: list[list[str]], one: int, other: int) -> tuple[int, int] | None:
    """The start of `other` and the seconds since `one` ended before it."""
    cycle = len(shown[one])
    starts = [start for start, _ in runs(shown[other], "Ggf")]
    ends = [(start + length) % cycle for start, length in runs(shown[one], "Ggf")]
    gaps = [(start, (start - end) % cycle) for start in starts for end in ends]
    return min(gaps, key=lambda gap: gap[1]) if gaps else None


@breaks("intergreen")
def _intergreen(raw: Raw, draw: random.Random) -> bool:
    """One group starts so early that a second of the intergreen is missing."""
    program = draw.choice(running(raw))
    crossing, shown = raw["intersection"], columns(program)
    ids = [each["id"] for each in crossing["groups"]]
    for one, other in conflicting(raw, draw):
        found = _gap(raw, shown, one, other)
        if found is None:
            continue
        need = crossing["intergreens"][ids[one]][ids[other]]
        start, gap = found
        for back in range(1, gap - need + 2):
            shown[other][(start - back) % program["cycle"]] = "G"
        return put(program, shown)
    return False


@breaks("walk-clearance")
def _walk_clearance(raw: Raw, draw: random.Random) -> bool:
    feet = group(raw, draw, walks=True)
    if feet is None:
        return False
    number, one = feet
    program = draw.choice(running(raw))
    shown, cycle = columns(program), program["cycle"]
    start, length = next(runs(shown[number], "G"))
    gaps = [(start + length, begins) for other in _met(raw, number) for begins, _ in runs(shown[other], "Ggf")]
    gap = min((begins - end) % cycle for end, begins in gaps)
    one["crossing_length"] = round((gap - one["buffer"] + 0.1) * one["walking_speed"], 2)
    return bool(1 <= one["crossing_length"] <= 100)


@breaks("walk-buffer")
def _walk_buffer(raw: Raw, draw: random.Random) -> bool:
    feet = group(raw, draw, walks=True)
    if feet is None:
        return False
    number, one = feet
    shown = columns(draw.choice(running(raw)))
    gaps = [gap[1] for other in _met(raw, number) if (gap := _gap(raw, shown, number, other)) is not None]
    one["buffer"] = min(gaps) + 1
    return bool(one["buffer"] <= 60)


def _met(raw: Raw, number: int) -> list[int]:
    """The groups that a group conflicts with, and that do not give way to it."""
    ids = [each["id"] for each in raw["intersection"]["groups"]]
    met = [set(pair) - {ids[number]} for pair in raw["intersection"]["conflicts"] if ids[number] in pair]
    others = [ids.index(each) for pair in met for each in pair]
    return [each for each in others if [ids[each], ids[number]] not in raw["intersection"]["yields"]]


@breaks("protected-clearance")
def _protected(raw: Raw, draw: random.Random) -> bool:
    """A turn that gives way has its protected green as soon as who it gave way to has ended."""
    ids = [each["id"] for each in raw["intersection"]["groups"]]
    for program in running(raw):
        shown, cycle = columns(program), program["cycle"]
        for one, other in [(ids.index(pair[0]), ids.index(pair[1])) for pair in raw["intersection"]["yields"]]:
            for start, length in [*runs(shown[one], "g")]:
                moved = [n for n in range(length) if shown[other][(start + n) % cycle] in "Ggf"]
                if moved and max(moved) + 1 < length and min(moved) < max(moved):
                    for n in range(max(moved) + 1, length):
                        shown[one][(start + n) % cycle] = "G"
                    return put(program, shown)
    return bool(draw is None)


@breaks("sequence")
def _sequence(raw: Raw, draw: random.Random) -> bool:
    """Traffic without amber, or pedestrians with one green after another."""
    program = draw.choice(running(raw))
    shown = columns(program)
    number, one = draw.choice([*enumerate(raw["intersection"]["groups"])])
    if one["kind"] != "pedestrian":
        shown[number] = ["r" if letter == "y" else letter for letter in shown[number]]
    else:
        if not one["min_flashing"]:
            return False
        shown[number] = ["r" if letter == "f" else letter for letter in shown[number]]
    return put(program, shown)


def _cut(raw: Raw, draw: random.Random, walks: bool) -> bool:
    """Begins a green so late that a second of the minimum is missing."""
    found = group(raw, draw, walks)
    if found is None:
        return False
    number, one = found
    program = draw.choice(running(raw))
    shown = columns(program)
    start, length = next(runs(shown[number], "Gg"))
    for n in range(length - one["min_green"] + 1):
        shown[number][(start + n) % program["cycle"]] = "r"
    return put(program, shown)


@breaks("min-green")
def _min_green(raw: Raw, draw: random.Random) -> bool:
    return _cut(raw, draw, walks=False)


@breaks("min-walk")
def _min_walk(raw: Raw, draw: random.Random) -> bool:
    return _cut(raw, draw, walks=True)


@breaks("max-green")
def _max_green(raw: Raw, draw: random.Random) -> bool:
    number, one = group(raw, draw) or (0, {})
    longest = max(length for _, length in runs(columns(draw.choice(running(raw)))[number], "Gg"))
    one["max_green"] = max(longest - 1, one["min_green"])
    return bool(one["max_green"] < longest)


@breaks("min-red")
def _min_red(raw: Raw, draw: random.Random) -> bool:
    number, one = group(raw, draw) or (0, {})
    one["min_red"] = min(length for _, length in runs(columns(draw.choice(running(raw)))[number], "r")) + 1
    return bool(one["min_red"] <= 300)


@breaks("amber-short")
def _amber_short(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    number, one = group(raw, draw, walks=False) or (0, {})
    shown = columns(program)
    start, length = next(runs(shown[number], "y"))
    shown[number][(start + length - 1) % program["cycle"]] = "r"
    return put(program, shown) and length == one["amber"]


@breaks("amber-long")
def _amber_long(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    number, _ = group(raw, draw, walks=False) or (0, {})
    shown = columns(program)
    start, _ = next(runs(shown[number], "y"))
    program["waits"] = []
    for n in range(7):
        shown[number][(start + n) % program["cycle"]] = "y"
    return put(program, shown) and shown[number][program["switch"][0]] != "y"


@breaks("red-amber")
def _red_amber(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    number, one = group(raw, draw, walks=False) or (0, {})
    if not one["red_amber"]:
        return False
    shown = columns(program)
    start, length = next(runs(shown[number], "u"))
    if draw.random() < 0.5 and length > 1:
        shown[number][start] = "r"
    else:
        shown[number][start - 1] = "u"
    return put(program, shown)


@breaks("min-flashing")
def _min_flashing(raw: Raw, draw: random.Random) -> bool:
    number, one = group(raw, draw) or (0, {})
    if not one["min_flashing"]:
        return False
    program = draw.choice(running(raw))
    one["min_flashing"] = min(length for _, length in runs(columns(program)[number], "f")) + 1
    return True


@breaks("switch-match")
def _switch_match(raw: Raw, draw: random.Random) -> bool:
    programs = running(raw)
    if len(programs) < 2:
        return False
    one, other = draw.sample(programs, 2)
    shown = ["".join(letters) for letters in zip(*columns(one), strict=True)]
    match = "".join(column[other["switch"][0]] for column in columns(other))
    one["switch"] = [
        draw.choice([n for n, letters in enumerate(shown) if set(letters) <= set("rGg") and letters != match])
    ]
    return True


def _apart(raw: Raw) -> tuple[Raw, Raw] | None:
    """Two programs of which one is out of step when entered from the other."""
    for one in running(raw):
        for other in running(raw):
            shift = one["switch"][0] + one["offset"] - other["offset"] - other["switch"][0]
            if one is not other and (shift % math.gcd(one["cycle"], other["cycle"]) or one["cycle"] != other["cycle"]):
                return one, other
    return None


@breaks("step-unreachable")
def _unreachable(raw: Raw, draw: random.Random) -> bool:
    if _apart(raw) is None:
        return False
    raw["transition"] = "dwell"
    draw.choice(running(raw))["waits"] = []
    return True


@breaks("step-clock")
def _clock(raw: Raw, _draw: random.Random) -> bool:
    programs = running(raw)
    if len(programs) == 1:
        programs[0]["waits"] = []
        raw["transition"] = "dwell"
    return len(programs) == 1


@breaks("step-slow")
def _slow(raw: Raw, _draw: random.Random) -> bool:
    pair = _apart(raw)
    if pair is None:
        return False
    one, other = pair
    raw["transition"] = "dwell"
    other["waits"] = [{"at": other["switch"][0], "most": 1}]
    apart = math.gcd(one["cycle"], other["cycle"])
    first = (one["switch"][0] + one["offset"] - other["offset"] - other["switch"][0]) % apart
    return bool(other["cycle"] - (first or apart) > 12)


@breaks("entry-out-of-step")
def _out_of_step(raw: Raw, draw: random.Random) -> bool:
    names = {id(program): name for name, program in raw["programs"].items()}
    pair = _apart(raw)
    if pair is None or not _slow(raw, draw):
        return False
    one, other = pair
    slow = 13 * other["cycle"]  # longer than the change itself can take
    minutes = math.ceil((one["cycle"] + other["cycle"] + 90) / 60)
    if minutes * 60 >= slow or minutes > 59:
        return False
    raw["coordination"] = {"group": "road", "cycle": other["cycle"],
                           "programs": {name: None for key, name in names.items() if key != id(other)}}  # fmt: skip
    raw["day_plans"] = {day: [{"from": "00:00", "program": names[id(one)]}, {"from": "12:00", "program": names[id(other)]},
                              {"from": f"12:{minutes:02}", "program": names[id(one)]}]
                        for day in ("weekday", "weekend")}  # fmt: skip
    return True
