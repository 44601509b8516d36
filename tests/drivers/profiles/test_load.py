"""Profiles that cannot be used: every error names file, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.profiles import SHIPPED, BadProfile, Channel, load_profiles
from hub.model.commands import Operation
from hub.model.devices import DeviceKind
from hub.ports import Confirmation

MESSAGE = """
title = "Own"
kinds = ["light"]
[[messages]]
topic = "own/{device}"
channel = "state"
"""
GOOD = MESSAGE + 'fields = [{ field = "lv", metric = "level" }]\n'
COMMANDS = GOOD + '[commands]\nconfirmation = "state"\n'


def write(folder: Path, text: str, name: str = "own") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def field(entry: str) -> str:
    return MESSAGE + f"fields = [{{ {entry} }}]\n"


def template(entry: str) -> str:
    return COMMANDS + f"set_level = {{ {entry} }}\n"


BAD = {
    # what is written: (the key that is named, a part of the remedy)
    "title = ": ("", "not TOML"),
    'title = "x"\nkinds = ["light"]': ("messages", "is missing: add it"),
    GOOD.replace('["light"]', '["lamp"]'): ("kinds[0]", "'light', 'cabinet'"),
    GOOD.replace('["light"]', "[]"): ("kinds", "at least 1 item"),
    GOOD.replace('["light"]', '"light"'): ("kinds", "write it in brackets"),
    GOOD.replace("[[messages]]", "[messages]"): ("messages", "as [[...]]"),
    GOOD.replace('"Own"', "7"): ("title", "valid string"),
    GOOD.replace("own/{device}", "ll/{device}/up"): ("messages[0].topic", "give it another first level"),
    GOOD + 'clock = "ts"\n': ("messages[0].clock", "{ key = value }"),
    "colour = 1\n" + GOOD: ("colour", "no such key: use title, kinds, report_every, messages"),
    GOOD.replace('metric = "level"', 'metrik = "level"'): (
        "messages[0].fields[0].metrik",
        "no such key: use when, unless",
    ),
    "report_every = 0\n" + GOOD: ("report_every", "greater than 0"),
    GOOD.replace("own/{device}", "own/#"): ("messages[0].topic", "'tele/{device}/STATE'"),
    GOOD.replace("own/{device}", "own/all"): ("messages[0].topic", "put {device} where its address stands"),
    GOOD.replace("own/{device}", "own/{device}/{device}"): ("messages[0].topic", "use each name once"),
    GOOD.replace("own/{device}", "{device}/state"): ("messages[0].topic", "begin with a plain level"),
    GOOD.replace("own/{device}", "$SYS/{device}"): ("messages[0].topic", "begin with a plain level"),
    GOOD.replace('"state"', '"states"'): ("messages[0].channel", "'telemetry', 'state'"),
    MESSAGE: ("messages[0]", "add fields, events, presence or delivery"),
    field('metric = "level"'): ("messages[0].fields[0].field", "name the key that holds the value"),
    field('field = "lv"'): ("messages[0].fields[0].metric", "write one of level, power"),
    field('field = "lv", metric = "brightness"'): ("messages[0].fields[0].metric", "use one of level, power"),
    field('field = "lv..x", metric = "level"'): ("messages[0].fields[0].field", "write keys with dots"),
    field('field = [], metric = "level"'): ("messages[0].fields[0].field", "at least 1 item"),
    field('field = "w", metric = "power", unit = "kVA"'): ("messages[0].fields[0].unit", "send one of MW, W, kW"),
    field('field = "w", metric = "power", scale = 0'): ("messages[0].fields[0].scale", "write the factor"),
    field('field = "w", metric = "power", full = 254'): ("messages[0].fields[0].full", "write scale"),
    field('field = "l", metric = "level", full = 254, scale = 2'): (
        "messages[0].fields[0].scale",
        "leave one of them out",
    ),
    field('field = "l", metric = "level", values = { ON = 101 }'): (
        "messages[0].fields[0].values.ON",
        "outside 0 to 100",
    ),
    field('field = "l", metric = "level", values = { ON = 1 }, unit = "%"'): (
        "messages[0].fields[0].unit",
        "leave it out",
    ),
    field('field = "l", metric = "level", low = 50, high = 40'): ("messages[0].fields[0].low", "nothing lies between"),
    field('field = "l", metric = "level", when = { "a b[" = 1 }'): ("messages[0].fields[0].when", "is no path"),
    field('field = "l", metric = "level", when = { s = { x = 1 } }'): (
        "messages[0].fields[0].when.s",
        "must be a word",
    ),
    field('field = "l", metric = "level", many = "median"'): ("messages[0].fields[0].many", "'sum', 'mean'"),
    field('field = "x.{metric}", unit = "W"'): ("messages[0].fields[0].unit", "does not go with {metric}"),
    GOOD + 'ignore = ["."]\n': ("messages[0].ignore", "is no path"),
    GOOD + 'clock = { field = "t", form = "iso-local" }\n': ("messages[0].clock.trust", "write trust = 'near'"),
    GOOD + 'clock = { field = "t", form = "unix", within = 5 }\n': ("messages[0].clock.within", "trust = 'near' alone"),
    GOOD + 'clock = { field = "t", form = "epoch" }\n': ("messages[0].clock.form", "'unix-s', 'unix-ms'"),
    GOOD + 'clock = { field = "t", form = "unix", time_zone = "UTC" }\n': (
        "messages[0].clock.time_zone",
        "leave it out",
    ),
    GOOD + 'clock = { field = "t", form = "iso-local", trust = "near", time_zone = "Hue" }\n': (
        "messages[0].clock.time_zone",
        "'Asia/Ho_Chi_Minh'",
    ),
    GOOD.replace('"state"', '"telemetry"') + 'events = [{ field = "e", type = "door" }]\n': (
        "messages[0].channel",
        "channel = 'event'",
    ),
    MESSAGE + 'events = [{ field = "e", type = "Door open" }]\n': ("messages[0].events[0].type", "match pattern"),
    GOOD + 'payload = "text"\n': ("messages[0].fields[0].field", "a text has no fields"),
    GOOD + 'payload = "text"\nclock = { field = "t", form = "unix" }\n': ("messages[0].payload", "leave those out"),
    MESSAGE + 'presence = { field = "s", online = "up" }\n': ("messages[0].presence", "words for both"),
    MESSAGE + 'presence = { online = "up", offline = "down" }\n': ("messages[0].presence.field", "name the key"),
    MESSAGE + 'presence = { field = "s", online = "up", offline = ["down", "up"] }\n': (
        "messages[0].presence",
        "'up' cannot mean both",
    ),
    MESSAGE + 'presence = { arrival = true, online = "up" }\n': ("messages[0].presence.arrival", "other keys out"),
    COMMANDS + "level = { full = 100, least = 101 }\n": ("commands.level.least", "above full, 100"),
    COMMANDS + "ramp = { least = 3, most = 2 }\n": ("commands.ramp.least", "above most, 2"),
    COMMANDS: ("commands", "has no command: add one of set_level"),
    template('topic = "own/+/set", text = "1"'): ("commands.set_level.topic", "without + and #"),
    template('topic = "own/{place}/set", text = "1"'): ("commands.set_level.topic", "use {device}"),
    template('topic = "own/{device}/set"'): ("commands.set_level", "needs text, json, hex"),
    template('topic = "own/{device}/set", text = "{lvl}"'): ("commands.set_level.text", "use {device}, {id}, {level}"),
    template('topic = "own/{device}/set", json = { a = ["{bytes}"] }'): (
        "commands.set_level.json",
        "nothing is known as",
    ),
    template('topic = "own/{device}/set", hex = "0g"'): ("commands.set_level.hex", "not hexadecimal"),
    template('topic = "own/{device}/set", hex = "{level}"'): ("commands.set_level.hex", "{level:02x}"),
    template('topic = "own/{device}/set", hex = "01", json = { a = 1 }'): (
        "commands.set_level.hex",
        "write {bytes} there",
    ),
    template('topic = "own/{device}/set", text = "1", when = "off"'): (
        "commands.set_level",
        "add a last one without when",
    ),
    COMMANDS + 'read = { topic = "own/{device}/get", text = "", when = "off" }\n': (
        "commands.read.when",
        "leave it out",
    ),
    COMMANDS + 'read = { topic = "own/{device}/get", text = "{level}" }\n': (
        "commands.read.text",
        "nothing is known as",
    ),
    COMMANDS + 'open = { topic = "own/{device}/get", text = "" }\n': ("commands.open", "no such key: use confirmation"),
    GOOD + '[gateway]\npublish = ["#"]\n': ("gateway.publish", "'zigbee2mqtt/#'"),
    GOOD + '[access]\nsubscribe = ["a/#/b"]\n': ("access.subscribe", "'zigbee2mqtt/#'"),
}


@pytest.mark.parametrize(("text", "key", "remedy"), [(text, *said) for text, said in BAD.items()])
def test_a_bad_profile_is_refused_with_file_key_and_remedy(tmp_path: Path, text: str, key: str, remedy: str) -> None:
    folder = write(tmp_path / "profiles", text)
    with pytest.raises(BadProfile) as refused:
        load_profiles(SHIPPED, folder)
    assert str(refused.value).startswith(f"{folder / 'own.toml'}: {key}")
    assert remedy in str(refused.value)


def test_confirmations_need_what_they_wait_for(tmp_path: Path) -> None:
    order = '\nset_level = { topic = "own/{device}/set", text = "{level}" }\n'
    no_level = field('field = "w", metric = "power"') + "[commands]\nconfirmation = "
    for text, remedy in (
        (GOOD + '[commands]\nconfirmation = "result"' + order, "'state', 'delivery' or 'none'"),
        (no_level + '"state"' + order, "add a field with metric = 'level'"),
        (no_level + '"delivery"' + order, "no message has a delivery table"),
        (no_level + '"sometimes"' + order, "'result', 'state', 'delivery' or 'none'"),
    ):
        with pytest.raises(BadProfile, match=r"own\.toml: commands\.confirmation: ") as refused:
            load_profiles(write(tmp_path / "profiles", text))
        assert remedy in str(refused.value)


def test_names_are_slugs_and_native_is_taken(tmp_path: Path) -> None:
    with pytest.raises(BadProfile, match=r"My Lamp\.toml: profile name .* use 1-63 of a-z"):
        load_profiles(write(tmp_path / "a", GOOD, "My Lamp"))
    with pytest.raises(BadProfile, match=r"native\.toml: the name 'native' is the hub's own"):
        load_profiles(write(tmp_path / "b", GOOD, "native"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"title = \xff")
    with pytest.raises(BadProfile, match=r"own\.toml: cannot be read .* UTF-8"):
        load_profiles(tmp_path)


def test_topics_of_two_profiles_must_not_overlap(tmp_path: Path) -> None:
    folder = write(tmp_path / "profiles", GOOD.replace("own/{device}", "tele/{device}/{what}"))
    with pytest.raises(BadProfile, match=r"messages\[0\]\.topic: 'tele/\{device\}/\{what\}' is also .*flat-json"):
        load_profiles(SHIPPED, folder)


@pytest.mark.parametrize("topic", ["own/{device}", "own/all", "tele/{device}/STATE"])
def test_a_command_must_not_come_back_as_the_devices_own_word(tmp_path: Path, topic: str) -> None:
    folder = write(tmp_path / "profiles", template(f'topic = "{topic}", json = {{ lv = "{{level}}" }}'))
    with pytest.raises(
        BadProfile, match=r"own\.toml: commands\.set_level\.topic: .*commands need a topic of their own"
    ):
        load_profiles(SHIPPED, folder)


def test_no_profile_takes_the_topics_of_native_devices(tmp_path: Path) -> None:
    folder = write(tmp_path / "profiles", GOOD.replace("own/{device}", "city/d/{device}/up/state"))
    with pytest.raises(BadProfile, match=r"own\.toml: messages\[0\]\.topic: .* native devices.*'city'"):
        load_profiles(folder, prefix="city")
    assert "own" in load_profiles(folder)


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(GOOD, "utf-8-sig")
    assert "own" in load_profiles(tmp_path)


def test_a_citys_own_profile_replaces_the_shipped_one(tmp_path: Path) -> None:
    folder = write(tmp_path / "profiles", GOOD, "tasmota")
    profiles = load_profiles(SHIPPED, folder, tmp_path / "not-there")
    assert profiles["tasmota"].title == "Own"
    assert profiles["tasmota"].filters(Channel.STATE) == ("own/+",)
    assert "zigbee2mqtt" in profiles


def test_what_the_hub_is_told_of_the_shipped_ones() -> None:
    infos = {name: profile.info for name, profile in load_profiles(SHIPPED).items()}
    assert sorted(infos) == ["chirpstack", "flat-json", "tasmota", "zigbee2mqtt"]
    assert infos["flat-json"].operations == frozenset()
    assert infos["flat-json"].confirmation is Confirmation.NONE
    assert infos["tasmota"].operations >= {Operation.SET_LEVEL, Operation.READ, Operation.REBOOT}
    assert infos["tasmota"].confirmation is infos["zigbee2mqtt"].confirmation is Confirmation.STATE
    assert infos["chirpstack"].confirmation is Confirmation.DELIVERY
    assert infos["chirpstack"].patience >= 600
    assert all(DeviceKind.LIGHT in info.kinds and not info.groups for info in infos.values())
