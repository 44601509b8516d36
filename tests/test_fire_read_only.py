"""The hub silences, resets and writes to no fire panel: neither API nor drivers nor register maps have a way to."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from drivers.mqtt.driver import MqttDriver
from hub.fire import desk
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.ports import CannotCarry, Driver, Order, Unreachable
from tests.api.hall import Hall, open_hall
from tests.api.routes import operations
from tests.drivers.mqtt.hub import Collected, city, context

ACTING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with open_hall(tmp_path_factory.mktemp("hall")) as hall:
        yield hall


def test_the_only_route_of_fire_that_does_anything_tests_the_hub_itself(hall: Hall) -> None:
    of_fire = [each for each in operations(hall) if "/fire" in each.path or "panel" in each.path]
    assert len(of_fire) >= 7
    assert [each.name for each in of_fire if each.method in ACTING] == ["POST /api/v1/fire/self-test"]


def test_an_order_to_a_panel_is_refused_by_the_api(hall: Hall) -> None:
    with hall.client("admin") as api:
        made = api.post("/devices", json={"id": "fire-9", "name": "Tủ", "kind": "fire_panel"})
        assert made.status_code == 201, made.text
        answer = api.post("/overrides", json={"devices": ["fire-9"], "level": 0, "for": "1h"})
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("operation", [each for each in Operation if each is not Operation.READ])
def test_the_driver_carries_no_other_order_to_a_panel(operation: Operation) -> None:
    asyncio.run(only_read(operation))


async def only_read(operation: Operation) -> None:
    places = city()
    places.put_devices([Device("panel-9", "", DeviceKind.FIRE_PANEL)])
    driver: Driver = MqttDriver(context("mqtt://127.0.0.1", Collected(), places))
    command = Command("c1", operation, 0.0, "somebody", 60.0, level=0.0)
    with pytest.raises(CannotCarry):
        await driver.send(Order(command, device="panel-9"))
    with pytest.raises(Unreachable):  # `read` it would carry, were there a broker
        await driver.send(Order(Command("c2", Operation.READ, 0.0, "fire watch", 60.0), device="panel-9"))


def test_no_register_map_of_a_panel_can_write() -> None:
    shipped = Path(str(files("drivers") / "modbus" / "maps"))
    panels = [tomllib.loads(path.read_text("utf-8")) for path in shipped.glob("*.toml")]
    panels = [each for each in panels if "fire_panel" in each.get("kinds", ())]
    assert panels
    assert [each for each in panels if each.get("writes") or each.get("commands")] == []


def test_the_desk_of_fire_sends_nothing_but_read() -> None:
    source = Path(desk.__file__).read_text("utf-8")
    assert source.count("self._send(") == 1
    assert source.count("Operation.") == source.count("Operation.READ") == 1
