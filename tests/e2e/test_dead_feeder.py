"""A dead feeder on the wire: some seventy simulated lamps without power are one alarm, and so are they when their gateway dies.

City and hub share a clock that runs fast, so that everything that would make a lamp an alarm of its own has had its time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.clock import FastClock
from tests.servers.fast_hub import SWEEP_EVERY
from tests.servers.hub import RunningHub, running_hub
from tests.servers.streets import streets
from tests.servers.waiting import until

RATE = 240.0
REPORT = 240  # seconds of the city between reports: one of the wall's
LONG = 3 * REPORT + 300 + 2 * SWEEP_EVERY * RATE  # after so long each silent lamp would be an alarm of its own


@pytest.fixture(scope="module")
def clock() -> FastClock:
    return FastClock.starting(time.time() + 86_400.0, RATE)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, clock: FastClock) -> Iterator[RunningHub]:
    root = Path(__file__).parents[2]
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    settings = {"lighting__report_every": REPORT}
    with running_hub(tmp_path_factory.mktemp("feeder"), settings, start=False, variables={"PYTHONPATH": path}) as found:
        found.program = ("tests.servers.fast_hub", repr(RATE), repr(clock.epoch))
        found.start()
        yield found


def _listed(api: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = api.get("/alarms", params={"limit": 1000, **query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def _cabinets(api: httpx.Client) -> dict[str, set[str]]:
    lights = api.get("/devices", params={"kind": "light", "limit": 1000}).json()["items"]
    found: dict[str, set[str]] = {}
    for each in lights:
        found.setdefault(each["address"] or each["feed"].split("/")[0], set()).add(each["id"])
    return found


@pytest.mark.timeout(240)
def test_a_dead_feeder_and_a_dead_gateway_are_one_alarm_each(hub: RunningHub, clock: FastClock, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.toml"
    scenario.write_text('[[happening]]\nat = 600\ndo = "breaker-open"\ndevices = ["cab-001"]\n')
    words = ("--faults", "0", "--instant", "--single", "0", "--scenario", str(scenario), "--fast", repr(RATE),
             "--epoch", repr(clock.epoch))  # fmt: skip
    with hub.client("operator") as api:
        with streets(hub, tmp_path / "streets", 140, *words):
            wired = _cabinets(api)
            dead = wired.pop("cab-001")
            assert len(dead) >= 60, "a whole feeder"
            breaker = until("the breaker", lambda: _listed(api, type="circuitBreakerTripped") or None, within=90)[0]
            began = clock.now()
            until("all that could come of it", lambda: clock.now() > began + LONG or None, within=60)
            (cause,) = [each for each in _listed(api) if each["device"] in {"cab-001", *dead}]
            assert (cause["id"], cause["device"], cause["severity"]) == (breaker["id"], "cab-001", "critical")
            assert set(api.get(f"/alarms/{cause['id']}").json()["devices"]) == dead
            for by, key in (("cabinet", "cab-001"), ("street", cause["street"]), ("cause", "circuitBreakerTripped")):
                groups = api.get("/alarms/groups", params={"group_by": by, "class": "electrical"}).json()["items"]
                assert [(each["key"], each["count"]) for each in groups] == [(key, 1)]
        gone = until(
            "the gateways",
            lambda: [each for each in _listed(api) if each["device"] in wired and each["type"] == "communicationFailure"] or None,
            within=60,
        )  # fmt: skip
        items = {each["device"]: each for each in _listed(api)}
        lamps = {*dead, *(lamp for those in wired.values() for lamp in those)}
        assert items.keys() & lamps == set()
        assert items["cab-001"]["type"] == "circuitBreakerTripped", "nobody closed it"
        device = gone[0]["device"]
        assert set(api.get(f"/alarms/{items[device]['id']}").json()["devices"]) == wired[device]
