"""Folders of register maps."""

from __future__ import annotations

from pathlib import Path

from drivers.modbus.build import build_map
from drivers.modbus.model import RegisterMap
from drivers.modbus.schema import MapTable
from drivers.profiles.files import profile_files, read_profile

SHIPPED = Path(__file__).parent / "maps"
"""The folder of the register maps that come with the hub."""

_HINTS = {"messages": "this is a profile of MQTT messages: put the file into the folder above this one"}


def load_maps(*folders: Path) -> dict[str, RegisterMap]:
    """The register maps of all `*.toml` in these folders, by name. A later folder replaces a map of the same name; one that
    does not exist holds none. Raises BadProfile."""
    return {name: read_profile(file, MapTable, build_map, _HINTS) for name, file in profile_files(folders).items()}
