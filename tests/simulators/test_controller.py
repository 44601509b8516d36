"""What a lamp's controller does with commands, its program and the hand of a technician."""

from __future__ import annotations

from datetime import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.controller import Controller
from simulators.lamp import Fault, Lamp
from simulators.orders import Answer, BadOrder, parse_order
from simulators.program import Program, Step, built_in

NIGHT = 1_795_273_200.0  # 2026-11-21 22:00 in Huế
PLACE = ("Asia/Ho_Chi_Minh", 16.4637, 107.5909)


def _program(*levels: float) -> Program:
    """A program that has been at the first level since noon and changes to the next ones at 23:00, 00:00 ..."""
    hours = (12, 23, 0, 1, 2)
    return Program(
        "test", tuple(Step(time(h), 0.0, level, 10.0) for h, level in zip(hours, levels, strict=False)), *PLACE
    )


def _controller(program: Program | None = None, fault: Fault = Fault.NONE) -> Controller:
    controller = Controller(Lamp("lamp-0001", 100.0, 1, NIGHT, fault), program or _program(100), NIGHT)
    controller.run(NIGHT)
    return controller


def _obey(controller: Controller, now: float = NIGHT, **order: Any) -> Answer | None:
    content = {"id": "c1", "t": now, "expires": now + 60, "op": "set_level", "level": 60, "ramp": 0} | order
    return controller.obey(parse_order(msgspec.json.encode(content)), now)


def test_before_any_configuration_it_burns_by_the_sun() -> None:
    controller = Controller(Lamp("lamp-0001", 100.0, 1, NIGHT), built_in(*PLACE), NIGHT)
    assert controller.run(NIGHT)
    assert controller.state(NIGHT) == {"t": NIGHT, "level": 100.0, "cause": "default"}
    morning = NIGHT + 10 * 3600
    assert controller.run(morning)
    assert controller.state(morning)["level"] == 0


def test_a_level_is_reported_when_the_ramp_has_ended() -> None:
    controller = _controller()
    answer = _obey(controller, ramp=20, until=NIGHT + 3600)
    assert answer == Answer(NIGHT, "c1", "applied")
    assert not controller.run(NIGHT)
    assert not controller.run(NIGHT + 10)
    assert controller.lamp.driven(NIGHT + 10) == 80
    assert controller.run(NIGHT + 20)
    assert controller.state(NIGHT + 20) == {"t": NIGHT + 20, "level": 60.0, "cause": "override", "command": "c1"}


def test_it_goes_back_by_itself_and_not_before() -> None:
    controller = _controller(_program(100, 70))
    _obey(controller, until=NIGHT + 5400)
    assert controller.run(NIGHT)
    assert not controller.run(NIGHT + 5399), "the program's step at 23:00 changes nothing while the override holds"
    assert controller.run(NIGHT + 5400)
    assert controller.state(NIGHT + 5400) == {"t": NIGHT + 5400, "level": 70.0, "cause": "default"}


def test_resume_ends_an_override() -> None:
    controller = _controller()
    _obey(controller)
    _obey(controller, NIGHT + 1, id="c2", op="resume")
    assert controller.run(NIGHT + 1)
    assert controller.state(NIGHT + 1)["level"] == 100


def test_a_newer_command_supersedes_and_an_older_one_comes_too_late() -> None:
    controller = _controller()
    _obey(controller, id="old", t=NIGHT)
    newer = _obey(controller, NIGHT + 1, id="new", level=30)
    late = _obey(controller, NIGHT + 2, id="late", t=NIGHT - 5, level=90)
    assert newer is not None
    assert newer.outcome == "applied"
    assert late is not None
    assert (late.outcome, late.detail) == ("rejected", "a newer command is in force")
    assert controller.lamp.target == 30


def test_a_repeat_gets_the_same_answer_and_does_nothing() -> None:
    controller = _controller()
    first = _obey(controller)
    _obey(controller, NIGHT + 1, id="c2", level=20)
    assert _obey(controller, NIGHT + 90, t=NIGHT, expires=NIGHT + 60) is first
    assert controller.lamp.target == 20


def test_an_expired_command_is_not_even_answered() -> None:
    controller = _controller()
    assert _obey(controller, NIGHT, expires=NIGHT - 1) is None
    assert controller.lamp.target == 100


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"op": "dance"}, "a lamp knows set_level"),
        ({"op": "signal_plan"}, "a lamp knows set_level"),
        ({"level": 101}, "from 0 to 100"),
        ({"level": -1}, "from 0 to 100"),
        ({"level": True}, "from 0 to 100"),
        ({"level": None}, "from 0 to 100"),
        ({"level": "60"}, "from 0 to 100"),
        ({"ramp": -1}, "0 to 3600"),
        ({"until": NIGHT - 1}, "is past"),
        ({"until": "tomorrow"}, "Unix seconds"),
    ],
)
def test_nonsense_is_rejected_in_words_and_changes_nothing(order: dict[str, Any], words: str) -> None:
    controller = _controller()
    answer = _obey(controller, **order)
    assert answer is not None
    assert answer.outcome == "rejected"
    assert words in answer.detail
    assert controller.lamp.target == 100


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"7", b"{}", b'{"id": 7}', b'{"id": ""}', b"\xff\x00"])
def test_what_has_no_id_is_no_command(payload: bytes) -> None:
    with pytest.raises(BadOrder):
        parse_order(payload)


def test_dead_leds_fail_and_a_dead_controller_stays_silent() -> None:
    dark = _controller(fault=Fault.LED)
    answer = _obey(dark, until=NIGHT + 60)
    assert answer is not None
    assert (answer.outcome, answer.detail[:11]) == ("failed", "lampFailure")
    assert dark.state(NIGHT)["level"] == 0
    off = _obey(dark, NIGHT + 1, id="c2", level=0)
    assert off is not None
    assert off.outcome == "applied"
    assert _obey(_controller(fault=Fault.CONTROLLER)) is None


def test_a_hand_at_the_lamp_comes_first_and_has_an_end() -> None:
    controller = _controller()
    controller.take_over(10, NIGHT + 600, NIGHT)
    assert controller.run(NIGHT)
    assert controller.state(NIGHT) == {"t": NIGHT, "level": 10.0, "cause": "local"}
    answer = _obey(controller, NIGHT + 1)
    assert answer is not None
    assert answer.outcome == "rejected"
    assert controller.run(NIGHT + 600)
    assert controller.state(NIGHT + 600)["cause"] == "default"


def test_a_power_cut_forgets_commands_but_not_the_program() -> None:
    controller = _controller()
    controller.configure(_program(80), built_in(*PLACE), NIGHT)
    _obey(controller)
    controller.supply(False, NIGHT + 1)
    energy = controller.lamp.energy
    assert controller.lamp.output(NIGHT + 1) == 0
    assert _obey(controller, NIGHT + 2, id="c2") is None
    controller.supply(True, NIGHT + 3600)
    assert controller.lamp.energy == energy
    assert controller.run(NIGHT + 3600)
    assert controller.state(NIGHT + 3600) == {"t": NIGHT + 3600, "level": 80.0, "cause": "program"}


def test_instant_lamps_leave_out_ramps() -> None:
    controller = Controller(Lamp("lamp-0001", 100.0, 1, NIGHT), _program(100), NIGHT, instant=True)
    _obey(controller, ramp=600)
    assert controller.run(NIGHT)
    assert controller.state(NIGHT)["level"] == 60


@given(
    st.lists(
        st.tuples(
            st.floats(0, 6 * 3600), st.integers(0, 100), st.floats(1, 3 * 3600), st.sampled_from(["set", "resume"])
        ),
        max_size=6,
    ),
    st.lists(st.floats(0, 8 * 3600), max_size=10),
)
def test_through_a_night_the_lamp_is_always_where_its_orders_and_program_say(
    orders: list[tuple[float, int, float, str]], looks: list[float]
) -> None:
    """A plain model of the rules, compared at many moments, around midnight too."""
    program = _program(100, 70, 50, 20)
    controller = _controller(program)
    orders = sorted(orders)
    events = sorted([(at, 0, i) for i, (at, *_) in enumerate(orders)] + [(at, 1, -1) for at in looks])
    hold: tuple[int, float] | None = None
    for at, kind, index in events:
        now = NIGHT + at
        controller.run(now)
        if kind == 0:
            _, level, lasts, op = orders[index]
            if op == "set":
                _obey(controller, now, id=f"o{index}", level=level, until=now + lasts)
                hold = (level, now + lasts)
            else:
                _obey(controller, now, id=f"o{index}", op="resume")
                hold = None
            controller.run(now)
        if hold is not None and now >= hold[1]:
            hold = None
        assert controller.lamp.target == (hold[0] if hold is not None else program.in_force(now).level)
