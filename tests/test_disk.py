"""A disk that is nearly full is said wherever a person looks, before anything fails to be written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import httpx

from benchmarks._scenarios import fill, small_disk
from hub.disk import Disk
from tests.servers.hub import running_hub
from tests.test_commands import command

MOST = 10**9  # MB, more than any disk has


def test_the_lesser_of_both_limits_counts(tmp_path: Path) -> None:
    assert Disk(tmp_path, 1, 100.0).room().limit == 1_000_000
    assert Disk(tmp_path, MOST, 2.0).room().limit == shutil.disk_usage(tmp_path).total // 50


def test_a_folder_that_is_gone_is_not_well(tmp_path: Path) -> None:
    assert Disk(tmp_path / "gone", 500, 2.0).health() == (False, f"{tmp_path / 'gone'}: No such file or directory")


def test_a_nearly_full_disk_is_said_and_that_there_is_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 200) as small, running_hub(small, {"disk__low_percent": 20}) as hub:
        ready = httpx.get(f"{hub.url}/readyz").json()
        assert ready["parts"]["disk"]["ok"] and ready["parts"]["disk"]["detail"].endswith(" MB free")
        fill(small / "filler", leaving=30_000_000)
        found = httpx.get(f"{hub.url}/readyz")
        disk = found.json()["parts"]["disk"]
        assert (found.status_code, disk["ok"]) == (503, False)
        assert " MB free, less than 42 MB: make room" in disk["detail"]
        assert httpx.get(f"{hub.url}/api/v1/about").json()["unwell"] == ["disk"]
        gauges = dict(re.findall(r"^(lamplighter_disk_\w+) (\S+)$", httpx.get(f"{hub.url}/metrics").text, re.M))
        assert float(gauges["lamplighter_disk_free_bytes"]) < float(gauges["lamplighter_disk_low_bytes"])
        ports = {"HTTP__PORT": str(hub.port), "MQTT__PORT": str(hub.mqtt_port), "DISK__LOW_PERCENT": "20"}
        said = command("check", "--data", hub.data, settings=ports)
        assert said.returncode == 1
        assert any(line.startswith("FAIL") and line.split()[1] == "disk" for line in said.stdout.splitlines())
        (small / "filler").unlink()
        assert httpx.get(f"{hub.url}/readyz").status_code == 200
