"""What fire panels say by MQTT: whatever else is wrong, nothing that could be a fire is dropped; and only `read` goes to them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.burst import Burst
from drivers.mqtt.native import NativeDecoder
from drivers.mqtt.topics import Topics
from drivers.senml import Limits
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.model.fire import PanelCondition
from hub.ports import CannotCarry, Order
from tests.drivers.mqtt.broker import mosquitto
from tests.drivers.mqtt.hub import Collected, city, context, running
from tests.drivers.mqtt.wire import heard, listening, publish

RECEIVED = 1763750100.0
POINTS = st.dictionaries(
    st.tuples(st.text(min_size=1, max_size=12), st.sampled_from([each.value for each in PanelCondition])),
    st.text(max_size=40),
    max_size=12,
)
WRONG: list[Any] = [
    7,
    None,
    "x",
    [],
    {"point": "1/1"},
    {"point": [], "state": "alarm"},
    {"point": "1/1", "state": "burning"},
]


def read(payload: bytes, channel: str = "state") -> Burst:
    burst = Burst()
    origin = Topics("ll").upward(f"ll/d/panel-1/up/{channel}".encode())
    assert origin is not None
    NativeDecoder(city(), Limits()).decode(origin, payload, RECEIVED, burst)
    return burst


@given(POINTS, st.lists(st.sampled_from(WRONG), max_size=4), st.randoms())
def test_every_point_that_can_be_read_counts_and_what_cannot_makes_the_state_incomplete(
    points: dict[tuple[str, str], str], wrong: list[Any], dice: Any
) -> None:
    said = [{"point": point, "state": state, "text": text} for (point, state), text in points.items()] + wrong
    dice.shuffle(said)
    burst = read(json.dumps({"t": RECEIVED - 1, "points": said}).encode())
    (report,) = burst.panels
    assert {(each.point, each.state.value) for each in report.points} == {
        (point.replace("\x00", "\ufffd"), state) for point, state in points
    }
    assert report.complete is (not wrong)
    assert bool(burst.rejected) is bool(wrong)


@given(st.binary(max_size=60))
def test_no_bytes_in_a_text_hide_a_fire(text: bytes) -> None:
    text = text.replace(b'"', b"'").replace(b"\\", b"/")
    burst = read(b'{"t":1763750000,"type":"fireAlarm","active":true,"point":"1/23","text":"' + text + b'"}', "event")
    (event,) = burst.events
    assert (event.type, event.point, event.active) == ("fireAlarm", "1/23", True)


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ({"t": 1763750000}, 'send {"t":1763750000,"alarm":1'),
        ({"points": [{"point": "1/1", "state": "burning"}]}, "none of alarm, fault, supervisory, disabled, test"),
        ({"points": [{"state": "alarm"}]}, 'send its address as text, "1/23"'),
        ({"points": {}}, "points is a list"),
        ({"alarm": -1}, "send how many points are, from 0"),
        ({"alarm": 1.5}, "send how many points are, from 0"),
        ({"alarm": True}, "send how many points are, from 0"),
        ({"alarm": 0, "points": [{"point": "1/1", "state": "alarm"}]}, "count those that are named"),
        ({"points": [{"point": str(n), "state": "test"} for n in range(10_001)]}, "send at most 10000"),
    ],
)
def test_what_is_wrong_says_what_to_send(state: dict[str, Any], remedy: str) -> None:
    burst = read(json.dumps(state).encode())
    (rejected,) = burst.rejected
    assert remedy in rejected.reason and rejected.device == "panel-1"
    assert all(not report.complete for report in burst.panels)


@pytest.mark.parametrize("said", [{"alarm": 0}, {"fault": 1, "test": 0}])
def test_counts_of_some_conditions_end_nothing(said: dict[str, int]) -> None:
    (report,) = read(json.dumps({"t": 1763750000, **said}).encode()).panels
    assert not report.complete


@pytest.mark.timeout(60)
def test_only_read_reaches_a_panel_and_its_account_hears_no_zone(tmp_path: Path) -> None:
    async def scene() -> None:
        inbox = Collected()
        with mosquitto(tmp_path / "broker") as broker:
            async with (
                running(context(broker.url, inbox)) as driver,
                listening(broker, "ll/d/panel-1/down/command") as stream,
            ):
                for operation in Operation:
                    command = Command(f"cmd-{operation}", operation, RECEIVED, "an", RECEIVED + 60, 60.0)
                    if operation is Operation.READ:
                        await driver.send(Order(command, device="panel-1"))
                    else:
                        with pytest.raises(CannotCarry, match="they take read"):
                            await driver.send(Order(command, device="panel-1"))
                retained, _, order = await heard(stream)
                assert not retained and (order["id"], order["op"]) == ("cmd-read", "read")
                state = '{"t":1763750000,"alarm":1,"points":[{"point":"1/1","state":"alarm","text":"Sảnh"}]}'
                await publish(broker, "ll/d/panel-1/up/state", state, state)
                await inbox.until(lambda: len(inbox.all("panels")) >= 2)  # repeats are for the hub to fold
                access = driver.access(Device("panel-1", "", DeviceKind.FIRE_PANEL))
                assert access is not None and access.subscribe == ("ll/d/panel-1/down/#",)

    asyncio.run(scene())
