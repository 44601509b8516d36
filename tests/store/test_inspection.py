"""The doctor's look into the files: true, and without a trace."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hub.ports import Span, StoreSizes, StoreUnavailable, Tier
from hub.store import DuckDbStore
from hub.store.inspection import InUse, look_into
from tests.store.rows import MONDAY, WEEK, row


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store of two weeks, rolled up, as a killed hub leaves it: with write-ahead logs."""
    store = DuckDbStore(tmp_path / "open", lambda: MONDAY)
    store.append([row(f"lamp-{n % 3}", MONDAY + n * 7200, power=float(n)) for n in range(120)])
    store.roll_up(Tier.QUARTER, Span(MONDAY, MONDAY + WEEK), {"lamp-0": "west"})
    store.roll_up(Tier.HOUR, Span(MONDAY, MONDAY + WEEK), {"lamp-0": "west"})
    shutil.copytree(tmp_path / "open", tmp_path / "killed")
    store.close()
    return tmp_path


def test_it_says_what_the_store_says(folder: Path) -> None:
    store = DuckDbStore(folder / "open", lambda: MONDAY)
    said = store.sizes()
    store.close()
    assert said.rows == 120 and said.tiers[Tier.QUARTER].rows == said.tiers[Tier.HOUR].rows == 84
    found = look_into(folder / "open")
    assert _without_bytes(found) == _without_bytes(said)
    assert found.bytes == sum(path.stat().st_size for path in (folder / "open").glob("raw-*"))


def test_files_of_a_killed_hub_are_read_with_their_logs_and_left_as_they_are(folder: Path) -> None:
    before = _contents(folder / "killed")
    assert any(name.endswith(".wal") for name in before)
    assert _without_bytes(look_into(folder / "killed")) == _without_bytes(look_into(folder / "open"))
    assert _contents(folder / "killed") == before


def test_a_hub_that_runs_keeps_its_files_to_itself(folder: Path) -> None:
    store = DuckDbStore(folder / "open", lambda: MONDAY)
    with pytest.raises(InUse, match="in use by a running hub"):
        look_into(folder / "open")
    store.close()


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    victim = next((folder / "killed").glob("1h-*.duckdb"))
    victim.write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreUnavailable, match=victim.name):
        look_into(folder / "killed")


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert look_into(tmp_path / "none").rows == 0
    assert not (tmp_path / "none").exists()


def _without_bytes(sizes: StoreSizes) -> StoreSizes:
    return sizes._replace(bytes=0, tiers={tier: held._replace(bytes=0) for tier, held in sizes.tiers.items()})


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
