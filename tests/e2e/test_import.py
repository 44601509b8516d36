"""`lamplighter device import` against a running hub."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.servers.hub import PASSWORD, add_user, running_hub

CSV = """id,name,kind,profile,zone,lat,lon,rated_power,address
cab-1,Tủ 1,cabinet,native,city,16.46,107.59,,
lamp-1,Đèn 1,light,native,city,16.46,107.59,90,cab-1
lamp-2,Đèn 2,light,native,nowhere,16.46,107.59,90,cab-1
"""


def test_devices_come_from_a_file_bad_rows_are_named_and_secrets_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text(CSV, "utf-8")
    (tmp_path / "password").write_text(PASSWORD, "utf-8")
    with running_hub(tmp_path / "hub", start=False) as hub:
        hub.forked = False  # type: ignore[misc]
        hub.start()
        add_user(hub.data, "huong", "admin")
        with hub.client("huong") as api:
            assert api.post("/zones", json={"id": "city", "name": "City", "kind": "city"}).status_code == 201

        def run(address: str) -> subprocess.CompletedProcess[str]:
            files = ["--password-file", str(tmp_path / "password"), "--credentials", str(tmp_path / "secrets.json")]
            command = [
                sys.executable,
                "-m",
                "hub",
                "device",
                "import",
                str(tmp_path / "devices.csv"),
                "--hub",
                address,
                *files,
            ]
            return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

        done = run(hub.url)
        assert done.returncode == 1, done.stderr
        assert "2 created" in done.stdout
        assert done.stderr.startswith("line 4: ")
        assert "nowhere" in done.stderr
        secrets = json.loads((tmp_path / "secrets.json").read_text("utf-8"))
        assert secrets["cab-1"]["username"] == "cab-1"
        assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
        absent = run("http://127.0.0.1:1")
        assert (absent.returncode, absent.stderr.count("\n")) == (2, 1)
