"""A hub with a lamp that hosts its level: libcoap's server, whose data is the level."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.drivers.coap.client.libcoap import DATA, libcoap
from tests.drivers.coap.peers import program
from tests.e2e.test_check import check
from tests.servers.hub import RunningHub, running_hub
from tests.servers.ports import free_both_port
from tests.servers.waiting import until

SETTINGS = {"control__deadline": 4, "control__retry_after": 1, "coap__timeout": 0.5, "coap__probe_most": 1}


class Lamp:
    """libcoap's server, which can be killed."""

    def __init__(self) -> None:
        self.port = free_both_port()
        self.power()

    def power(self) -> None:
        self._running = libcoap(self.port)
        self._running.__enter__()
        until("the lamp", lambda: self.hold("0") == 0 or None)

    def cut(self) -> None:
        self._running.__exit__(None, None, None)

    def hold(self, text: str) -> int:
        """Have the lamp hold something else, by somebody who is not the hub."""
        words = [program(), "-B", "2", "-m", "put", "-t", "0", "-e", text, f"coap://127.0.0.1:{self.port}/example_data"]
        said = subprocess.run(words, capture_output=True, check=False)
        return said.returncode or len(said.stderr)


@pytest.fixture(scope="module")
def lamp() -> Iterator[Lamp]:
    made = Lamp()
    yield made
    made.cut()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub"), SETTINGS, start=False, hasty=True) as made:
        own = made.data / "profiles" / "coap"
        own.mkdir(parents=True)
        (own / "data-lamp.toml").write_text(DATA, "utf-8")
        made.start()
        yield made


@pytest.fixture(scope="module")
def api(hub: RunningHub, lamp: Lamp) -> Iterator[httpx.Client]:
    """The hub's API, with a street and its lamp."""
    with hub.client() as client:
        assert client.post("/zones", json={"id": "le-loi", "name": "Lê Lợi", "kind": "street"}).status_code == 201
        body = {"id": "lamp-1", "kind": "light", "profile": "data-lamp", "zone": "le-loi"}
        answer = client.post("/devices", json=body | {"address": f"coap://127.0.0.1:{lamp.port}"})
        assert answer.status_code == 201, answer.text
        assert answer.json().get("credentials") is None
        yield client


def shown(api: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/devices/lamp-1").json()
    return found


def order(api: httpx.Client, level: float) -> dict[str, Any]:
    """Switch the street; the lamp's target at the end."""
    command = api.post("/overrides", json={"zones": ["le-loi"], "level": level, "ramp": 0, "for": "PT1H"}).json()[
        "command"
    ]
    until("the command to end", lambda: api.get(f"/commands/{command}").json()["state"] == "done" or None, within=60)
    (target,) = api.get(f"/commands/{command}/targets").json()["items"]
    return dict(target)


def test_an_order_is_applied_when_the_level_shows(api: httpx.Client) -> None:
    until("the lamp", lambda: shown(api)["light"]["online"] or None)
    assert order(api, 60)["outcome"] == "applied"
    light = shown(api)["light"]
    assert (light["actual"], light["cause"]) == (60, "override")


def test_a_lamp_that_is_switched_on_the_spot_is_ordered_back(api: httpx.Client, lamp: Lamp) -> None:
    assert order(api, 80)["outcome"] == "applied"
    assert lamp.hold("15") == 0
    until("it to be seen", lambda: shown(api)["light"]["actual"] == 15 or None)
    until("it to be ordered back", lambda: shown(api)["light"]["actual"] == 80 or None, within=60)


def test_a_lamp_that_had_no_power_is_offline_and_comes_back_to_what_was_ordered(api: httpx.Client, lamp: Lamp) -> None:
    lamp.cut()
    until("it to be offline", lambda: shown(api)["light"]["online"] is False or None)
    target = order(api, 30)
    assert (target["outcome"], target["detail"]) == ("timed_out", "no answer: it is offline")
    lamp.power()
    until("it to be online", lambda: shown(api)["light"]["online"] or None)
    until("it to follow", lambda: shown(api)["light"]["actual"] == 30 or None, within=60)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"kind": "light", "profile": "coap-lamp"}, 422, "write coap://10.0.0.5:5683"),
        ({"kind": "light", "profile": "coap-lamp", "address": "coap://10.0.0.5"}, 422, "the port is missing"),
        ({"kind": "light", "profile": "coap-lamp", "address": "coaps://10.0.0.5:5684"}, 422, "plain CoAP over UDP"),
        ({"kind": "light", "profile": "coap-air", "address": "coap://10.0.0.5:5683"}, 422, "its kinds are environment"),
    ],
)
def test_what_cannot_be_registered_says_what_to_write(
    api: httpx.Client, body: dict[str, Any], status: int, said: str
) -> None:
    answer = api.post("/devices", json={"id": "new-1"} | body)
    assert answer.status_code == status and said in answer.text


def test_figures_and_the_doctor_know_of_it(hub: RunningHub, api: httpx.Client) -> None:
    until("the lamp", lambda: shown(api)["light"]["online"] or None)
    figures = api.get(f"{hub.url}/metrics").text
    assert 'lamplighter_driver_count{driver="coap",what="asked_devices"} 1' in figures
    assert api.post("/devices/lamp-1/credentials").json()["code"] == "no-connection"
    profiles = {each["name"]: each for each in api.get("/profiles").json()["items"]}
    assert {"coap-lamp", "coap-air", "data-lamp"} <= profiles.keys()
    ok, detail = check(hub)["profiles"]
    assert ok == "ok" and detail.endswith("1 file of the city's own")
