"""Settings that depend on each other."""

from __future__ import annotations

from typing import Any

import pytest

from hub.ports import Tier
from hub.settings import BadSettings, load_settings


def test_days_kept_are_as_documented_unless_told() -> None:
    keep = load_settings(None, {"store": {"raw_days": 30}}).store.keep()
    assert keep == {None: 30, Tier.QUARTER: 400, Tier.HOUR: 1826, Tier.DAY: 0}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"raw_days": 500}, "quarter_days = 400 is less than raw_days = 500: write at least 500"),
        ({"quarter_days": 2000}, "hourly_days = 1826 is less than quarter_days = 2000: write at least 2000"),
        ({"daily_days": 365}, "daily_days = 365 is less than hourly_days = 1826: write at least 1826"),
        ({"late_days": 91}, "raw_days = 90 is less than late_days = 91: write at least 91"),
    ],
)
def test_a_coarser_tier_is_kept_at_least_as_long_as_the_finer_one(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load_settings(None, {"store": changes})
    assert said in str(refused.value)


def test_an_influxdb_is_named_by_its_url() -> None:
    influx = load_settings(
        None, {"influx": {"url": "http://db:8086/", "flavour": 2, "org": "city", "token": "t"}}
    ).influx
    assert (influx.url, influx.flavour, influx.database) == ("http://db:8086", "2", "lamplighter")
    assert load_settings(None).influx.url == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "db:8086"}, "write http://host:8086 or https://host:8086"),
        ({"url": "http://user:secret@db:8086"}, "write http://host:8086 or https://host:8086"),
        ({"url": "http://db:80860"}, "write http://host:8086 or https://host:8086"),
        ({"flavour": "4"}, "'auto', '1', '2', '3' or 'victoria'"),
        ({"token": "t", "username": "u"}, "write token (2.x, 3.x) or username and password (1.x), not both"),
        ({"url": "http://db:8086", "flavour": "2", "token": "t"}, "flavour 2 needs org"),
        ({"database": "a b"}, "influx.database"),
        ({"timeout": 0}, "influx.timeout"),
    ],
)
def test_a_wrong_influx_setting_says_what_to_write(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load_settings(None, {"influx": changes})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"time_zone": "Hue"}, "setting lighting: time zone 'Hue': use an IANA name such as 'Asia/Ho_Chi_Minh'"),
        ({"program": []}, "setting lighting.program: program 'default' has no steps"),
        (
            {"program": [{"at": "00:00", "level": 30}, {"at": "18:00", "level": 100}]},
            "setting lighting.program: step 2: 18:00 comes before step 1's 00:00 in a day that begins at noon",
        ),
    ],
)
def test_a_wrong_program_or_place_says_what_to_write(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load_settings(None, {"lighting": changes})
    assert str(refused.value).startswith(said)


def test_an_option_of_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMPLIGHTER_HTTP__PORT", "8081")
    monkeypatch.setenv("LAMPLIGHTER_HTTP__HOST", "127.0.0.2")
    http = load_settings(None, {"http": {"port": 8082}}).http
    assert (http.port, http.host) == (8082, "127.0.0.2")
