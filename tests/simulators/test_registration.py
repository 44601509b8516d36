"""Registering a city through the REST API."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from simulators.city import plan
from simulators.credentials import BadCredentials, Credential, load_credentials
from simulators.registration import HubAccess, RegistrationFailed, read_password, register
from simulators.ways import on_their_ways
from tests.simulators.strict_hub import PASSWORD, StrictHub, strict_hub

CITY = plan(700, 1, single=5)
SPEAKERS = [c.id for c in CITY.cabinets] + [la.id for la in CITY.lamps if la.single] + [s.id for s in CITY.sensors]


def _register(url: str, file: Path, password: str = PASSWORD) -> tuple[dict[str, Credential], list[str]]:
    said: list[str] = []
    access = HubAccess(url, "admin", password)
    return asyncio.run(register(CITY, access, file, SPEAKERS, said.append)), said


def _registered(hub: StrictHub) -> None:
    assert list(hub.zones) and set(hub.zones) == {zone.id for zone in CITY.zones}
    assert len(hub.devices) == len(CITY.lamps) + len(CITY.cabinets) + len(CITY.sensors)
    lamp = next(la for la in CITY.lamps if not la.single)
    row = hub.devices[lamp.id]
    assert (row["kind"], row["profile"], row["zone"], row["address"]) == ("light", "native", lamp.zone, lamp.cabinet)
    assert (float(row["lat"]), float(row["rated_power"])) == (lamp.spot.lat, lamp.rated)
    street = next(z for z in CITY.zones if z.kind == "street")
    assert hub.zones[street.id]["path"][0] == [street.path[0].lat, street.path[0].lon]


def test_a_city_is_registered_and_its_credentials_are_kept_to_oneself(tmp_path: Path) -> None:
    file = tmp_path / "sub" / "credentials.json"
    with strict_hub() as (hub, url):
        found, said = _register(url, file)
        _registered(hub)
    assert set(found) == set(SPEAKERS) == set(hub.issued)
    assert load_credentials(file) == found
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert said[-1] == f"registered {len(hub.devices)} of {len(hub.devices)} devices"
    assert f"registered {len(CITY.zones)} of {len(CITY.zones)} zones" in said


def test_a_device_that_was_an_lwm2m_client_in_between_gets_an_account_again(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    mixed = on_their_ways(CITY, 0.0, 0.01)
    sensor = mixed.sensors[-1].id
    with strict_hub() as (hub, url):
        access = HubAccess(url, "admin", PASSWORD)
        first, _ = _register(url, file)
        others = [id for id in SPEAKERS if id != sensor]
        asyncio.run(register(mixed, access, file, others, lambda line: None))
        assert hub.devices[sensor]["profile"] == "lwm2m" and sensor not in load_credentials(file)
        hub.calls.clear()
        again, _ = _register(url, file)
        assert [call for call in hub.calls if call.endswith("/credentials")] == [f"POST /devices/{sensor}/credentials"]
    assert again.keys() == first.keys()


def test_a_second_time_nothing_is_created_and_the_credentials_are_used_again(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    with strict_hub() as (hub, url):
        first, _ = _register(url, file)
        hub.calls.clear()
        second, _ = _register(url, file)
        assert "POST /zones" not in hub.calls
        assert not [call for call in hub.calls if call.endswith("/credentials")]
    assert second == first


def test_devices_whose_credentials_are_lost_get_new_ones(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    with strict_hub() as (_, url):
        first, _ = _register(url, file)
        file.unlink()
        second, said = _register(url, file)
    assert set(second) == set(first)
    assert all(second[id] != first[id] for id in SPEAKERS)
    assert any("that were there already" in line for line in said)


def test_a_busy_hub_is_asked_again_and_an_old_token_renewed(tmp_path: Path) -> None:
    with strict_hub() as (hub, url):
        hub.moods = [503, 429, 401, 502]
        _register(url, tmp_path / "credentials.json")
        _registered(hub)


def test_a_wrong_password_is_told(tmp_path: Path) -> None:
    with strict_hub() as (_, url), pytest.raises(RegistrationFailed, match="user name or password is wrong"):
        _register(url, tmp_path / "c.json", "wrong")


def test_a_refusal_is_told_in_the_hubs_words(tmp_path: Path) -> None:
    with strict_hub() as (hub, url):
        hub.moods = [403]
        with pytest.raises(RegistrationFailed, match="GET /zones: come again"):
            _register(url, tmp_path / "c.json")


def test_passwords_from_a_plain_file_and_from_the_demos(tmp_path: Path) -> None:
    file = tmp_path / "word"
    file.write_text("secret\n")
    assert read_password(file, "admin") == "secret"
    file.write_text(json.dumps({"admin": "a", "operator": "o"}))
    assert read_password(file, "operator") == "o"
    with pytest.raises(RegistrationFailed, match="no 'viewer'"):
        read_password(file, "viewer")


@pytest.mark.parametrize(
    ("text", "words"), [("{", "not JSON"), ("[]", "write"), ('{"lamp-1": {"username": "x"}}', "lamp-1 needs")]
)
def test_a_bad_credentials_file_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "c.json"
    file.write_text(text)
    with pytest.raises(BadCredentials, match=words):
        load_credentials(file)
