"""The conflict monitor trips at everything that is unsafe, whatever the program says, and stays so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulators.junctions.crossing import BadCrossing, crossing_of
from simulators.junctions.monitor import Monitor, Unsafe
from simulators.orders import Refused
from tests.simulators.junctions.crossroad import Crossroad

# groups mav av mst st pst pav; 45: the avenue's green ends, 50: the street's begins, 85: it ends
States = dict[str, str]


def _set(second: int, letters: str) -> Callable[[States], None]:
    return lambda states: states.__setitem__(str(second), letters)


def _drop(*seconds: int) -> Callable[[States], None]:
    def drop(states: States) -> None:
        for second in seconds:
            del states[str(second)]

    return drop


UNSAFE: list[tuple[str, Callable[[States], None], str]] = [
    ("two directions at once", _set(30, "GGGrrr"), "intergreen:av/mst|intergreen:mav/mst"),
    ("no amber", _set(45, "rrrrrr"), "sequence:mav"),
    ("amber of two seconds", _set(47, "rrrrrr"), "amber:mav"),
    ("amber that goes on", lambda states: states.update({"48": "ryrrrr", "50": "ryrrrr"}), "amber:av"),
    ("a short green", lambda states: states.update({"4": "yyrrrr", "7": "rrrrrr"}), "min-green:mav"),
    ("the other direction starts early", _set(47, "rrGrrG"), "amber:mav"),
    ("a short walk", _set(5, "GGrrfr"), "min-green:pst"),
    ("a walk with a short flash", _set(10, "GGrrrr"), "min-flashing:pst"),
    ("green again without red", _set(46, "GGrrrr"), "sequence:mav"),
    ("a letter that is no light", _set(20, "GGrroO"), "letter:pst"),
    ("people who walk with the traffic that crosses them", _set(20, "GGrrrG"), "intergreen:|conflict:"),
    ("amber for people", _set(8, "GGrryr"), "sequence:pst"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "code"), [case[1:] for case in UNSAFE], ids=[case[0] for case in UNSAFE])
def test_a_program_that_is_unsafe_is_stored_and_trips_the_monitor_when_it_runs(
    spoil: Callable[[States], None], code: str
) -> None:
    crossroad = Crossroad()
    crossroad.run(300)
    program = crossroad.program("day")
    states = dict(program["states"])
    spoil(states)
    crossroad.store("p3", program | {"states": states})  # past the linter: a controller checks the form only
    crossroad.order("p3")
    crossroad.run(400)
    controller = crossroad.controller
    assert controller.fault is not None and any(controller.fault.startswith(each) for each in code.split("|"))
    assert (controller.mode, controller.by, controller.letters) == ("fault", "fault", "ooooOO")


def test_it_stays_tripped_takes_no_orders_and_starts_anew_when_somebody_resets_it() -> None:
    crossroad = Crossroad()
    crossroad.run(300)
    crossroad.controller.short()
    crossroad.run(1)
    assert crossroad.controller.fault is not None
    crossroad.run(86_400)
    assert crossroad.controller.mode == "fault"
    with pytest.raises(Refused, match="has tripped"):
        crossroad.order("own-day")
    crossroad.controller.reset(crossroad.now)
    assert crossroad.controller.mode == "flash"
    crossroad.run(300)
    assert crossroad.controller.mode == "plan" and crossroad.in_step


def test_a_trip_outlives_a_loss_of_power() -> None:
    crossroad, again = Crossroad(), Crossroad()
    crossroad.run(300)
    crossroad.controller.trip("lamp:red")
    again.controller.recall(crossroad.controller.keeps(), again.now)
    again.run(300)
    assert again.controller.mode == "fault" and again.controller.fault == "lamp:red"


TWO: dict[str, Any] = {
    "groups": [
        {"id": "n", "kind": "vehicle", "min_green": 5, "amber": 3, "red_amber": 1},
        {"id": "l", "kind": "vehicle", "min_green": 5, "amber": 3, "min_flashing": 2},
    ],
    "conflicts": [["n", "l"]],
    "yields": [["l", "n"]],
    "intergreens": {"n": {"l": 4}, "l": {"n": 4}},
}  # fmt: skip


def _seen(*runs: tuple[str, int]) -> str | None:
    monitor = Monitor(crossing_of(TWO))
    monitor.begin()
    try:
        for letters, seconds in (("rr", 9), *runs):
            for _ in range(seconds):
                monitor.see(letters)
    except Unsafe as unsafe:
        return str(unsafe)
    return None


def test_who_gives_way_may_go_beside_and_is_protected_only_when_the_other_has_cleared() -> None:
    beside = (("ur", 1), ("Gg", 20), ("yg", 3), ("rg", 1))
    assert _seen(*beside, ("rG", 9), ("rf", 2), ("ry", 3), ("rr", 9)) is None
    assert _seen(*beside[:-1], ("rG", 9)) == "intergreen:n/l"
    assert _seen(("ur", 1), ("GG", 1)) == "conflict:n/l"
    assert _seen(("rG", 9), ("uG", 1), ("Gg", 1)) == "intergreen:l/n"


def test_red_amber_and_flashing_green_have_their_times() -> None:
    assert _seen(("ur", 2), ("Gr", 9)) == "red-amber:n"
    assert _seen(("rG", 9), ("rf", 1), ("ry", 3)) == "min-flashing:l"
    assert _seen(("rG", 9), ("rf", 3), ("rr", 3)) == "sequence:l"


def test_a_conflict_without_an_intergreen_is_no_junction() -> None:
    with pytest.raises(BadCrossing, match=r"docs/signals\.md"):
        crossing_of(TWO | {"intergreens": {"n": {"l": 4}}})
