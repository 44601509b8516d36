"""The page that tells how to add a meter is right."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from drivers.modbus.load import SHIPPED, load_maps
from drivers.modbus.reader import BlockReader, Found
from drivers.modbus.reads import merged
from drivers.modbus.schema import MapTable
from drivers.profiles.files import tables_in

PAGE = (Path(__file__).parents[3] / "docs/modbus.md").read_text("utf-8")


def test_the_worked_example_works(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example
    (tmp_path / "street-meter.toml").write_text(re.sub(r"^   ", "", example[1], flags=re.MULTILINE), "utf-8")
    map = load_maps(tmp_path)["street-meter"]
    found = Found()
    raw = {0: struct.pack(">f", 229.5), 12: struct.pack(">f", 1.25), 40: (1234).to_bytes(4, "big")}
    for block in merged(map.points, map.gap, map.most):
        data = bytearray(block.size)
        for point in block.points:
            place = (point.first - block.start) * 2
            data[place : place + 4] = raw[point.first]
        BlockReader(block).read(bytes(data), found, lambda point, number, wrap: number)
    assert found.values == {"voltage": 229.5, "power": 1250.0, "energy": 12_340.0}


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
