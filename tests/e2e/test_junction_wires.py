"""Simulated junctions behind a real hub and its own broker: what their controllers say is seen, and what is wrong there too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.hub import PASSWORD, RunningHub, running_hub
from tests.servers.waiting import until
from tests.simulators.running import Running, simulators

SCENE = """
[[happening]]
at = 2
do = "signal-conflict"
devices = ["junction-02"]
[[happening]]
at = 2
do = "signal-clock"
devices = ["junction-03"]
shift = -7.5
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as started:
        (started.folder / "password").write_text(PASSWORD)
        yield started


@pytest.fixture(scope="module")
def city(hub: RunningHub) -> Iterator[Running]:
    scene: Path = hub.folder / "scenario.toml"
    scene.write_text(SCENE, "utf-8")
    options = {
        "--broker": f"mqtt://127.0.0.1:{hub.mqtt_port}", "--hub": hub.url, "--password-file": hub.folder / "password",
        "--credentials": hub.folder / "devices.json", "--state": hub.folder / "state.json", "--lights": 1,
        "--junctions": 3, "--scenario": scene,
    }  # fmt: skip
    with simulators(hub.folder, *(str(word) for option in options.items() for word in option)) as running:
        running.until_line("ready:")
        yield running


def device(hub: RunningHub, id: str) -> dict[str, Any]:
    with hub.client() as api:
        return dict(api.get(f"/devices/{id}").json())


def test_what_controllers_say_is_seen_and_what_is_wrong_is_a_condition(hub: RunningHub, city: Running) -> None:
    def value(id: str, metric: str) -> float | None:
        found = device(hub, id)["latest"].get(metric)
        return None if found is None else float(found["value"])

    assert city.process.poll() is None
    with hub.client() as api:
        for number in (1, 2, 3):  # who is not watched says its state once a minute
            watched = api.post(f"/junctions/junction-0{number}/watch", json={"every": 1, "for": "PT5M"})
            assert watched.status_code == 202, watched.text
    until("the first flashes until it is in step, or runs", lambda: value("junction-01", "signal_mode") in (0.0, 1.0))
    first = device(hub, "junction-01")
    assert first["kind"] == "junction" and first["online"] and first["conditions"] == []
    assert (
        abs(first["latest"]["signal_clock_error"]["value"]) < 1 and first["latest"]["signal_clock_error"]["unit"] == "s"
    )
    until("the conflict monitor tripped", lambda: value("junction-02", "signal_mode") == 5.0)
    (condition,) = until("the condition", lambda: device(hub, "junction-02")["conditions"] or None)
    assert condition["type"] == "signalConflict" and "failed to flash" in condition["text"]
    until("its clock is off", lambda: (value("junction-03", "signal_clock_error") or 0.0) < -7)
    with hub.client() as api:
        assert api.get("/quarantine").json()["items"] == []
