"""A simulated city at a real broker, seen by a client that is not ours."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

from simulators.city import plan
from tests.servers.waiting import until
from tests.simulators.mosquitto import Listener, broker
from tests.simulators.running import simulators

CITY = plan(20, 1, single=2, faults=0.0)
ALONE = [lamp.id for lamp in CITY.lamps if lamp.single]
BEHIND = [lamp.id for lamp in CITY.lamps if not lamp.single]
OPTIONS = ("--lights", "20", "--single", "2", "--faults", "0")
CONNECTIONS = 2 + 1 + 2


def _order(id: str, level: float, **more: Any) -> dict[str, Any]:
    now = time.time()
    return {
        "id": id,
        "t": now,
        "expires": now + 60,
        "op": "set_level",
        "level": level,
        "ramp": 0,
        "until": now + 3600,
    } | more


def _configure(listener: Listener) -> None:
    children = {id: ["le-loi", "hue"] for id in BEHIND}
    listener.tell(
        "ll/d/cab-001/down/config", {"groups": ["hue"], "children": children, "report_every": 900}, retain=True
    )
    for id in ALONE:
        listener.tell(f"ll/d/{id}/down/config", {"groups": ["hue"], "report_every": 900}, retain=True)


def _levels(listener: Listener, command: str) -> dict[str, float]:
    found = {s["d"]: s["level"] for s in listener.said("cab-001", "state") if s.get("command") == command}
    return found | {id: s["level"] for id in ALONE for s in listener.said(id, "state") if s.get("command") == command}


def _answered(listener: Listener, command: str) -> set[str]:
    found = {r["d"] for r in listener.said("cab-001", "result") if r["id"] == command}
    return found | {id for id in ALONE for r in listener.said(id, "result") if r["id"] == command}


def test_configured_lamps_obey_their_group_and_say_so(tmp_path: Path) -> None:
    with broker(tmp_path) as mosquitto:
        listener = Listener(mosquitto.port)
        _configure(listener)
        with simulators(tmp_path, "--broker", mosquitto.url, *OPTIONS) as city:
            assert city.until_line("ready:") == f"ready: 20 lights, {CONNECTIONS} connections"
            everybody = {*ALONE, *BEHIND}

            def told() -> set[str] | None:
                listener.tell("ll/g/hue/down/command", _order("c1", 35))
                return _answered(listener, "c1") if _answered(listener, "c1") == everybody else None

            until("all lamps to answer", told, every=0.5)
            until("all lamps to burn at 35", lambda: _levels(listener, "c1") == dict.fromkeys(everybody, 35.0))
            listener.tell("ll/d/cab-001/down/command", _order("c2", 80, d=BEHIND[0]))
            until("one child to follow", lambda: _levels(listener, "c2") == {BEHIND[0]: 80.0})
            listener.tell(f"ll/d/{ALONE[0]}/down/command", _order("c3", 101))
            until("the answer", lambda: listener.said(ALONE[0], "result")[-1]["outcome"] == "rejected")
            for id in ("cab-001", "env-01", ALONE[0]):
                listener.tell(f"ll/d/{id}/down/command", _order("r", 0, op="read"))
                until(f"readings of {id}", lambda id=id: listener.said(id, "telemetry"))  # type: ignore[misc]
            wanted = {f"{id}/" for id in BEHIND}
            until("readings of all", lambda: wanted <= {r.get("bn") for r in listener.said("cab-001", "telemetry")})
            assert city.stop(signal.SIGTERM) == 0
            until("everybody to have left", lambda: listener.said("cab-001", "presence")[-1] == "offline")
        listener.close()


def test_a_killed_city_is_offline_by_its_wills(tmp_path: Path) -> None:
    with broker(tmp_path) as mosquitto:
        listener = Listener(mosquitto.port)
        with simulators(tmp_path, "--broker", mosquitto.url, *OPTIONS) as city:
            city.until_line("ready:")
            until("presence", lambda: listener.said("env-01", "presence") == ["online"])
            city.process.kill()
            for id in (*ALONE, "cab-001", "env-01"):
                until(f"{id} to be gone", lambda id=id: listener.said(id, "presence")[-1] == "offline")  # type: ignore[misc]
        listener.close()


def test_a_broker_that_was_killed_gets_its_city_back_and_what_happened_meanwhile(tmp_path: Path) -> None:
    scenario = tmp_path / "night.toml"
    scenario.write_text(f'[[happening]]\nat = 300\ndo = "local"\ndevices = ["{BEHIND[0]}"]\nlevel = 7\n')
    with broker(tmp_path) as mosquitto:
        listener = Listener(mosquitto.port)
        _configure(listener)
        arguments = ("--broker", mosquitto.url, *OPTIONS, "--fast", "100", "--scenario", str(scenario))
        with simulators(tmp_path, *arguments) as city:
            city.until_line("ready:")
            mosquitto.kill()
            city.until_line("broker lost")
            city.until_line("local at")
            mosquitto.start()
            city.until_line("broker back")
            until("the state of the dark time", lambda: any(
                s.get("d") == BEHIND[0] and s["level"] == 7 and s["cause"] == "local" for s in listener.said("cab-001", "state")
            ))  # fmt: skip
            until("it listens again", lambda: len(listener.said("env-02", "presence")) >= 2)
            now = time.time() + 10_000_000
            listener.tell(f"ll/d/{ALONE[0]}/down/command", _order("after", 12, t=now, expires=now, until=now))
            until("it obeys again", lambda: any(r["id"] == "after" for r in listener.said(ALONE[0], "result")))
            assert city.stop() == 0
        listener.close()


def test_a_power_cut_takes_a_cabinet_off_the_air_and_it_comes_back_lit(tmp_path: Path) -> None:
    scenario = tmp_path / "cut.toml"
    scenario.write_text(
        """
        lights = 20
        single = 2
        faults = 0.0
        fast = 20.0

        [[happening]]
        at = 40
        do = "power-cut"
        zone = "cab-001"

        [[happening]]
        at = 120
        do = "restore"
        zone = "cab-001"
        """
    )
    with broker(tmp_path) as mosquitto:
        listener = Listener(mosquitto.port)
        with simulators(tmp_path, "--broker", mosquitto.url, "--scenario", str(scenario)) as city:
            city.until_line("ready:")
            for id in ("cab-001", *ALONE):
                until(f"{id} to go", lambda id=id: "offline" in listener.said(id, "presence"))  # type: ignore[misc]
            assert listener.said("env-01", "presence") == ["online"], "it stands in another zone"
            city.until_line("restore at cab-001")
            for id in ("cab-001", *ALONE):
                until(f"{id} to come back", lambda id=id: listener.said(id, "presence")[-1] == "online")  # type: ignore[misc]
            assert city.stop() == 0
        listener.close()


def test_credentials_come_from_a_file_and_a_stranger_is_not_let_in(tmp_path: Path) -> None:
    devices = [d.id for group in (CITY.cabinets, CITY.sensors) for d in group] + ALONE
    users = {id: f"word of {id}" for id in devices}
    file = tmp_path / "credentials.json"
    with broker(tmp_path, users) as mosquitto:
        file.write_text(json.dumps({id: {"username": id, "password": word} for id, word in users.items()}))
        arguments = ("--broker", mosquitto.url, *OPTIONS, "--credentials", str(file))
        with simulators(tmp_path, *arguments) as city:
            city.until_line("ready:")
            assert city.stop() == 0
        with simulators(tmp_path, "--broker", mosquitto.url, *OPTIONS, "--username", "x", "--password", "y") as city:
            city.until_line("refused it: not authorised")
            assert city.stop() == 0


def test_counters_go_on_from_the_state_file(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    arguments = [*OPTIONS, "--state", str(state), "--fast", "1000"]
    kept: list[dict[str, Any]] = []
    with broker(tmp_path) as mosquitto:
        for epoch in (time.time() - 86_400.0, time.time() - 3 * 86_400.0):
            with simulators(tmp_path, "--broker", mosquitto.url, *arguments, "--epoch", str(epoch)) as city:
                city.until_line("ready:")
                assert city.stop() == 0
            city.log.unlink()
            kept.append(json.loads(state.read_text())["counters"])
    for id, (energy, burning, switches) in kept[0].items():
        later = kept[1][id]
        assert later[0] >= energy
        assert later[1] >= burning
        assert later[2] >= switches
