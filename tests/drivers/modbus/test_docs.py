"""The page that tells how to add a meter is right."""

from __future__ import annotations

import re
import shlex
import struct
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel
from typer.core import TyperCommand, TyperGroup

from drivers.modbus.address import Scheme, parse_address
from drivers.modbus.exceptions import worded
from drivers.modbus.line import Serial
from drivers.modbus.load import SHIPPED, load_maps
from drivers.modbus.reader import BlockReader, Found
from drivers.modbus.reads import merged
from drivers.modbus.schema import MapTable
from drivers.modbus.settings import read_settings
from drivers.profiles.files import tables_in
from hub import cli
from hub.api.edits.imports import read as csv_lines
from hub.installed import modbus_settings
from hub.model.metrics import METRICS
from hub.settings import load_settings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/modbus.md").read_text("utf-8")


HEAD = "title = 'A meter'\nkinds = ['meter']\nsource = 'this test'\n"


def blocks(language: str) -> list[str]:
    """What the page shows in that language, without the indent of its list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def read(map_text: str, raw: Mapping[int, bytes], folder: Path) -> Mapping[str, float]:
    """What a map makes of those bytes, each from its register on."""
    (folder / "street-meter.toml").write_text(map_text, "utf-8")
    map = load_maps(folder)["street-meter"]
    memory = bytearray(2 * 64)
    for first, data in raw.items():
        memory[first * 2 : first * 2 + len(data)] = data
    found = Found()
    for block in merged(map.points, map.gap, map.most):
        data = bytes(memory[block.start * 2 : block.start * 2 + block.size])
        BlockReader(block).read(data, found, lambda point, number, wrap: number)
    return found.values


def test_the_worked_example_works(tmp_path: Path) -> None:
    (example,) = [block for block in blocks("toml") if "[[registers]]" in block]
    raw = {
        0: struct.pack(">fff", 228.5, 229.5, 230.5),
        12: struct.pack(">f", 1.25),
        20: (4998).to_bytes(2, "big"),
        40: (1234).to_bytes(4, "big"),
    }
    values = read(example, raw, tmp_path)
    assert values == {"voltage": 229.5, "power": 1250.0, "frequency": pytest.approx(49.98), "energy": 12_340.0}


@pytest.mark.parametrize("letters", ["ABCD", "CDAB", "BADC", "DCBA"])
def test_the_letters_of_manuals_are_the_orders_that_the_page_says(letters: str, tmp_path: Path) -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| ABCD"))
    manual, written = line.strip("| ").split(" | ")
    order = dict(zip(manual.split(", "), re.findall(r"`([a-z]+-[a-z]+|big|little)`", written), strict=True))[letters]
    value = dict(zip("ABCD", struct.pack(">f", 230.25), strict=True))
    map = f"{HEAD}[[registers]]\naddress = 7\ntype = 'float32'\norder = '{order}'\nmetric = 'voltage'\n"
    assert read(map, {7: bytes(value[letter] for letter in letters)}, tmp_path) == {"voltage": 230.25}


@pytest.mark.parametrize(
    "type", re.findall(r"`([a-z0-9]+)`", next(x for x in PAGE.splitlines() if x.startswith("| float")))
)
def test_the_types_that_the_page_says_are_types(type: str, tmp_path: Path) -> None:
    read(f"{HEAD}[[registers]]\naddress = 7\ntype = '{type}'\nmetric = 'voltage'\n", {7: bytes(4)}, tmp_path)


def test_readings_without_a_unit_are_in_those_that_the_page_says() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| voltage, current"))
    names, units = line.split("`metric` is ")[1].split("; without `unit` they are ")
    said = units.strip(" |").replace("-1 to 1", "/").split(", ")
    assert [METRICS[name].unit for name in re.findall(r"`(\w+)`", names)] == said


def test_the_settings_shown_are_settings(tmp_path: Path) -> None:
    (shown,) = [block for block in blocks("toml") if "[modbus]" in block]
    (tmp_path / "lamplighter.toml").write_text(shown, "utf-8")
    settings = load_settings(tmp_path / "lamplighter.toml", {})
    section = modbus_settings(settings, settings.data)
    assert read_settings(section).port("/dev/ttyUSB0") == Serial(9600, 8, "N", 1)
    assert Path(section["maps"]) == settings.data / "profiles/modbus"
    ports = re.search(r"`modbus.ports = (\{.*?\})`", PAGE)
    assert ports
    given = tomllib.loads(f"ports = {ports[1]}")
    assert read_settings(section | {"serial": "19200-8E1"} | given).port("/dev/ttyUSB0") == Serial(9600, 8, "N", 1)


def test_the_csv_shown_is_taken() -> None:
    (shown,) = blocks("csv")
    lines = csv_lines(shown.encode(), {})
    assert [line.detail for line in lines] == ["", ""]
    devices = [line.device for line in lines if line.device is not None]
    addresses = [parse_address(device.address or "") for device in devices]
    assert [(address.unit, address.line.scheme) for address in addresses] == [(1, Scheme.TCP), (9, Scheme.RTU)]
    assert {device.profile for device in devices} == {"sdm630", "street-meter"}


def test_what_the_page_quotes_of_the_browser_is_what_that_shows() -> None:
    quoted = re.findall(r"on the page \*(.+?)\*", PAGE)
    shown = (ROOT / "dashboards/web/js/i18n/en.js").read_text("utf-8")
    assert len(quoted) == 2
    assert [text for text in quoted if f'"{text}"' not in shown] == []


def test_a_refused_read_says_where_addresses_begin() -> None:
    assert "counted from 0: 40001 of a manual is 0" in worded(2)


@pytest.mark.parametrize("line", sorted(set(re.findall(r"\blamplighter (?:run|user|check|device)\b[^`#\n]*", PAGE))))
def test_the_commands_shown_are_commands(line: str) -> None:
    command, context, words = typer.main.get_command(cli.app), None, shlex.split(line)[1:]
    while isinstance(command, TyperGroup):
        context = command.make_context("lamplighter", words, parent=context)
        _, below, words = command.resolve_command(context, words)
        assert below is not None
        command = below
    assert isinstance(command, TyperCommand)
    command.make_context("lamplighter", words, parent=context)


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        for inner in tables_in(field.annotation):
            yield from keys(inner)


def test_every_key_and_every_shipped_map_is_documented() -> None:
    tables = "\n".join(line for line in PAGE.splitlines() if line.startswith(("|", "### ")))
    code = " ".join(re.findall(r"`[^`]+`", tables))
    assert [key for key in sorted(set(keys(MapTable))) if not re.search(rf"\b{key}\b", code)] == []
    assert [name for name in load_maps(SHIPPED) if f"`{name}`" not in PAGE] == []
