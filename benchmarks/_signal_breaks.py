"""The mutations that break an intersection, the writing of a program, its days and its coordination."""

from __future__ import annotations

import copy
import random

from benchmarks._signal_mutations import Raw, breaks, columns, group, put, running, runs


@breaks("approach-unknown")
def _approach(raw: Raw, draw: random.Random) -> bool:
    draw.choice(raw["intersection"]["groups"])["approach"] = "nowhere"
    return True


@breaks("detector-group")
def _detector(raw: Raw, _draw: random.Random) -> bool:
    raw["intersection"]["detectors"] = [{"id": "d1", "group": "nobody"}]
    return True


@breaks("group-unknown")
def _unknown(raw: Raw, draw: random.Random) -> bool:
    crossing = raw["intersection"]
    where = draw.choice(("conflicts", "yields", "intergreens", "omits"))
    if where == "intergreens":
        crossing["intergreens"]["nobody"] = {crossing["groups"][0]["id"]: 5}
    elif where == "omits":
        draw.choice(running(raw))["omits"] = ["nobody"]
    else:
        crossing[where].append([crossing["groups"][0]["id"], "nobody"])
    return True


@breaks("conflict-self")
def _self(raw: Raw, draw: random.Random) -> bool:
    one = draw.choice(raw["intersection"]["groups"])["id"]
    raw["intersection"]["conflicts"].append([one, one])
    return True


@breaks("conflict-symmetry")
def _symmetry(raw: Raw, draw: random.Random) -> bool:
    rows: dict[str, list[str]] = {}
    for one, other in raw["intersection"]["conflicts"]:
        rows.setdefault(one, []).append(other)
        rows.setdefault(other, []).append(one)
    row = draw.choice(sorted(rows.values()))
    row.remove(draw.choice(row))
    raw["intersection"]["conflicts"] = rows
    return True


@breaks("conflict-row")
def _row(raw: Raw, draw: random.Random) -> bool:
    gone = draw.choice(raw["intersection"]["groups"])["id"]
    for key in ("conflicts", "yields"):
        raw["intersection"][key] = [pair for pair in raw["intersection"][key] if gone not in pair]
    return True


@breaks("conflict-like")
def _like(raw: Raw, draw: random.Random) -> bool:
    crossing = raw["intersection"]
    traffic = [each for each in crossing["groups"] if each["kind"] != "pedestrian"]
    pairs = [(like, own) for like in traffic for own in traffic if like is not own]
    draw.shuffle(pairs)
    for like, own in pairs:
        met = [{*pair} - {like["id"]} for pair in crossing["conflicts"] if like["id"] in pair and own["id"] not in pair]
        others = [pair for pair in crossing["conflicts"] if own["id"] in pair]
        for other in sorted(each for one in met for each in one):
            kept = [pair for pair in others if other not in pair]
            if kept:
                crossing["conflicts"] = [pair for pair in crossing["conflicts"] if pair not in others or pair in kept]
                crossing["yields"] = [pair for pair in crossing["yields"] if set(pair) != {own["id"], other}]
                crossing["approaches"] = [{"id": "north"}]
                like.update(kind="vehicle", approach="north", movements=["straight", "right"])
                own.update(kind="motorcycle", approach="north", movements=["straight"])
                return True
    return False


@breaks("conflict-crossing")
def _crossing(raw: Raw, draw: random.Random) -> bool:
    crossing = raw["intersection"]
    known = [{*pair} for pair in crossing["conflicts"]]
    traffic = [each for each in crossing["groups"] if each["kind"] != "pedestrian"]
    free = [(one, other) for one in traffic for other in traffic
            if one is not other and {one["id"], other["id"]} not in known]  # fmt: skip
    if not free:
        return False
    bearing = draw.randrange(360)
    crossing["approaches"] = [{"id": "main", "bearing": bearing},
                              {"id": "side", "bearing": (bearing + draw.choice((60, 90, 270))) % 360}]  # fmt: skip
    for group_, approach in zip(draw.choice(free), ("main", "side"), strict=True):
        group_.update(approach=approach, movements=["straight"])
    return True


@breaks("yields-straight")
def _yields_straight(raw: Raw, draw: random.Random) -> bool:
    crossing = raw["intersection"]
    if not crossing["yields"]:
        return False
    turns = draw.choice(crossing["yields"])[0]
    next(each for each in crossing["groups"] if each["id"] == turns)["movements"] = ["straight"]
    return True


@breaks("yields-conflict")
def _yields(raw: Raw, draw: random.Random) -> bool:
    crossing = raw["intersection"]
    ids = [each["id"] for each in crossing["groups"]]
    known = [set(pair) for pair in crossing["conflicts"]]
    free = [[one, other] for one in ids for other in ids if one != other and {one, other} not in known]
    if free:
        crossing["yields"].append(draw.choice(free))
    return bool(free)


@breaks("yields-walk")
def _yields_walk(raw: Raw, draw: random.Random) -> bool:
    crossing, feet = raw["intersection"], group(raw, draw, walks=True)
    if feet is None:
        return False
    pair = next(pair for pair in crossing["conflicts"] if feet[1]["id"] in pair)
    crossing["yields"].append([feet[1]["id"], next(each for each in pair if each != feet[1]["id"])])
    return True


@breaks("intergreen-missing")
def _missing(raw: Raw, draw: random.Random) -> bool:
    row = draw.choice([row for row in raw["intersection"]["intergreens"].values() if row])
    del row[draw.choice(sorted(row))]
    return True


@breaks("intergreen-amber")
def _amber(raw: Raw, draw: random.Random) -> bool:
    crossing = raw["intersection"]
    one = draw.choice([each for each in crossing["groups"] if each["kind"] != "pedestrian"])
    row = crossing["intergreens"][one["id"]]
    row[draw.choice(sorted(row))] = one["amber"] - 1
    return True


@breaks("amber-low")
def _amber_low(raw: Raw, draw: random.Random) -> bool:
    draw.choice([each for each in raw["intersection"]["groups"] if "amber" in each])["amber"] = 2
    return True


@breaks("green-limits")
def _limits(raw: Raw, draw: random.Random) -> bool:
    one = draw.choice(raw["intersection"]["groups"])
    one["max_green"] = one["min_green"] - 1
    return True


@breaks("walking-speed")
def _speed(raw: Raw, draw: random.Random) -> bool:
    feet = group(raw, draw, walks=True)
    if feet is not None:
        feet[1]["walking_speed"] = 1.3 + draw.random() / 2
    return feet is not None


@breaks("buffer-low")
def _buffer(raw: Raw, draw: random.Random) -> bool:
    feet = group(raw, draw, walks=True)
    if feet is not None:
        feet[1]["buffer"] = draw.randint(0, 2)
    return feet is not None


@breaks("walk-low")
def _walk(raw: Raw, draw: random.Random) -> bool:
    feet = group(raw, draw, walks=True)
    if feet is not None:
        feet[1]["min_green"] = draw.randint(1, 3)
    return feet is not None


@breaks("cycle-limits")
def _cycle(raw: Raw, draw: random.Random) -> bool:
    cycle = draw.choice(running(raw))["cycle"]
    raw["intersection"]["limits"]["cycle"] = (
        draw.choice(([cycle + 1, 300], [10, cycle - 1])) if cycle < 300 else [10, 299]
    )
    return True


@breaks("offset-range")
def _offset(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    program["offset"] = program["cycle"]
    return True


@breaks("step-grid")
def _grid(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    raw["intersection"]["limits"]["step"] = 2
    program["offset"] = draw.randrange(1, program["cycle"], 2)
    return True


@breaks("states-start")
def _start(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    first = program["states"].pop("0")
    program["states"].setdefault("1", first)
    return True


@breaks("states-range")
def _range(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    program["states"][str(program["cycle"] + draw.randrange(9))] = program["states"]["0"]
    return len(program["states"]) <= 64


@breaks("states-length")
def _length(raw: Raw, draw: random.Random) -> bool:
    states = draw.choice(running(raw))["states"]
    key = draw.choice(sorted(states))
    states[key] = states[key][:-1] if draw.random() < 0.5 else states[key] + "r"
    return True


@breaks("flash-mixed")
def _flash(raw: Raw, draw: random.Random) -> bool:
    states = draw.choice(running(raw))["states"]
    key = draw.choice(sorted(states))
    states[key] = draw.choice("oO") + states[key][1:]
    return True


@breaks("letter-kind")
def _letter(raw: Raw, draw: random.Random) -> bool:
    number, one = group(raw, draw) or (0, {})
    states = draw.choice(running(raw))["states"]
    key = draw.choice(sorted(states))
    wrong = (
        "ygu"
        if one["kind"] == "pedestrian"
        else ("u" if not one["red_amber"] else "") or "f" * (not one["min_flashing"])
    )
    if wrong:
        states[key] = states[key][:number] + draw.choice(wrong) + states[key][number + 1 :]
    return bool(wrong)


@breaks("give-way-undeclared")
def _undeclared(raw: Raw, draw: random.Random) -> bool:
    yielding = [one for one, _ in raw["intersection"]["yields"]]
    free = [n for n, each in enumerate(raw["intersection"]["groups"])
            if each["kind"] != "pedestrian" and each["id"] not in yielding]  # fmt: skip
    if not free:
        return False
    number, program = draw.choice(free), draw.choice(running(raw))
    shown = columns(program)
    shown[number] = ["g" if letter == "G" else letter for letter in shown[number]]
    return put(program, shown)


@breaks("never-served")
def _never(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    shown = columns(program)
    shown[draw.randrange(len(shown))] = ["r"] * program["cycle"]
    return put(program, shown)


@breaks("omits-served")
def _omits(raw: Raw, draw: random.Random) -> bool:
    draw.choice(running(raw))["omits"] = [draw.choice(raw["intersection"]["groups"])["id"]]
    return True


@breaks("switch-none")
def _no_switch(raw: Raw, draw: random.Random) -> bool:
    draw.choice([*raw["programs"].values()])["switch"] = []
    return True


@breaks("switch-range")
def _switch_range(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    if program["cycle"] >= 300:
        return False
    program["switch"].append(draw.choice((program["switch"][0], program["cycle"])))
    return True


@breaks("switch-state")
def _switch_state(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    program["switch"] = [_changing(program, draw)]
    return True


@breaks("wait-range")
def _wait_range(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    program["waits"].append({"at": draw.choice((program["cycle"], program["waits"][0]["at"])), "most": 5})
    return True


@breaks("wait-state")
def _wait_state(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    program["waits"].append({"at": _changing(program, draw), "most": 5})
    return True


def _changing(program: Raw, draw: random.Random) -> int:
    """A second in which some group shows amber, red-amber or flashing green."""
    shown = columns(program)
    return draw.choice([second for second in range(program["cycle"]) if {each[second] for each in shown} & set("yuf")])


@breaks("skip-range")
def _skip_range(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    start = draw.randrange(1, program["cycle"])
    program["skips"] = [{"from": start, "to": draw.choice((start, start - 1, program["cycle"]))}]
    return True


@breaks("skip-overlap")
def _skip_overlap(raw: Raw, draw: random.Random) -> bool:
    start = draw.randrange(9)
    draw.choice(running(raw))["skips"] = [{"from": start, "to": start + 3},
                                          {"from": start + draw.randint(1, 3), "to": start + 5}]  # fmt: skip
    return True


@breaks("skip-whole")
def _skip_whole(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    spans = [(start, start + length) for column in columns(program) for start, length in runs(column, "Ggf")
             if start + length < program["cycle"]]  # fmt: skip
    if spans:
        start, end = draw.choice(spans)
        program["skips"] = [{"from": start, "to": end}]
    return bool(spans)


@breaks("stage-range")
def _stage_range(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    program["stages"] = [{"id": "a", "from": program["cycle"], "to": 5}]
    return bool(program["cycle"] <= 300)


@breaks("stage-order")
def _stage_order(raw: Raw, draw: random.Random) -> bool:
    start = draw.randrange(5)
    draw.choice(running(raw))["stages"] = [{"id": "a", "from": start, "to": start + 5},
                                           {"id": "b", "from": draw.randint(start, start + 4), "to": start + 9}]  # fmt: skip
    return True


@breaks("stage-split")
def _stage_split(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    split = program["cycle"] + draw.choice((-1, 1))
    program["stages"] = [{"id": "a", "from": 0, "to": 5, "split": split}]
    return bool(split <= 300)


@breaks("stage-change")
def _stage_change(raw: Raw, draw: random.Random) -> bool:
    program = draw.choice(running(raw))
    start, length = draw.choice([run for column in columns(program) for run in runs(column, "y")])
    program["stages"] = [{"id": "a", "from": start, "to": (start + length) % program["cycle"]}]
    return True


@breaks("day-gap")
def _day_gap(raw: Raw, draw: random.Random) -> bool:
    raw["day_plans"]["weekday"] = [{"from": f"00:{draw.randint(1, 59):02}", "program": sorted(raw["programs"])[0]}]
    return True


@breaks("day-order")
def _day_order(raw: Raw, draw: random.Random) -> bool:
    raw["day_plans"]["weekday"].append(dict(draw.choice(raw["day_plans"]["weekday"])))
    return True


@breaks("day-program")
def _day_program(raw: Raw, draw: random.Random) -> bool:
    draw.choice(raw["day_plans"]["weekday"])["program"] = "nothing"
    return True


@breaks("calendar-day")
def _calendar_day(raw: Raw, draw: random.Random) -> bool:
    del raw["day_plans"][draw.choice(("weekday", "weekend"))]
    return True


@breaks("day-unused")
def _day_unused(raw: Raw, _draw: random.Random) -> bool:
    raw["day_plans"]["never"] = raw["day_plans"]["weekday"]
    return True


@breaks("program-unused")
def _program_unused(raw: Raw, draw: random.Random) -> bool:
    raw["programs"]["spare"] = copy.deepcopy(draw.choice(running(raw)))
    return True


@breaks("entry-short")
def _entry_short(raw: Raw, draw: random.Random) -> bool:
    if len(raw["programs"]) < 2:
        return False
    one, other = draw.sample(sorted(raw["programs"]), 2)
    raw["day_plans"]["weekday"] = [{"from": "00:00", "program": one}, {"from": "11:59", "program": other},
                                   {"from": "12:00", "program": one}]  # fmt: skip
    return True


@breaks("clock-missing")
def _clock_missing(raw: Raw, draw: random.Random) -> bool:
    return _odd_hour(raw, draw)


@breaks("clock-twice")
def _clock_twice(raw: Raw, draw: random.Random) -> bool:
    return _odd_hour(raw, draw)


def _odd_hour(raw: Raw, draw: random.Random) -> bool:
    """Clocks of Berlin and of Havana (at midnight) change on Sundays."""
    zone, hour = draw.choice((("Europe/Berlin", "02:30"), ("America/Havana", "00:30")))
    one, other = (sorted(raw["programs"]) * 2)[:2]
    raw["time_zone"] = zone
    raw["day_plans"]["weekend"] = [{"from": "00:00", "program": one}, {"from": hour, "program": other}]
    return True


@breaks("coordination-program")
def _coordination_program(raw: Raw, draw: random.Random) -> bool:
    raw["coordination"] = {"group": "road", "cycle": draw.choice(running(raw))["cycle"], "programs": {"nothing": None}}
    return True


@breaks("coordination-cycle")
def _coordination_cycle(raw: Raw, draw: random.Random) -> bool:
    raw["coordination"] = {
        "group": "road",
        "cycle": draw.choice(running(raw))["cycle"] + 1,
        "ratio": draw.randint(1, 3),
    }
    return True


@breaks("neighbour-cycle")
def _neighbour_cycle(raw: Raw, _draw: random.Random) -> bool:
    name = next(id for id, program in raw["programs"].items() if program in running(raw))
    cycle = raw["programs"][name]["cycle"]
    raw["coordination"] = {
        "group": "road",
        "cycle": cycle,
        "programs": {id: None for id in raw["programs"] if id != name},
    }
    raw["neighbours"] = [copy.deepcopy(raw) | {"junction": "j-next"}]
    raw["neighbours"][0]["coordination"].update(cycle=cycle + 1)
    return True


@breaks("neighbour-times")
def _neighbour_times(raw: Raw, draw: random.Random) -> bool:
    names = [id for id, program in raw["programs"].items() if program in running(raw)]
    cycles = {id: raw["programs"][id]["cycle"] for id in names}
    others = [(one, other) for one in names for other in names if cycles[one] != cycles[other]]
    if not others:
        return False
    one, other = draw.choice(others)
    raw["coordination"] = {"group": "road", "cycle": 1, "programs": {id: {"cycle": cycles[id]} for id in names}}
    raw["neighbours"] = [copy.deepcopy(raw) | {"junction": "j-next"}]
    raw["day_plans"]["weekday"] = [{"from": "00:00", "program": one}]
    raw["neighbours"][0]["day_plans"]["weekday"] = [{"from": "00:00", "program": other}]
    return True


@breaks("change-groups")
def _change_groups(raw: Raw, _draw: random.Random) -> bool:
    raw["intersection"]["groups"].reverse()
    return True
