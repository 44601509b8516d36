"""Simulated fire panels that fail in the middle of a sentence, behind a real hub: nothing is lost, and each is there once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from hub.registry import Registry
from tests.servers.hub import PASSWORD, RunningHub, running_hub
from tests.servers.waiting import until
from tests.simulators.running import Running, simulators

ODD = "Tầng hầm \u202e\U0001f525 \"'<b>\\ Đ" + "ỗ" * 3000
BOTH = ("panel-01", "panel-02")


def happens(at: float, do: str, *points: str, devices: tuple[str, ...] = BOTH[:1], **more: Any) -> dict[str, Any]:
    return {"at": at, "do": do, "devices": devices, "points": points, **more}


SCENE = [
    happens(1, "fire-alarm", "1/1", devices=BOTH, text=ODD),
    happens(1.5, "panel-double", duration=1.5),
    happens(2, "fire-alarm", "1/2"),
    happens(2, "fire-fault"),
    happens(3, "panel-cut"),
    happens(3.1, "fire-alarm", "1/3"),
    happens(4, "panel-swap", duration=1),
    happens(4.1, "fire-alarm", "1/4"),
    happens(4.1, "fire-supervisory", "1/5"),
    happens(5, "panel-clock", shift=-40 * 86_400.0),
    happens(5.1, "fire-disabled", "1/6"),
    happens(5.2, "panel-clock", shift=0.0),
    happens(5.3, "panel-silent", duration=1),
    happens(5.4, "fire-test", "1/7"),
    happens(6.6, "panel-restart", devices=BOTH),
    happens(7.5, "fire-alarm", "4/*", devices=BOTH),
    happens(8, "fire-alarm", "2/1"),
    happens(8.2, "fire-clear", "2/1"),
]
LOOP = {("fireAlarm", f"4/{number}") for number in range(1, 251)}
WANTED = {
    "panel-01": LOOP | {
        ("fireAlarm", "1/1"), ("fireAlarm", "1/2"), ("fireAlarm", "1/3"), ("fireAlarm", "1/4"), ("fireAlarm", "2/1"),
        ("fireFault", ""), ("fireSupervisory", "1/5"), ("fireDisabled", "1/6"), ("fireTest", "1/7"),
    },
    "panel-02": LOOP | {("fireAlarm", "1/1")},
}  # fmt: skip


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as started:
        (started.folder / "password").write_text(PASSWORD)
        yield started


@pytest.fixture(scope="module")
def city(hub: RunningHub) -> Iterator[Running]:
    """Two panels: panel-02 speaks CoAP."""
    entries = [[f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in each.items()] for each in SCENE]
    text = "\n".join("\n".join(["[[happening]]", *lines]) for lines in entries)
    (hub.folder / "scenario.toml").write_text(text, "utf-8")
    options = {
        "--broker": f"mqtt://127.0.0.1:{hub.mqtt_port}", "--coap": f"coap://127.0.0.1:{hub.coap_port}", "--hub": hub.url,
        "--password-file": hub.folder / "password", "--credentials": hub.folder / "devices.json", "--lights": 1,
        "--fire-panels": 2, "--scenario": hub.folder / "scenario.toml",
    }  # fmt: skip
    with simulators(hub.folder, *(str(word) for option in options.items() for word in option)) as running:
        running.until_line("ready:")
        yield running


def standing(hub: RunningHub, panel: str) -> set[tuple[str, str]]:
    with hub.client() as api:
        conditions = api.get(f"/devices/{panel}").json()["conditions"]
    return {(each["type"], each["point"] or "") for each in conditions if each["type"].startswith("fire")}


def alarms(hub: RunningHub, panel: str) -> dict[tuple[str, str], dict[str, Any]]:
    with hub.client("operator") as api:
        items = api.get("/alarms", params={"limit": 1000, "show": "all"}).json()["items"]
    found = [each for each in items if each["device"] == panel and each["type"].startswith("fire")]
    assert len({(each["type"], each["point"]) for each in found}) == len(found)
    return {(each["type"], each["point"]): each for each in found}


@pytest.mark.timeout(120)
def test_panels_that_fail_in_mid_sentence_lose_nothing_and_double_nothing(hub: RunningHub, city: Running) -> None:
    until("the first alarm", lambda: ("fireAlarm", "1/1") in standing(hub, "panel-01") or None)
    hub.kill()  # kill -9, while the panels go on failing
    hub.start()
    for panel, wanted in WANTED.items():
        until(f"all that stands at {panel}", lambda panel=panel, wanted=wanted: standing(hub, panel) == wanted or None)  # type: ignore[misc]
        until(f"its alarms, {panel}", lambda panel=panel, wanted=wanted: alarms(hub, panel).keys() == wanted or None)  # type: ignore[misc]
        found = alarms(hub, panel)
        assert {(each["state"], each["times"]) for each in found.values()} == {("unacknowledged", 1)}
        assert {each["severity"] for (type, _), each in found.items() if type == "fireAlarm"} == {"critical"}
    city.until_line("fire-clear at panel-01")
    assert ("fireAlarm", "2/1") in standing(hub, "panel-01"), "latched until somebody resets the panel"
    said = alarms(hub, "panel-01")["fireAlarm", "1/1"]["detail"]
    assert len(said) > 200 and ODD.startswith(said)


def test_each_began_once_in_the_registry(hub: RunningHub, city: Running) -> None:
    with closing(Registry(f"sqlite:///{hub.data / 'registry.db'}")) as registry:
        for panel, wanted in WANTED.items():
            rows = [row.event for row in registry.events.list(panel, limit=2000)]
            began = Counter((each.type, each.point) for each in rows if each.active)
            assert {key: began[key] for key in wanted} == dict.fromkeys(wanted, 1)
            assert not [each for each in rows if each.active is False and each.type.startswith("fire")]


def test_what_the_panels_sent_was_understood(hub: RunningHub, city: Running) -> None:
    with hub.client() as api:
        items = api.get("/quarantine").json()["items"]
    assert [each for each in items if each["device"] in WANTED] == []
