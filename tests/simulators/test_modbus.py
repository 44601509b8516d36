"""The city's Modbus devices, asked by a master that is not ours: mbpoll."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulators.modbus.frames import answer
from simulators.modbus.watched import FirePanel
from tests.servers.missing import need
from tests.servers.modbus import serial_pair
from tests.servers.mosquitto import mosquitto
from tests.servers.ports import free_port
from tests.servers.waiting import until
from tests.simulators.running import ended, simulators

BOX, METER = 103, 3  # of cab-003


def mbpoll(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One question, or one write."""
    need("mbpoll", shutil.which("mbpoll") is not None, "apt-get install mbpoll")
    return subprocess.run(
        ["mbpoll", "-0", "-1", "-q", "-o", "2", *arguments], capture_output=True, text=True, timeout=30
    )


def numbers(*arguments: str) -> list[float]:
    """What it read."""
    done = mbpoll(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return [float(each) for each in re.findall(r"^\[\d+\]:\s+(\S+)", done.stdout, re.MULTILINE)]


@dataclass(frozen=True)
class Street:
    """A running city, and how its first port is asked."""

    port: int
    line: Path

    def tcp(self, unit: int, *arguments: str) -> tuple[str, ...]:
        return ("-m", "tcp", "-p", str(self.port), "-a", str(unit), *arguments, "127.0.0.1")

    def power(self) -> float:
        """W at the head of cab-003's feeder."""
        [watts] = numbers(*self.tcp(METER, "-r", "52", "-c", "1", "-t", "3:float", "-B"))
        return watts


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder, port = tmp_path_factory.mktemp("street"), free_port()
    with serial_pair(folder) as (one, other), mosquitto(folder) as broker:
        arguments = (
            "--broker",
            broker.url,
            "--lights",
            "216",
            "--faults",
            "0",
            "--instant",
            "--epoch",
            "1795357800",
            "--fast",
            "1.0",
        )
        with simulators(folder, *arguments, "--modbus", str(port), "--modbus-serial", str(one)) as running:
            running.until_line("Modbus: 7 devices")
            running.until_line("ready:")
            yield Street(port, other)


def test_a_contactor_that_opens_takes_its_lamps_from_the_feeder_meter(street: Street) -> None:
    box = street.tcp(BOX, "-r", "1", "-t", "0")
    assert mbpoll(*box, "1").returncode == 0
    lit = street.power()
    assert numbers(*street.tcp(BOX, "-r", "0", "-c", "3", "-t", "1"))[1] == 1
    assert mbpoll(*box, "0").returncode == 0
    assert numbers(*street.tcp(BOX, "-r", "0", "-c", "3", "-t", "1"))[1] == 0
    until("the meter to fall by the lamps of a segment", lambda: street.power() < lit - 300 or None, within=10)


def test_the_meter_shows_lamps_losses_and_itself(street: Street) -> None:
    assert mbpoll(*street.tcp(BOX, "-r", "1", "-t", "0"), "1").returncode == 0  # lit, whatever another test left
    volts, amperes, watts = (
        numbers(*street.tcp(METER, "-r", place, "-c", "1", "-t", "3:float", "-B"))[0] for place in ("42", "48", "52")
    )
    assert 215 < volts < 240 and watts == pytest.approx(volts * amperes, rel=0.2)


def test_the_same_devices_speak_rtu(street: Street) -> None:
    line = ("-m", "rtu", "-b", "19200", "-P", "none", "-a", str(METER))
    [volts] = numbers(*line, "-r", "42", "-c", "1", "-t", "3:float", "-B", str(street.line))
    assert 215 < volts < 240
    silent = mbpoll(
        "-m", "rtu", "-b", "19200", "-P", "none", "-a", "77", "-r", "0", "-c", "1", "-t", "3", str(street.line)
    )
    assert silent.returncode != 0


def test_what_is_not_there_is_refused_with_the_right_exception(street: Street) -> None:
    for arguments, words in (
        (street.tcp(77, "-r", "0", "-c", "1", "-t", "3"), "(Target device|[Gg]ateway)"),
        (street.tcp(METER, "-r", "390", "-c", "20", "-t", "3"), "Illegal data address"),
        (street.tcp(METER, "-r", "0", "-c", "1", "-t", "0"), "Illegal function"),
        (street.tcp(201, "-r", "0", "-t", "0"), "Illegal function"),
    ):
        done = mbpoll(*arguments, *(("1",) if arguments[5] == "201" else ()))
        assert re.search(words, done.stdout + done.stderr), (arguments, done)


def test_a_panel_says_which_point_burns() -> None:
    panel = FirePanel()
    panel.points.add(22)
    said = answer(panel, bytes.fromhex("02 0040 0040"))
    assert said[:2] == b"\x02\x08" and said[2 + 22 // 8] == 1 << 22 % 8
    assert answer(panel, bytes.fromhex("05 0040 ff00")) == b"\x85\x01"


def test_a_taken_port_is_one_line(street: Street) -> None:
    code, text = ended("--broker", "mqtt://127.0.0.1:1", "--lights", "10", "--modbus", str(street.port))
    assert code == 2 and f"Modbus port 127.0.0.1:{street.port}" in text and "Traceback" not in text
