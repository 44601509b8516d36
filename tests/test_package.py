"""The wheel that people install holds everything that runs: the page, the migrations, the entry points."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("hub", "drivers", "schedules", "simulators", "dashboards")


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
        entry_points = wheel.read(next(n for n in names if n.endswith("entry_points.txt"))).decode()
    ours = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if (path.is_file() and path.suffix in {".py", ".js", ".css", ".html", ".svg", ".mako"})
        or (path.parent.name == "profiles" and path.suffix == ".toml")
    }
    assert ours - names == set()
    assert len(ours) > 200
    for line in ("lamplighter = hub.__main__:main", "mqtt = drivers.mqtt:MqttDriver", "simulate = simulators.cli:main"):
        assert line in entry_points
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)
