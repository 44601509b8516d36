from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from hub.registry import Registry, RegistryUnavailable
from tests.registry.examples import NOW, add_lamps, state
from tests.servers.missing import need
from tests.servers.postgres import binaries, cluster, create_database


def refusal(url: str) -> str:
    with pytest.raises(RegistryUnavailable) as refused:
        Registry(url)
    message = str(refused.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("registry.db", "cannot be read: write sqlite:////"),
        ("mysql://root:secret@db/x", "no registry on 'mysql'"),
        ("sqlite://", "in memory would forget"),
        ("sqlite:///:memory:", "in memory would forget"),
        ("sqlite:////no/such/folder/registry.db", "name a file in a folder that exists"),
        ("postgresql://u:secret@127.0.0.1:1/x", "start PostgreSQL, or correct host and port"),
    ],
)
def test_a_url_that_leads_nowhere_is_one_clear_sentence(url: str, said: str) -> None:
    message = refusal(url)
    assert said in message
    assert "secret" not in message


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_bytes(b"a diary, and not a short one" * 100)
    assert "file is not a database; name another file" in refusal(f"sqlite:///{path}")
    assert path.read_bytes() == b"a diary, and not a short one" * 100
    assert "unable to open database file; name a file" in refusal(f"sqlite:///{tmp_path}")


def test_the_file_is_for_its_owners_eyes(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with closing(Registry(f"sqlite:///{path}")) as registry:
        registry.facts.set("a", "b")
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_sqlite_is_set_up_to_survive_power_loss(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with closing(Registry(f"sqlite:///{path}")) as registry, registry._database.write() as connection:
        settings = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PROMISED}
    assert settings == PROMISED


PROMISED = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_reading_goes_on_while_another_program_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "registry.db"
    monkeypatch.setattr("hub.registry.database.WAIT", 0.1)
    with closing(Registry(f"sqlite:///{path}")) as registry, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RegistryUnavailable, match="database is locked; another program is holding it"):
            registry.facts.set("a", "b")
        assert registry.facts.get("a") is None
        assert registry.health().ok
        other.rollback()
        registry.facts.set("a", "b")
        assert registry.facts.get("a") == "b"


def test_postgresql_says_what_is_wrong(server: str) -> None:
    assert "correct the user and password" in refusal(server.replace("lamplighter:lamplighter", "lamplighter:wrong"))
    assert "correct the user and password" in refusal(server.replace("lamplighter:lamplighter", "nobody:wrong"))
    assert "create it first" in refusal(server.rsplit("/", 1)[0] + "/nothing")


def test_postgresql_keeps_what_it_confirmed_even_where_the_server_would_not(server: str) -> None:
    url = create_database(server, "careless") + "?options=-csynchronous_commit%3Doff"
    with closing(Registry(url)) as registry, registry._database.write() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_a_registry_needs_no_reopening_after_its_server_was_away(tmp_path: Path) -> None:
    need("PostgreSQL", binaries() is not None, "apt-get install postgresql")
    with cluster(tmp_path / "server") as made:
        with made.running() as url:
            registry = Registry(url)
            add_lamps(registry, "a")
        with closing(registry):
            assert not registry.health().ok
            assert "start PostgreSQL" in registry.health().detail
            with pytest.raises(RegistryUnavailable):
                registry.reports.record(lights=[state("a")])
            with pytest.raises(RegistryUnavailable):
                registry.orders.running()
            with made.running():
                assert registry.health().ok
                registry.reports.record(lights=[state("a", 60, NOW)])
                assert registry.lights.all()[0].report == state("a", 60, NOW)
