"""Every mistake on the command line is one clear sentence on stderr and exit code 2; nobody ever sees a traceback."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hub import __main__ as hub_main
from hub import cli
from hub.model.audit import AuditEntry
from hub.model.devices import Device, DeviceKind
from hub.model.reports import EventReport
from hub.model.users import Role
from hub.registry import Registry
from tests.servers.ports import free_port
from tests.servers.programs import run


def command(
    *words: str | Path, settings: dict[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """`lamplighter WORDS` with these LAMPLIGHTER_ variables and no others."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHTER_")}
    environment |= {f"LAMPLIGHTER_{name}": value for name, value in ({"COAP__PORT": "0"} | (settings or {})).items()}
    return run(*words, environment=environment, typed=typed)


def refusal(*words: str | Path, settings: dict[str, str] | None = None, typed: str = "") -> str:
    """The one line with which the command refuses."""
    said = command(*words, settings=settings, typed=typed)
    assert said.returncode == 2, said
    assert said.stdout == ""
    (line,) = said.stderr.splitlines()
    assert line.startswith("lamplighter: ")
    return line


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["nonsense"], "nonsense"),
        (["run", "--prt", "1"], "--prt"),
        (["demo", "--lights", "5"], "--lights"),
        (["demo", "--fast", "0.5"], "--fast"),
        (["user", "add", "huong"], "--role"),
    ],
)
def test_an_option_that_cannot_be_is_named_with_how_to_get_help(words: list[str], named: str) -> None:
    said = command(*words)
    assert (said.returncode, said.stdout) == (2, "")
    assert named in said.stderr
    assert "--help" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"HTTP__PORT": "99999"}, "http.port"),
        ({"HTTP__PRT": "80"}, "http.prt"),
        ({"MQTT": "notjson"}, "LAMPLIGHTER_MQTT"),
        ({"LIGHTING__PROGRAM": "x"}, "LAMPLIGHTER_LIGHTING__PROGRAM"),
        ({"LIGHTING__PROGRAM": "[]"}, "lighting.program"),
        ({"LIGHTING__TIME_ZONE": "Mars"}, "Mars"),
        ({"MQTT__URL": "http://broker"}, "mqtt.url"),
        ({"MQTT__URL": "mqtt://broker:port"}, "mqtt.url"),
        ({"MQTT__URL": "mqtt://broker:99999"}, "mqtt.url"),
        ({"STORE__RAW_DAYS": "1"}, "store.raw_days"),
    ],
)
def test_a_setting_that_cannot_be_is_named(settings: dict[str, str], named: str, tmp_path: Path) -> None:
    assert named in refusal("check", "--data", tmp_path / "data", settings=settings)


@pytest.mark.parametrize("text", ["port = ", "colour = 'red'", "[http]\nport = 'x'", "\xff"])
def test_a_settings_file_that_cannot_be_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "lamplighter.toml"
    file.write_bytes(text.encode("latin-1"))
    refusal("run", "--config", file, "--data", tmp_path / "data")


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "missing.toml") in refusal("demo", "--config", tmp_path / "missing.toml")


@pytest.mark.parametrize("words", [["run"], ["demo"], ["user", "add", "huong", "--role", "admin"]])
def test_a_data_folder_that_is_none_is_named(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refusal(
        *words, "--data", tmp_path / "file", settings={"HTTP__PORT": "0"}, typed="correct horse battery\n"
    )


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal("demo", "--port", str(port), "--data", tmp_path)
        assert f":{port}" in said
        mqtt = {"HTTP__PORT": "0", "MQTT__PORT": str(port)}
        assert str(port) in refusal("run", "--data", tmp_path, settings=mqtt)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 300])
def test_a_host_that_is_none_is_named(host: str, tmp_path: Path) -> None:
    assert host[:20] in refusal("run", "--data", tmp_path, settings={"HTTP__HOST": host})


def test_limits_of_the_air_that_cannot_be_are_named_with_what_to_write(tmp_path: Path) -> None:
    own = tmp_path / "limits.toml"
    own.write_text('[[limits]]\nmetric = "dust"\n')
    settings = {"ENVIRONMENT__LIMITS": str(own), "HTTP__PORT": "0"}
    said = refusal("run", "--data", tmp_path / "data", settings=settings)
    assert f"{own}: limit 1: no metric 'dust': write one such as pm2_5" in said


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:p@h/d"])
def test_a_registry_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    assert "postgresql" in refusal("run", "--data", tmp_path, settings={"REGISTRY__URL": url, "HTTP__PORT": "0"})


def test_a_demo_does_not_move_into_a_hub_that_is_none(tmp_path: Path) -> None:
    added = command("user", "add", "huong", "--role", "admin", "--data", tmp_path, typed="correct horse battery\n")
    assert added.returncode == 0, added
    ports = {"HTTP__PORT": "0", "MQTT__PORT": str(free_port())}
    assert "no demo" in refusal("demo", "--data", tmp_path, settings=ports)
    (tmp_path / "credentials.json").write_text("{", "utf-8")
    assert "credentials.json" in refusal("demo", "--data", tmp_path, settings=ports)


def test_a_person_is_added_once_with_a_role_and_zones_that_exist(tmp_path: Path) -> None:
    add = ("user", "add", "huong", "--role", "operator", "--data", tmp_path)
    assert "no zone 'ward-9'" in refusal(*add, "--zone", "ward-9", typed="correct horse battery\n")
    assert "1 characters" in refusal(*add, typed="x\n")
    said = command(*add, typed="correct horse battery\n")
    assert (said.returncode, said.stdout, said.stderr) == (0, "huong may sign in as operator\n", "")
    assert "huong" in refusal(*add, typed="correct horse battery\n")
    assert "Bad!" in refusal("user", "add", "Bad!", "--role", "viewer", "--data", tmp_path, typed="correct horse\n")
    registry = Registry(f"sqlite:///{tmp_path / 'registry.db'}")
    user = registry.users.get("huong")
    registry.close()
    assert user is not None
    assert user.role is Role.OPERATOR
    assert "battery" not in user.password_hash


@pytest.mark.parametrize("option", ["config", "data"])
def test_the_command_for_the_first_user_is_for_the_hub_that_was_started(option: str, tmp_path: Path) -> None:
    config, data = tmp_path / "our city.toml", tmp_path / "our data"
    config.write_text(f"data = '{data}'\n", "utf-8")
    advised = cli.first_user(config, None) if option == "config" else cli.first_user(None, data)
    said = command(*shlex.split(advised.replace("NAME", "huong"))[1:], typed="correct horse battery\n")
    assert (said.returncode, said.stdout, said.stderr) == (0, "huong may sign in as admin\n", "")
    assert (data / "registry.db").exists()


def test_the_doctor_finds_nothing_wrong_before_the_first_start(tmp_path: Path) -> None:
    ports = {"HTTP__PORT": str(free_port()), "MQTT__PORT": str(free_port())}
    said = command("check", "--data", tmp_path / "data", settings=ports)
    assert (said.returncode, said.stderr) == (0, "")
    parts = [line.split()[:2] for line in said.stdout.splitlines()]
    names = ("versions", "data", "disk", "registry", "profiles", "store", "broker", "clock", "hub")
    assert parts == [["ok", name] for name in names]
    assert not (tmp_path / "data").exists()


def test_the_doctor_minds_no_port_that_the_hub_has(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as coap:
        coap.bind(("127.0.0.1", 0))
        ports = {
            "HTTP__PORT": str(free_port()),
            "MQTT__PORT": str(free_port()),
            "COAP__PORT": str(coap.getsockname()[1]),
        }
        said = command("check", "--data", tmp_path / "data", settings=ports)
    assert re.search(r"^ok +profiles +", said.stdout, re.M), said.stdout
    assert (said.returncode, said.stderr) == (0, "")


def test_the_doctor_leaves_an_older_registry_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(0o700)
    with closing(sqlite3.connect(data / "registry.db")) as connection:
        connection.executescript((Path(__file__).parent / "registry/schemas/0001.sql").read_text("utf-8"))
    ports = {"HTTP__PORT": str(free_port()), "MQTT__PORT": str(free_port())}
    said = command("check", "--data", data, settings=ports)
    assert (said.returncode, said.stderr) == (0, "")
    assert re.search(r"^ok +registry +schema 0001, will be migrated to \d+ when the hub starts$", said.stdout, re.M)
    with closing(sqlite3.connect(data / "registry.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


def test_the_doctor_counts_the_audit_and_the_events(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(0o700)
    registry = Registry(f"sqlite:///{data / 'registry.db'}")
    registry.devices.add_many([Device("lamp", "Lamp", DeviceKind.LIGHT)], {})
    for at in (1_700_000_000.0, 1_700_000_001.0):
        registry.audit.add(AuditEntry(at, "admin", "order.placed", "ovr-1", {}))
    registry.reports.record(events=[EventReport("lamp", "tamper", None, 1_700_000_000.0, 1_700_000_000.0)])
    registry.close()
    ports = {"HTTP__PORT": str(free_port()), "MQTT__PORT": str(free_port()), "REGISTRY__EVENT_DAYS": "0"}
    said = command("check", "--data", data, settings=ports)
    assert re.search(r"^ok +audit +2 lines since 2023-11-14 22:13 UTC, kept 1826 days$", said.stdout, re.M), said.stdout
    assert re.search(r"^ok +events +1 event since 2023-11-14 22:13 UTC, kept for ever$", said.stdout, re.M)


def test_the_doctor_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "registry.db").write_bytes(b"this is no database " * 100)
    (tmp_path / "telemetry").mkdir()
    (tmp_path / "telemetry/2026-W47.duckdb.damaged-1").touch()
    tmp_path.chmod(0o755)
    settings = {"HTTP__HOST": "::1", "MQTT__URL": f"mqtt://127.0.0.1:{free_port()}"}
    said = command("check", "--data", tmp_path, settings=settings)
    assert (said.returncode, said.stderr) == (1, "")
    wrong = {line.split()[1] for line in said.stdout.splitlines() if line.startswith("FAIL")}
    assert {"data", "registry", "store", "broker"} <= wrong


def test_the_doctor_says_how_to_keep_a_folder_made_by_hand_from_others(tmp_path: Path) -> None:
    data = tmp_path / "the city"
    data.mkdir()
    data.chmod(0o755)
    ports = {"HTTP__PORT": str(free_port()), "MQTT__PORT": str(free_port())}
    said = command("check", "--data", data, settings=ports)
    assert said.returncode == 1
    found = re.search(r"^FAIL +data +.*: others can look into it: (chmod 700 .*)$", said.stdout, re.M)
    assert found is not None
    subprocess.run(found[1], shell=True, check=True)
    assert command("check", "--data", data, settings=ports).returncode == 0


def test_a_folder_that_the_hub_makes_is_for_us_alone(tmp_path: Path) -> None:
    command("user", "add", "huong", "--role", "admin", "--data", tmp_path / "a/b", typed="correct horse battery\n")
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o700


def test_the_doctor_tells_another_program_on_the_hubs_port_from_the_hub(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        (tmp_path / "answer").write_text(json.dumps([]), "utf-8")
        server = subprocess.Popen(
            [sys.executable, "-c", _LISTS, str(other.fileno())], pass_fds=[other.fileno()], stdin=subprocess.DEVNULL
        )
        try:
            said = command("check", "--data", tmp_path / "data", settings={"HTTP__PORT": str(port)})
        finally:
            server.kill()
            server.wait()
    assert "another program" in said.stdout.splitlines()[-1]
    assert (said.returncode, said.stderr) == (1, "")


_LISTS = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
while True:
    connection, _ = listener.accept()
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\n[]")
    connection.close()
"""


def test_a_hub_that_starts_loads_nothing_that_only_plans_need() -> None:
    said = """
import sys, hub.cli, hub.app
unneeded = ("hub.planning", "hub.lint_command", "hub.evaluation")
print(*(each for each in sys.modules if each.startswith("hub.evaluation") or each in unneeded))
"""
    loaded = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, timeout=60, check=True)
    assert loaded.stdout.split() == []


def test_the_version_is_one_line() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "hub", "version"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (said.returncode, len(said.stdout.splitlines()), said.stderr) == (0, 1, "")


def test_ctrl_c_ends_it_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupted)
    with pytest.raises(SystemExit) as ended:
        hub_main.main()
    assert ended.value.code == 130
