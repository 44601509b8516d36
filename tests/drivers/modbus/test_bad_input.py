"""Register maps of which one thing is wrong, and settings: the error names where it is and says what to write."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.modbus.load import SHIPPED, load_maps
from drivers.modbus.settings import BadSetting, read_settings
from drivers.profiles import BadProfile
from tests.drivers.modbus.driving import CABINET

MAPS = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in sorted(SHIPPED.glob("*.toml"))}
MAPS["test-cabinet"] = tomllib.loads(CABINET)


def keys(table: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The ways to all values of a table."""
    if isinstance(table, dict):
        for key, value in table.items():
            yield (*way, key)
            yield from keys(value, (*way, key))
    elif isinstance(table, list) and table and isinstance(table[0], dict):
        yield from keys(table[0], (*way, 0))


_TRIED = ("lamplighter-cabinet", "lamplighter-fire-panel", "pm5110", "test-cabinet")
WAYS = [(name, way) for name in _TRIED for way in keys(MAPS[name])]


def written(value: Any) -> str:
    """A value in TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {written(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, int | float) else '"' + str(value).replace('"', '\\"') + '"'


def refusal(folder: Path, table: dict[str, Any]) -> str | None:
    """Why a map is not taken; None when it is."""
    (folder / "own.toml").write_text("\n".join(f"{key} = {written(value)}" for key, value in table.items()), "utf-8")
    try:
        load_maps(folder)
    except BadProfile as error:
        return str(error)
    return None


def changed(name: str, way: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A map with another value at one place."""
    table = copy.deepcopy(MAPS[name])
    at: Any = table
    for step in way[:-1]:
        at = at[step]
    at[way[-1]] = value
    return table


def named(way: tuple[str | int, ...]) -> str:
    """A key as errors name it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way).removeprefix(".")


@pytest.mark.parametrize(("name", "way"), WAYS, ids=lambda each: each if isinstance(each, str) else named(each))
def test_every_key_that_is_of_the_wrong_kind_is_named(name: str, way: tuple[str | int, ...], tmp_path: Path) -> None:
    """A text where a table stands, a date of nobody where a text does: whatever was there, this cannot be."""
    for wrong in ([[[]]], {"nobody": "knows"}, -1, True):
        said = refusal(tmp_path, changed(name, way, wrong))
        assert said is not None, wrong
        assert said.startswith(f"{tmp_path / 'own.toml'}: {named(way)}"), said


@pytest.mark.parametrize("name", MAPS)
def test_a_key_that_there_is_not_is_named_with_those_that_there_are(name: str, tmp_path: Path) -> None:
    for way in {way[:-1] for way in keys(MAPS[name])}:
        said = refusal(tmp_path, changed(name, (*way, "nonsense"), 1))
        assert said is not None and f"{named((*way, 'nonsense'))}: no such key: use " in said


@given(st.sampled_from(WAYS), st.one_of(st.integers(-70_000, 70_000), st.floats(), st.text(max_size=20), st.booleans()))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_value_breaks_the_reader(tmp_path: Path, at: tuple[str, tuple[str | int, ...]], value: Any) -> None:
    said = refusal(tmp_path, changed(*at, value))
    assert said is None or said.startswith(f"{tmp_path / 'own.toml'}: ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fastest": 1}, "the settings are fast, normal, slow"),
        ({"fast": "often"}, "the settings are fast"),
        ({"fast": 0}, "modbus.fast is 0.0: it must be above 0"),
        ({"timeout": -1}, "modbus.timeout is -1.0: it must be above 0"),
        ({"misses": 0}, "modbus.misses is 0: it must be above 0"),
        ({"probe_most": 0}, "modbus.probe_most is 0.0"),
        ({"serial": "9600"}, "modbus.serial: '9600': write baud rate, data bits, parity (N, E, O) and stop bits"),
        ({"serial": "9600-9N1"}, "e.g. 9600-8N1"),
        ({"ports": {"/dev/ttyUSB0": "9600-8X1"}}, "modbus.ports./dev/ttyUSB0: '9600-8X1': write baud rate"),
        ({"ports": ["/dev/ttyUSB0"]}, "the settings are fast"),
    ],
)
def test_a_setting_that_cannot_be_says_what_to_write(given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSetting) as error:
        read_settings(given)
    assert said in str(error.value)
