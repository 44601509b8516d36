"""Kill -9 at random moments under load: what was acknowledged is stored, and no lamp ends at a wrong level."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks._ledger import Ledger
from benchmarks._scenarios import broker_pid
from tests.servers.hub import RunningHub, running_hub
from tests.servers.streets import streets
from tests.servers.waiting import until

LIGHTS = 80


def _order(api: httpx.Client, level: int) -> str | None:
    """Order a level for the city; the command's id, or None when the hub was killed before it answered."""
    try:
        root = next(zone["id"] for zone in api.get("/zones").json()["items"] if zone["parent"] is None)
        answer = api.post(
            "/overrides", json={"zones": [root], "level": level, "ramp": 0, "for": "PT1H", "reason": "fault test"}
        )
    except httpx.TransportError:
        return None
    assert answer.status_code == 202, answer.text
    return str(answer.json()["command"])


def _levels(hub: RunningHub) -> list[dict[str, Any]]:
    with hub.client() as api:
        items = api.get("/devices", params={"kind": "light", "limit": 1000}).json()["items"]
    return [item for item in items if not item["id"].startswith("ledger")]


def _settled(hub: RunningHub, wrong_before: set[str]) -> bool | None:
    """True when every lamp that can answer says what is requested of it."""
    wrong = {
        item["id"]
        for item in _levels(hub)
        if item["light"]["in_effect"] != item["light"]["requested"] or item["light"]["cause"] != "override"
    }
    return wrong <= wrong_before or None


def _rounds(folder: Path, rounds: int, what: str, seed: int) -> None:
    chance = random.Random(seed)
    with running_hub(folder) as hub, streets(hub, folder / "streets", LIGHTS, "--seed", str(seed)):
        with hub.client() as api:
            body = {"id": "ledger-1", "name": "Ledger", "kind": "meter"}
            password = api.post("/devices", json=body).json()["credentials"]["password"]
            first = _order(api, 33)
            until(
                "a first order to end",
                lambda: api.get(f"/commands/{first}").json()["state"] == "done" or None,
                within=120,
            )
            mute = {
                t["device"]
                for t in api.get(f"/commands/{first}/targets", params={"limit": 1000}).json()["items"]
                if t["outcome"] != "applied"
            }
        ledger = Ledger(hub.mqtt_port, "ledger-1", password, rate=400)
        try:
            for number in range(rounds):
                with hub.client() as api:
                    time.sleep(chance.uniform(0, 0.4))  # the moment of the blow is random, nothing is waited for
                    command = _order(api, 20 + number % 60)
                    time.sleep(chance.uniform(0, 0.15))
                    if what == "hub":
                        hub.kill()
                        hub.start()
                    else:
                        os.kill(broker_pid(hub), signal.SIGKILL)
                until(
                    "the hub to be ready", lambda: httpx.get(f"{hub.url}/readyz").status_code == 200 or None, within=120
                )
                until("every lamp at its requested level", lambda: _settled(hub, mute), within=180, every=0.2)
                if command is not None:
                    with hub.client() as api:
                        found = until("the order to end", lambda c=command, a=api: _ended(a, c), within=120)
                    assert found["outcomes"]["pending"] == found["outcomes"]["sent"] == 0
        finally:
            ledger.close()
        assert len(ledger.acknowledged) > 20 * rounds
        with hub.client() as api:
            until(
                "every acknowledged message in the store",
                lambda: ledger.missing(api) == [] or None,
                within=60,
                every=0.5,
            )
        print(
            f"{rounds} rounds of kill -9 {what}: {len(ledger.acknowledged)} acknowledged, 0 missing, {LIGHTS} lamps right"
        )


def _ended(api: httpx.Client, command: str) -> dict[str, Any] | None:
    found: dict[str, Any] = api.get(f"/commands/{command}").json()
    return found if found["state"] == "done" else None


@pytest.mark.parametrize("what", ["hub", "broker"])
@pytest.mark.timeout(600)
def test_a_few_kills_lose_nothing(tmp_path: Path, what: str) -> None:
    _rounds(tmp_path, 3, what, seed=7)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["hub", "broker"])
@pytest.mark.timeout(3600)
def test_thirty_kills_lose_nothing(tmp_path: Path, what: str) -> None:
    _rounds(tmp_path, 30, what, seed=11)
