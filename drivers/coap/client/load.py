"""Folders of profiles of devices that host resources."""

from __future__ import annotations

from pathlib import Path

from drivers.coap.client.build import build_host
from drivers.coap.client.model import HostProfile
from drivers.coap.client.schema import HostTable
from drivers.profiles.files import profile_files, read_profile

SHIPPED = Path(__file__).parent.parent / "profiles"
"""The folder of the profiles that come with the hub."""

_HINTS = {
    "messages": "this is a profile of MQTT messages: put the file into the folder above this one",
    "registers": "this is a register map (Modbus): put the file into the folder modbus beside this one",
}


def load_hosts(*folders: Path) -> dict[str, HostProfile]:
    """The profiles of all `*.toml` in these folders, by name. A later folder replaces a profile of the same name; one that
    does not exist holds none. Raises BadProfile."""
    return {name: read_profile(file, HostTable, build_host, _HINTS) for name, file in profile_files(folders).items()}
