"""Profiles of resources: what is wrong in one is said with file, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.coap.client.load import SHIPPED, load_hosts
from drivers.profiles import load_profiles
from drivers.profiles.files import BadProfile
from hub.model.commands import Operation
from hub.ports import Confirmation
from tests.drivers.coap.client.asking import LAMP

SENSOR = """
title = "Sensor"
kinds = ["environment"]
[[resources]]
path = "t"
fields = [{ metric = "temperature" }]
"""


def load(folder: Path, text: str, name: str = "own") -> None:
    (folder / f"{name}.toml").write_text(text, "utf-8")
    load_hosts(folder)


def test_the_shipped_ones_and_the_citys_own_load(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(SENSOR, "utf-8")
    found = load_hosts(SHIPPED, tmp_path, tmp_path / "none")
    assert found.keys() == {"coap-lamp", "coap-air", "own"}
    lamp = found["coap-lamp"].info
    assert lamp.operations == {Operation.READ, Operation.SET_LEVEL} and lamp.confirmation is Confirmation.STATE
    assert found["own"].info.operations == {Operation.READ}


@pytest.mark.parametrize(
    ("before", "after", "key", "remedy"),
    [
        ('path = "light"\nobserve', 'path = "/light"\nobserve', "resources[0].path", "none at the ends, e.g. 'light/level'"),
        ('path = "light"\nobserve', 'path = "a b"\nobserve', "resources[0].path", "is no path"),
        ("every = 0.5", 'every = "often"', "resources[0].every", "or seconds from 0.01 to 86400, and not 'often'"),
        ("every = 0.5", "every = 0", "resources[0].every", "or seconds from 0.01"),
        ("every = 0.5", 'format = "xml"', "resources[0].format", "'xml'"),
        ("every = 0.5", "ever = 5", "resources[0].ever", "no such key: use"),
        ("observe = true", "observe = 1", "resources[0].observe", "bool"),
        ('metric = "level"', 'metric = "brightness"', "resources[0].fields[0].metric", "use one of"),
        ('metric = "level"', 'metric = "level", unit = "V"', "resources[0].fields[0].unit", "V"),
        ('metric = "level"', 'metric = "level", field = "x"', "resources[0].fields[0].field", "a text has no fields"),
        ('fields = [{ metric = "level" }]', "", "resources[0]", "says nothing: add fields or events"),
        ("every = 0.5", 'every = 0.5\nnames = { a = "level" }', "resources[0].names", "for format = 'senml' alone"),
        ("every = 0.5", 'format = "senml"', "resources[0].fields", "leave it out, or write names"),
        ("every = 0.5", 'format = "panel"', "resources[0].fields", "a panel's state says itself what it holds: leave it out"),
        ('fields = [{ metric = "level" }]', 'format = "panel"', "resources[0].format", "write kinds = ['fire_panel']"),
        (
            'fields = [{ metric = "level" }]', 'format = "senml"\nnames = { a = "dim" }', "resources[0].names.a", "use one of"
        ),
        (
            'fields = [{ metric = "level" }]', 'format = "json"\nevents = [{ field = "f", type = "lampFailure" }]',
            "resources[0].events[0].active", "say which words begin and end it",
        ),
        (
            "[commands.set_level]", '[[resources]]\npath = "light"\nfields = [{ metric = "power" }]\n[commands.set_level]',
            "resources[1].path", "is resources[0] already",
        ),
        ('kinds = ["light"]', 'kinds = ["meter"]', "commands", "are for lights: add 'light' to kinds"),
        ('metric = "level"', 'metric = "power"', "commands.read_back", "no resource holds a level"),
        (
            "[commands.set_level]", '[commands]\nread_back = "dim"\n[commands.set_level]', "commands.read_back",
            "write one of light",
        ),
        ('text = "{level}"', 'text = "{dim}"', "commands.set_level.text", "nothing is known as {dim}"),
        ('text = "{level}"', "", "commands.set_level", "needs text, json, hex"),
        ('text = "{level}"', 'text = "1"\nmethod = "DELETE"', "commands.set_level[0].method", "'PUT' or 'POST'"),
        ('text = "{level}"', 'text = "1"\nformat = 60', "commands.set_level.format", "write json"),
        ('text = "{level}"', 'text = "1"\nhigh = 255', "commands.set_level.low", "no part of 0 to 100"),
        ('text = "{level}"', 'text = "1"\nlow = 50\nhigh = 20', "commands.set_level.low", "narrow that"),
        ('text = "{level}"', 'text = "1"\nwhen = "off"', "commands.set_level", "add a last one without when"),
        ('path = "light"\ntext', 'path = "light/"\ntext', "commands.set_level.path", "is no path"),
        ('title = "Test lamp"', "", "title", "is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_place_and_its_remedy(
    tmp_path: Path, before: str, after: str, key: str, remedy: str
) -> None:
    assert before in LAMP
    with pytest.raises(BadProfile) as refused:
        load(tmp_path, LAMP.replace(before, after))
    said = str(refused.value)
    assert said.startswith(f"{tmp_path / 'own.toml'}: {key}: ") and remedy in said, said


def test_a_file_in_the_wrong_folder_is_told_the_right_one(tmp_path: Path) -> None:
    for text, folder in (("messages = []", "folder above"), ("registers = []", "folder modbus")):
        with pytest.raises(BadProfile, match=folder):
            load(tmp_path, text)
    (tmp_path / "own.toml").write_text(SENSOR, "utf-8")
    with pytest.raises(BadProfile, match="folder coap"):
        load_profiles(tmp_path)


def test_names_of_the_hub_are_kept(tmp_path: Path) -> None:
    with pytest.raises(BadProfile, match="'lwm2m' is the hub's own: rename the file"):
        load(tmp_path, SENSOR, "lwm2m")
