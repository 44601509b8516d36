"""A junction's connection: what it says and when, and what it answers (docs/signals-wire.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from simulators import crossroads
from simulators.fleet import BadHappening
from simulators.junctions.program import checksum
from simulators.junctions.station import JunctionStation
from simulators.mqtt.outbox import Message
from simulators.options import BadOption, Happening, gather
from tests.simulators.junctions.crossroad import NOON, Crossroad, town
from tests.simulators.street import Street

ID = "junction-01"


class Wire:
    """A junction's station, what it posted, and its time."""

    def __init__(self, number: int = 0, now: float = NOON) -> None:
        self.plan = town().junctions[number]
        self.station: JunctionStation = crossroads.station_of(self.plan, "Asia/Ho_Chi_Minh", Street().manners, now)
        self.posted: list[Message] = []
        self.station.post = self.posted.append
        self.now = now
        self.station.greet(now)

    def take(self, channel: str) -> list[Any]:
        """What was said on a channel since last asked."""
        found = [each for each in self.posted if each.topic == f"ll/d/{ID}/up/{channel}"]
        self.posted[:] = [each for each in self.posted if each not in found]
        assert all(each.retain is (channel in ("state", "presence")) for each in found)
        return [json.loads(each.payload) for each in found]

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.station.run(self.now)

    def tell(self, op: str, id: str = "c-1", **said: Any) -> dict[str, Any]:
        """Give it an order; its result."""
        order = {"id": id, "t": self.now, "expires": self.now + 60, "op": op} | said
        self.station.hear(f"ll/d/{ID}/down/command", json.dumps(order).encode(), self.now)
        (result,) = self.take("result")
        assert result["id"] == id
        return dict(result)


@pytest.fixture
def wire() -> Wire:
    return Wire()


def program(name: str) -> dict[str, Any]:
    return Crossroad().program(name)


def test_it_says_its_whole_state(wire: Wire) -> None:
    wire.run(600)
    wire.take("state")
    wire.tell("read")
    (state,) = wire.take("state")
    own = wire.station.controller.stored["own-day"]
    assert state["mode"] == "plan" and state["plan"] == "own-day" and state["by"] == "calendar"
    assert state["checksum"] == own.checksum == state["stored"]["own-day"]
    assert state["second"] == own.local(int(state["t"])) and state["cycle"] == 90 and state["correction"] == 0
    assert state["groups"] == own.shown[state["second"]] and state["stage"] in (1, 2)
    assert abs(state["clock_error"]) < 0.5 and state["t"] == pytest.approx(wire.now + state["clock_error"], abs=2e-3)
    assert state["faults"] == [] and state["selected"] is state["until"] is state["command"] is None
    assert set(state["detectors"]) == {"d-avenue", "d-street"} and state["detectors"]["d-avenue"]["count"] > 10


def test_it_speaks_each_minute_and_at_every_change_and_each_second_when_asked(wire: Wire) -> None:
    wire.run(600)
    wire.take("state")
    wire.run(600)
    assert len(wire.take("state")) == 10
    assert wire.tell("read", every=1, **{"for": 20})["outcome"] == "applied"
    wire.take("state")
    wire.run(120)
    states = wire.take("state")
    assert 20 <= len(states) <= 24
    seconds = [state["second"] for state in states[:20]]
    assert [(b - a) % 90 for a, b in pairwise(seconds)] == [1] * 19
    assert wire.tell("read", id="c-2", every=0.1, **{"for": 20})["outcome"] == "rejected"


def test_a_download_is_read_back_and_selected_at_its_switch_point(wire: Wire) -> None:
    wire.run(600)
    wire.take("state")
    wanted = program("evening")
    stored = wire.tell("signal_plan", plan="p3", program=wanted, checksum=checksum(wanted), activate=False)
    assert stored["outcome"] == "applied"
    (state,) = wire.take("state")
    assert state["stored"]["p3"] == checksum(wanted) and state["plan"] == "own-day" and state["selected"] is None
    until = wire.now + 1000
    assert wire.tell("signal_plan", id="c-2", plan="p3", checksum=checksum(wanted), until=until)["outcome"] == "applied"
    (state,) = wire.take("state")
    assert (state["plan"], state["selected"], state["until"], state["command"]) == ("own-day", "p3", until, "c-2")
    wire.run(90)
    state = wire.take("state")[-1]
    assert (state["plan"], state["by"], state["checksum"]) == ("p3", "order", checksum(wanted))
    wire.run(1000)
    state = wire.take("state")[-1]
    assert (state["plan"], state["by"], state["selected"], state["until"]) == ("own-day", "calendar", None, None)


def test_what_it_cannot_do_is_rejected_with_the_reason(wire: Wire) -> None:
    for said, why in (
        ({"op": "signal_plan", "plan": "p9"}, "no program 'p9'"),
        ({"op": "signal_plan", "plan": "p9", "activate": False}, "nothing to do"),
        ({"op": "signal_plan", "plan": "p9", "program": {}, "checksum": "00"}, "has the keys"),
        ({"op": "signal_plan", "plan": 3}, "name of a program"),
        ({"op": "signal_mode", "mode": "flash"}, "without an end"),
        ({"op": "signal_mode", "mode": "green", "until": NOON + 60}, "flash, dark or local"),
        ({"op": "signal_plan", "plan": "own-day", "until": "soon"}, "give Unix seconds"),
        ({"op": "set_level", "level": 50}, "a signal controller knows"),
    ):
        result = wire.tell(id=why, **said)
        assert result["outcome"] == "rejected" and why in result["detail"]


def test_an_order_that_comes_twice_is_answered_twice_and_done_once(wire: Wire) -> None:
    wire.run(600)
    first = wire.tell("signal_mode", mode="flash", until=wire.now + 500)
    assert first == wire.tell("signal_mode", mode="flash", until=wire.now + 500)
    assert wire.tell("signal_mode", id="c-2", mode="local")["outcome"] == "applied"
    wire.tell("signal_mode", mode="flash", until=wire.now + 500)  # an old one once more
    assert wire.station.controller.held is None


def test_an_order_that_has_expired_is_not_answered(wire: Wire) -> None:
    order = {"id": "old", "op": "signal_mode", "mode": "flash", "until": NOON + 900, "expires": NOON - 5}
    wire.station.hear(f"ll/d/{ID}/down/command", json.dumps(order).encode(), wire.now)
    assert wire.take("result") == [] and wire.station.controller.held is None


def happening(do: str, **more: Any) -> Happening:
    return Happening(at=0, do=do, devices=(ID,), **more)


class NoLink:
    """The link's part in what happens: it looks at the clock."""

    def __init__(self, station: JunctionStation, now: Callable[[], float]) -> None:
        self.wake = lambda: station.run(now())
        self.cut = self.start = lambda: None


def befall(wire: Wire, do: str, **more: Any) -> None:
    link: Any = NoLink(wire.station, lambda: wire.now)
    crossroads.happen(happening(do, **more), wire.station, link, wire.now)
    wire.run(2)


def test_what_happens_is_an_event_that_begins_and_ends_and_shows_in_the_state(wire: Wire) -> None:
    wire.run(600)
    for do, more, type, point, shows in (
        ("signal-conflict", {}, "signalConflict", "", lambda s: s["mode"] == "fault" and s["faults"]),
        ("signal-fault", {}, "signalFault", "", lambda s: s["faults"] == ["controller"] and s["plan"] is None),
        ("signal-lamp", {"points": ("st",)}, "signalLampFailure", "st",
         lambda s: s["faults"] == ["lamp-single:st"] and s["mode"] == "plan"),
        ("signal-detector", {"points": ("d-street",)}, "detectorFailure", "d-street",
         lambda s: s["detectors"]["d-street"]["broken"] and not s["faults"]),
        ("signal-manual", {}, "signalLocal", "", lambda s: s["mode"] == "manual" and s["by"] == "spot"),
    ):  # fmt: skip
        wire.take("event"), wire.take("state")
        befall(wire, do, **more)
        (began,) = wire.take("event")
        assert (began["type"], began["point"], began["active"]) == (type, point, True), do
        assert shows(wire.take("state")[-1]), do
        befall(wire, "signal-plan" if type == "signalLocal" else "signal-repair")
        (ended,) = wire.take("event")
        assert (ended["type"], ended["point"], ended["active"]) == (type, point, False)
        wire.run(300)


def test_a_clock_that_was_set_wrong_is_told_and_comes_back(wire: Wire) -> None:
    wire.run(600)
    befall(wire, "signal-clock", shift=-20.0)
    wire.run(60)
    assert wire.take("state")[-1]["clock_error"] == pytest.approx(-20.0, abs=0.5)
    wire.run(86_400)
    assert wire.take("state")[-1]["clock_error"] == 0 and wire.station.controller.fault is None


def test_programs_and_the_order_that_holds_outlive_a_restart(wire: Wire) -> None:
    wire.run(600)
    wanted = program("evening")
    wire.tell("signal_plan", plan="p3", program=wanted, checksum=checksum(wanted), until=wire.now + 3600)
    kept = json.loads(json.dumps(wire.station.holds()))
    again = Wire(now=wire.now + 30)
    again.station.recall(kept, again.now)
    again.run(300)
    state = again.take("state")[-1]
    assert (state["plan"], state["selected"], state["command"]) == ("p3", "p3", "c-1")
    assert state["stored"]["p3"] == checksum(wanted)


def test_what_cannot_happen_is_refused_before_anything_starts(tmp_path: Path) -> None:
    stations = {ID: Wire().station}
    with pytest.raises(BadHappening, match="there are junction-01 to junction-01"):
        crossroads.check(Happening(at=0, do="signal-lamp", devices=("junction-07",)), stations)
    with pytest.raises(BadHappening, match="mav, av, mst, st, pst, pav"):
        crossroads.check(happening("signal-lamp", points=("x",)), stations)
    with pytest.raises(BadHappening, match="does not happen to junction-01"):
        crossroads.check(happening("signal-dark"), stations)
    with pytest.raises(BadOption, match="junctions"):
        gather({"junctions": -1}, None)
    scene = tmp_path / "scene.toml"
    scene.write_text('junctions = 2\n[[happening]]\nat = 3\ndo = "signal-conflict"\ndevices = ["junction-01"]\n')
    assert gather({}, scene).junctions == 2
