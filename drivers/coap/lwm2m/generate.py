"""Makes `objects.json` from published object definitions: python -m drivers.coap.lwm2m.generate FOLDER

FOLDER holds `NNNN.xml` of the OMA LwM2M registry (objects of the uCIFI Alliance and of IPSO, BSD-3-Clause: `NOTICE` beside the
result). What earlier versions of these objects defined otherwise is in `EARLIER`, and the core objects, which LwM2M 1.0 itself
defines, in `CORE`; only what the hub reads or writes of them.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

WANTED = ("3301", "3303", "3304", "3407", "3416", "3418", "3419", "3421", "3422", "3428", "3433")
RESULT = Path(__file__).with_name("objects.json")

EARLIER: dict[str, dict[str, dict[str, list[str]]]] = {
    "3416": {"1.0": {"39": ["String", ""], "40": ["String", ""], "15": ["Integer", "h"]}},
    "3418": {"1.0": {"6": ["Float", "kWh"]}},
}
"""{object: {version: {resource: [type, unit]}}}, the rest being as published. An object that is registered without one is 1.0."""

CORE: dict[str, dict[str, Any]] = {
    "3": {"name": "Device", "version": "1.0", "resources": {
        "0": ["Manufacturer", "String", ""], "1": ["Model Number", "String", ""], "2": ["Serial Number", "String", ""],
        "3": ["Firmware Version", "String", ""], "9": ["Battery Level", "Integer", "/100"], "11": ["Error Code", "Integer", ""],
        "13": ["Current Time", "Time", ""],
    }},
    "4": {"name": "Connectivity Monitoring", "version": "1.0", "resources": {
        "2": ["Radio Signal Strength", "Integer", "dBm"], "3": ["Link Quality", "Integer", ""],
    }},
    "6": {"name": "Location", "version": "1.0", "resources": {
        "0": ["Latitude", "Float", "lat"], "1": ["Longitude", "Float", "lon"], "5": ["Timestamp", "Time", ""],
    }},
}  # fmt: skip


def definition(file: Path) -> dict[str, Any]:
    """Name, version and readable or writable resources of one published object."""
    found = ElementTree.parse(file).getroot().find("Object")
    if found is None:
        raise ValueError(f"{file}: no Object in it")
    resources = {}
    for item in found.iterfind("Resources/Item"):
        kind = item.findtext("Type") or ""
        if kind:
            unit = (item.findtext("Units") or "").strip()
            resources[item.attrib["ID"]] = [(item.findtext("Name") or "").strip(), kind, "" if unit == "None" else unit]
    return {
        "name": (found.findtext("Name") or "").strip(),
        "version": found.findtext("ObjectVersion") or "1.0",
        "resources": resources,
    }


def generate(folder: Path) -> dict[str, Any]:
    """{object: {version: {"name", "resources": {resource: [name, type, unit]}}}}."""
    found: dict[str, Any] = {}
    for number, core in CORE.items():
        found[number] = {core["version"]: {"name": core["name"], "resources": core["resources"]}}
    for number in WANTED:
        published = definition(folder / f"{number}.xml")
        versions = {published["version"]: {"name": published["name"], "resources": published["resources"]}}
        for version, changes in EARLIER.get(number, {}).items():
            changed = {each: [published["resources"][each][0], *what] for each, what in changes.items()}
            versions[version] = {"name": published["name"], "resources": {**published["resources"], **changed}}
        found[number] = versions
    return found


def main() -> None:
    """Write the result beside this file."""
    RESULT.write_text(json.dumps(generate(Path(sys.argv[1])), indent=0, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
