"""Register maps that cannot be used: every error names file, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.modbus.load import SHIPPED, load_maps
from drivers.profiles import BadProfile, load_profiles

HEAD = 'title = "Own"\nkinds = ["meter"]\nsource = "its manual"\n'
GOOD = HEAD + '[[registers]]\naddress = 0\ntype = "float32"\nmetric = "power"\n'
CABINET = """title = "Own"
kinds = ["cabinet"]
source = "its manual"
[[registers]]
function = 1
address = 0
state = "segments.a"
"""
WRITE = CABINET + '[[writes]]\nsegment = "a"\nfunction = 5\naddress = 0\n'


def register(entry: str, head: str = HEAD) -> str:
    return head + f"[[registers]]\n{entry}\n"


def write(entry: str, segment: str = "a") -> str:
    return CABINET + f'[[writes]]\nsegment = "{segment}"\n{entry}\n'


BAD = {
    # what is written: (the key that is named, a part of the remedy)
    "title = ": ("", "not TOML"),
    GOOD.replace('source = "its manual"\n', ""): ("source", "is missing: add it"),
    GOOD.replace("metric", "metrik"): ("registers[0].metrik", "no such key: use address, function, type"),
    GOOD.replace('"power"', '"watts"'): ("registers[0].metric", "use one of level, power"),
    GOOD.replace("float32", "float16"): ("registers[0].type", "'uint16'"),
    GOOD.replace("address = 0", "address = 65536"): ("registers[0].address[0]", "less than or equal to 65535"),
    GOOD.replace("address = 0", "address = 65535"): ("registers[0].address", "reaches beyond 65535"),
    GOOD.replace('type = "float32"\n', ""): ("registers[0].type", "write one of uint16"),
    GOOD.replace('metric = "power"', ""): ("registers[0]", "says nothing: write one of metric, state, event, expect"),
    GOOD + 'event = "fireAlarm"\n': ("registers[0]", "says metric and event"),
    GOOD + "scale = 0\n": ("registers[0].scale", "write the factor"),
    GOOD + 'unit = "kVA"\n': ("registers[0].unit", "send one of MW, W, kW"),
    GOOD + "low = 5\nhigh = 1\n": ("registers[0].low", "narrow that"),
    GOOD + "counter = { width = 32 }\n": ("registers[0].counter", "power is no counter"),
    GOOD.replace("power", "energy") + "counter = { width = 32, wrap = 9 }\n": (
        "registers[0].counter",
        "one of the two",
    ),
    GOOD.replace("power", "energy").replace("float32", "uint16") + "counter = { width = 32 }\n": (
        "registers[0].counter",
        "does not fit into 16 bits",
    ),
    GOOD + "bit = 3\n": ("registers[0].bit", "is for type = 'bit'"),
    GOOD + "length = 3\n": ("registers[0].length", "has its own, leave it out"),
    GOOD + 'point = "1"\n': ("registers[0].point", "is for an entry with event"),
    GOOD + "active = 2\n": ("registers[0].active", "event or state"),
    GOOD + "order = 'middle'\n": ("registers[0].order", "'big'"),
    GOOD + 'many = "sum"\n': ("registers[0].many", "leave it out"),
    GOOD.replace("address = 0", "address = [0, 2]"): ("registers[0].many", "what several addresses become"),
    GOOD.replace("address = 0", "address = [0, 200]") + 'many = "sum"\n': ("registers[0].address", "in one read"),
    GOOD + '[[registers]]\naddress = 9\ntype = "float32"\nmetric = "power"\n': (
        "registers[1]",
        "by registers[0] already",
    ),
    register('address = 0\nfunction = 1\ntype = "uint16"\nstate = "door"', HEAD.replace("meter", "cabinet")): (
        "registers[0].type",
        "reads bits",
    ),
    register('address = 0\nfunction = 1\nbit = 1\nevent = "doorOpen"'): ("registers[0].bit", "reads single bits"),
    register('address = 0\ntype = "string"\nlength = 4\nmetric = "power"'): (
        "registers[0].type",
        "can only be compared",
    ),
    register('address = 0\ntype = "string"\nexpect = "x"'): ("registers[0].length", "how many registers"),
    register('address = 0\ntype = "bit"\nevent = "doorOpen"'): ("registers[0].bit", "which bit of the register"),
    register('address = 0\nbit = 1\nmetric = "power"'): ("registers[0].metric", "a bit is no power"),
    register('address = 0\nfunction = 2\ncount = 4\nevent = "fireAlarm"'): ("registers[0].point", "needs {n}"),
    register('address = 0\ntype = "uint16"\ncount = 4\nmetric = "power"'): (
        "registers[0].count",
        "for bits that are events",
    ),
    register('address = 0\nfunction = 1\nstate = "door"'): ("registers[0].state", "kinds = ['cabinet']"),
    CABINET.replace("segments.a", "lamp.a"): ("registers[0].state", "write segments.a, feedback.a"),
    CABINET.replace("segments.a", "segments"): ("registers[0].state", "write segments.a"),
    CABINET + '[[registers]]\nfunction = 2\naddress = 1\nstate = "door"\npoll = "fast"\n': (
        "registers[0].poll",
        "the same poll",
    ),
    HEAD.replace("meter", "fire_panel") + '[[registers]]\nfunction = 2\naddress = 0\nevent = "fireAlarm"\n'
    '[[registers]]\nfunction = 2\naddress = 1\nevent = "fireFault"\npoll = "fast"\n': (
        "registers[0].poll",
        "the same poll",
    ),
    HEAD.replace("meter", "fire_panel") + 'texts = { "1/9" = "Lobby" }\n[[registers]]\nfunction = 2\naddress = 0\n'
    'event = "fireAlarm"\npoint = "1/1"\n': ("texts.1/9", "no register is of point"),
    HEAD.replace("meter", "fire_panel") + '[[registers]]\nfunction = 2\naddress = 0\nevent = "fireAlarm"\n'
    '[[writes]]\nsegment = "a"\nfunction = 5\naddress = 0\n': ("writes", "never writes to a fire panel"),
    GOOD + '[[writes]]\nsegment = "a"\nfunction = 5\naddress = 0\n': ("writes", "contactors of cabinets"),
    write("function = 7\naddress = 0"): ("writes[0].function", "5, 6, 15 or 16"),
    write("function = 5\naddress = 0", "b"): ("writes[0]", "add a register with state = 'segments.b'"),
    write("function = 6\naddress = 0"): ("writes[0].values", "list the values that may be written"),
    write("function = 6\naddress = 0\nvalues = [0, 2]"): ("writes[0].on", "not among the values"),
    write("function = 6\naddress = 0\nlow = 5\nhigh = 9\non = 5"): ("writes[0].off", "not among the values"),
    write('function = 6\naddress = 0\ntype = "uint32"\nvalues = [0, 1]'): ("writes[0].function", "write 16"),
    write('function = 5\naddress = 0\ntype = "uint16"'): ("writes[0].type", "leave type out"),
    write("function = 5\naddress = 0\non = 0"): ("writes[0].on", "the same as off"),
    write("function = 5\naddress = 0\nread_back = { function = 2, address = 0, bit = 1 }"): (
        "writes[0].read_back.bit",
        "leave it out",
    ),
    write('function = 16\naddress = 0\ntype = "uint32"\nvalues = [0, 1]'): (
        "writes[0].read_back",
        "say in which single register",
    ),
    WRITE + '[[writes]]\nsegment = "a"\nfunction = 5\naddress = 1\n': ("writes[1].segment", "has a write already"),
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_map_is_refused_with_its_key_and_a_remedy(text: str, tmp_path: Path) -> None:
    key, remedy = BAD[text]
    (tmp_path / "own.toml").write_text(text, "utf-8")
    with pytest.raises(BadProfile) as error:
        load_maps(tmp_path)
    said = str(error.value)
    assert said.startswith(f"{tmp_path / 'own.toml'}: {key}")
    assert remedy in said


@pytest.mark.parametrize("text", [GOOD, CABINET, WRITE])
def test_what_the_errors_begin_from_is_good(text: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(text, "utf-8")
    assert load_maps(tmp_path)["own"].points


def test_a_citys_own_map_replaces_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "sdm120.toml").write_text(GOOD, "utf-8")
    maps = load_maps(SHIPPED, tmp_path, tmp_path / "nothing")
    assert maps["sdm120"].title == "Own" and "sdm630" in maps


def test_maps_and_profiles_of_messages_are_not_mixed_up(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(GOOD, "utf-8")
    with pytest.raises(BadProfile, match="put the file into the folder modbus beside it"):
        load_profiles(tmp_path)
    (tmp_path / "own.toml").write_text('title = "x"\n[[messages]]\ntopic = "x/{device}"\n', "utf-8")
    with pytest.raises(BadProfile, match="put the file into the folder above this one"):
        load_maps(tmp_path)
