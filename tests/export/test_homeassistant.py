"""What a subscriber of Home Assistant's discovery topics is told, through a real broker."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.timetable import Timetable
from hub.export.exporter import HomeAssistantExport
from hub.export.homeassistant import Topics
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.readings import Row
from hub.model.reports import PresenceReport
from hub.model.zones import Zone
from hub.registry.city import City
from hub.telemetry.latest import LatestValues
from schedules.program_reader import parse_program
from schedules.site import Site
from tests.drivers.mqtt.hub import Collected, WallClock, context, running
from tests.e2e.foreign import Foreign
from tests.servers.mosquitto import mosquitto
from tests.servers.registries import open_registry

TOPICS = Topics("homeassistant", "ll")
PROGRAM = parse_program({"id": "night", "steps": [{"at": "00:00", "level": 30}]})
LAMP = Device("lamp-1", "Đèn 1", DeviceKind.LIGHT, zone="le-loi")
REQUIRED = {"platform", "unique_id", "value_template", "name"}  # of a component; state_topic is the shared one


class House:
    """A city of a lamp and a panel, and what Home Assistant hears of it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.registry = open_registry(folder / "registry.db")
        self.city = City([Zone("le-loi", "Lê Lợi", "street")], [LAMP, Device("panel-1", "", DeviceKind.FIRE_PANEL)])
        self.latest = LatestValues()
        arbiter = Arbiter(self.city, Timetable(self.city, PROGRAM), Site(16.46, 107.59, "Asia/Ho_Chi_Minh"))
        self.board = Board(self.city, arbiter, WallClock(), 900)
        self.port = port
        self.listener = Foreign(port, "homeassistant/#", "ll/ha/#")

    def heard(self) -> dict[str, bytes]:
        """The newest message of each topic."""
        return dict(self.listener.heard)

    def says(self, level: float, power: float) -> None:
        """The lamp reports."""
        now = time.time()
        row = Row("lamp-1", DeviceKind.LIGHT, now, now, {"power": power, "energy": 12.5})
        report = LightReport("lamp-1", level, Cause.OVERRIDE, now, now)
        self.latest.update([row])
        self.board.take([row], [report], [], [], [PresenceReport("lamp-1", True, now)])

    def export(self, driver: Any, *, enabled: bool = True) -> HomeAssistantExport:
        """An export that takes its turns at the test's word."""
        return HomeAssistantExport(
            self.city, self.board, self.latest, self.registry, driver, TOPICS, enabled=enabled, interval=0.05
        )


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not look():
            await asyncio.sleep(0.02)


def test_a_lamp_is_described_kept_up_to_date_and_withdrawn(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        async with running(context(f"mqtt://127.0.0.1:{house.port}", Collected(), house.city)) as driver:
            export = house.export(driver)
            export.start()
            house.says(60, 61.2)
            await until(
                lambda: TOPICS.state("lamp-1") in house.heard() and b"61.2" in house.heard()[TOPICS.state("lamp-1")]
            )
            config = json.loads(house.heard()[TOPICS.config("lamp-1")])
            assert config["device"]["identifiers"] == ["lamplighter_lamp-1"]
            assert (config["device"]["name"], config["device"]["suggested_area"]) == ("Đèn 1", "Lê Lợi")
            assert config["origin"]["name"] == "Lamplighter"
            assert config["components"].keys() == {"light", "level", "power", "energy"}
            for component in config["components"].values():
                assert component.keys() >= REQUIRED and component["platform"] in ("sensor", "binary_sensor")
            assert len({component["unique_id"] for component in config["components"].values()}) == 4
            energy = config["components"]["energy"]
            assert (energy["device_class"], energy["unit_of_measurement"]) == ("energy", "Wh")
            assert energy["state_class"] == "total_increasing"
            assert "command_topic" not in json.dumps(config)
            said = json.loads(house.heard()[config["state_topic"]])
            assert said == {"level": 60.0, "power": 61.2, "energy": 12.5}
            assert [house.heard()[each["topic"]] for each in config["availability"]] == [b"online", b"online"]
            assert not any("panel-1" in topic for topic in house.heard())

            house.says(30, 28.4)
            await until(lambda: json.loads(house.heard()[config["state_topic"]])["level"] == 30.0)
            count = len(house.listener.heard)
            await export.publish()
            await export.publish()
            assert len(house.listener.heard) == count  # nothing new, nothing said
            house.city.put_devices([replace(LAMP, name="Đèn hai")])
            await until(lambda: json.loads(house.heard()[TOPICS.config("lamp-1")])["device"]["name"] == "Đèn hai")

            house.city.drop_device("lamp-1")
            await until(lambda: all(house.heard()[each("lamp-1")] == b"" for each in (TOPICS.config, TOPICS.state)))
            await export.stop()
            await until(lambda: house.heard()[TOPICS.hub] == b"offline")

    with mosquitto(tmp_path / "broker") as broker:
        house = House(tmp_path, broker.port)
        with closing(house.listener):
            asyncio.run(play(house))


def test_switched_off_it_withdraws_what_an_earlier_run_published(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        async with running(context(f"mqtt://127.0.0.1:{house.port}", Collected(), house.city)) as driver:
            export = house.export(driver)
            export.start()
            await until(lambda: TOPICS.config("lamp-1") in house.heard())
            await until(lambda: "lamp-1" in (house.registry.facts.get("homeassistant-devices") or ""))
            await export.stop()
            later = house.export(driver, enabled=False)
            later.start()
            await until(lambda: house.heard()[TOPICS.config("lamp-1")] == b"")
            await later.stop()

    with mosquitto(tmp_path / "broker") as broker:
        house = House(tmp_path, broker.port)
        with closing(house.listener):
            asyncio.run(play(house))
