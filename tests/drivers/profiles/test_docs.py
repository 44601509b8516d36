"""The page that tells how to write a profile is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from drivers.burst import Burst
from drivers.profiles import load_profiles
from drivers.profiles.files import tables_in
from drivers.profiles.schema import ProfileTable
from hub.model.commands import Command, Operation
from tests.drivers.profiles.registered import NOW, compiled, device

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/profiles.md").read_text("utf-8")


def test_the_worked_example_works(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    message = re.search(r"^ +(lights/\S+) (\{.*\})$", PAGE, re.MULTILINE)
    assert example and message
    (tmp_path / "street-lora.toml").write_text(re.sub(r"^   ", "", example[1], flags=re.MULTILINE), "utf-8")
    lamp = device("street-lora", address="7C2C67AB5F0E")
    profiles, burst = compiled([lamp], profiles=load_profiles(tmp_path)), Burst()
    assert profiles.decode(message[1], message[2].encode(), NOW, burst)
    assert burst.rejected == []
    assert burst.rows[0].time == NOW
    assert burst.rows[0].values == pytest.approx(
        {"power": 41.2, "energy": 18250.0, "level": 60.0, "temperature": 31.5, "rssi": -71.0}
    )
    order = profiles.publish(lamp, Command("c", Operation.SET_LEVEL, NOW, "operator", NOW + 60, 60.0, 5.0))
    assert (order.topic, order.payload) == ("lights/7C2C67AB5F0E/set", b'{"dim":153,"fade":5}')


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in tables_in(field.annotation):
            yield from keys(inner)


def test_every_key_is_documented() -> None:
    tables = "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))
    code = " ".join(re.findall(r"`[^`]+`", tables))
    assert [key for key in sorted(set(keys(ProfileTable))) if not re.search(rf"\b{key}\b", code)] == []
