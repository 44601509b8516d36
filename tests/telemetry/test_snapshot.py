"""The snapshot of latest values and presence: whole or refused, and together with the store never behind it."""

from __future__ import annotations

import asyncio
import math
import random
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.devices import DeviceKind
from hub.model.presence import ClockError, PresenceCopy
from hub.model.readings import Row
from hub.ports import Lane, LatestValue, StoreUnavailable
from hub.store import MemoryStore
from hub.telemetry.keeper import Keeper
from hub.telemetry.latest import Held, LatestCopy, LatestValues, Reading
from hub.telemetry.snapshot import DamagedSnapshot, read_snapshot, write_snapshot
from tests.telemetry.pipeline import NOW, Pipeline, TroubledStore, row
from tests.telemetry.test_ingest import until

IDS = {f"lamp-{n}": f"lamp-{n}" for n in range(1000)}
finite = st.floats(allow_nan=False)
values = st.dictionaries(st.sampled_from(("power", "voltage", "đo-lạ")), finite, min_size=1)
readings = st.builds(Reading, finite, st.none() | finite, finite)
by_device = st.sampled_from(sorted(IDS)[:20])


@given(
    st.none() | finite,
    st.dictionaries(by_device, st.builds(Held, finite, st.none() | finite, values)),
    st.dictionaries(by_device, st.dictionaries(st.sampled_from(("level", "energy")), readings, min_size=1)),
    st.dictionaries(by_device, finite),
    st.dictionaries(by_device, st.booleans()),
    st.dictionaries(by_device, st.builds(ClockError, st.floats(allow_nan=False), finite)),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    whole_at: float | None,
    rows: dict[str, Held],
    elder: dict[str, dict[str, Reading]],
    heard: dict[str, float],
    present: dict[str, bool],
    clocks: dict[str, ClockError],
) -> None:
    path = tmp_path_factory.getbasetemp() / "latest.snapshot"
    elder = {device: found for device, found in elder.items() if device in rows}
    left_at = {device: 5.0 for device, there in present.items() if not there}
    latest, presence = LatestCopy(rows, elder), PresenceCopy(heard, present, left_at, clocks)
    write_snapshot(path, whole_at, latest, presence)
    assert read_snapshot(path, IDS) == (whole_at, latest, presence)


def written(path: Path) -> bytes:
    rows = {name: Held(NOW, NOW, {"power": float(n)}) for n, name in enumerate(IDS)}
    heard = dict.fromkeys(IDS, NOW)
    write_snapshot(path, NOW, LatestCopy(rows, {}), PresenceCopy(heard, {}, {}, {}))
    return path.read_bytes()


def test_a_damaged_snapshot_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latest.snapshot"
    raw = written(path)
    whole = read_snapshot(path, IDS)
    dice = random.Random(3)
    for cut in dice.sample(range(len(raw)), 60):
        path.write_bytes(raw[:cut])
        with pytest.raises(DamagedSnapshot):
            read_snapshot(path, IDS)
    refused = 0
    for place in dice.sample(range(len(raw)), 200):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ (1 << dice.randrange(8))]) + raw[place + 1 :])
        try:
            assert read_snapshot(path, IDS) == whole  # a bit that fills up a byte means nothing
        except DamagedSnapshot:
            refused += 1
    assert refused > 190


def test_devices_that_are_no_more_are_left_out(tmp_path: Path) -> None:
    written(tmp_path / "latest.snapshot")
    found = read_snapshot(tmp_path / "latest.snapshot", {"lamp-7": "lamp-7"})
    assert found is not None and (list(found.latest.rows), list(found.presence.heard)) == (["lamp-7"], ["lamp-7"])


def test_a_folder_that_takes_nothing_leaves_the_last_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "latest.snapshot"
    raw = written(path)
    path.with_suffix(".tmp").mkdir()
    with pytest.raises(OSError):
        write_snapshot(path, NOW, LatestCopy({}, {}), PresenceCopy({}, {}, {}, {}))
    assert path.read_bytes() == raw


class Clock:
    rate = 1.0

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> float:
        return self.time

    def ahead(self, seconds: float) -> float:
        return self.time + seconds


class Presence:
    """What the keeper asks of the board."""

    def __init__(self) -> None:
        self.version = 0
        self.known = PresenceCopy({}, {}, {}, {})
        self.when: dict[str, float] = {}

    def copy(self) -> PresenceCopy:
        return self.known

    def restore(self, known: PresenceCopy) -> None:
        self.known = known

    def heard(self, heard: Iterable[tuple[str, float]]) -> None:
        for device, at in heard:
            self.when[device] = max(at, self.when.get(device, at))


class AskedStore(MemoryStore):
    """Says from when it was asked, and can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked: list[float | None] = []

    def latest(self, received_after: float | None = None) -> Iterable[LatestValue]:
        self.asked.append(received_after)
        if self.away:
            raise StoreUnavailable("it is away")
        return super().latest(received_after)


class House:
    """A keeper with its surroundings; a new one on the same folder and store is a restart."""

    def __init__(self, folder: Path, store: AskedStore, every: float = 60.0) -> None:
        self.store, self.clock = store, Clock()
        self.latest, self.board = LatestValues(), Presence()
        self.keeper = Keeper(folder / "latest.snapshot", self.latest, self.board, store, self.clock, every=every)

    def say(self, time: float, **values: float) -> None:
        self.clock.time = time
        rows = [Row("lamp-1", DeviceKind.LIGHT, time, time, values)]
        self.store.append(rows)
        self.latest.update(rows)

    def power(self) -> float | None:
        reading = self.latest.of("lamp-1").get("power")
        return None if reading is None else reading.value


def test_what_came_after_the_snapshot_comes_from_the_store(tmp_path: Path) -> None:
    async def run() -> None:
        house = House(tmp_path, AskedStore())
        await house.keeper.load(IDS)
        house.say(NOW, power=1.0, energy=10.0)
        house.board.known = PresenceCopy(
            {"lamp-1": NOW}, {"lamp-1": False}, {"lamp-1": NOW - 5}, {"lamp-1": ClockError(90, NOW)}
        )
        await house.keeper.flush()
        house.say(NOW + 30, power=2.0)
        after = House(tmp_path, house.store)
        after.clock.time = NOW + 60
        await after.keeper.load(IDS)
        assert after.power() == 2.0 and after.latest.of("lamp-1")["energy"] == (NOW, NOW, 10.0)
        assert after.board.known == house.board.known
        assert after.board.when == {"lamp-1": NOW + 30}
        assert house.store.asked[0] is None and house.store.asked[1] is not None and house.store.asked[1] < NOW

    asyncio.run(run())


def test_what_waited_for_a_blocked_store_during_the_snapshot_comes_from_the_store(tmp_path: Path) -> None:
    async def run() -> None:
        troubled, received = TroubledStore(), NOW + 1  # as `row` says
        troubled.away = True
        house = House(tmp_path, AskedStore())
        async with Pipeline(tmp_path, troubled) as pipeline:
            house.keeper = Keeper(
                tmp_path / "latest.snapshot", house.latest, house.board, house.store, house.clock,
                oldest=pipeline.ingest.oldest,
            )  # fmt: skip
            await house.keeper.load(IDS)
            pipeline.deliver("under way", Lane.STATE, rows=[row("lamp-2", NOW + 60)])
            pipeline.deliver("under way", rows=[row("lamp-1")])
            await until(lambda: pipeline.ingest.counters.failing and not any(pipeline.inbox.waiting()))
            pipeline.deliver("waiting", rows=[row("lamp-1", NOW + 100)])
            house.clock.time = NOW + 3600  # much later than what is asked for in any case
            house.latest.version += 1
            await house.keeper.flush()
            found = read_snapshot(tmp_path / "latest.snapshot", IDS)
            assert found is not None and found.whole_at == received
            troubled.away = False
            await until(lambda: len(pipeline.acknowledged) == 3)
            await until(lambda: pipeline.ingest.oldest() is None)
        house.store.append([row("lamp-1")])  # what was stored meanwhile; then the hub is killed
        after = House(tmp_path, house.store)
        after.clock.time = NOW + 3700
        await after.keeper.load(IDS)
        assert after.power() == 60.0

    asyncio.run(run())


def test_without_a_usable_snapshot_everything_comes_from_the_store(tmp_path: Path) -> None:
    async def run() -> None:
        house = House(tmp_path, AskedStore())
        house.say(NOW, power=1.0)
        (tmp_path / "latest.snapshot").write_bytes(b"LLSNAP1\n\xff\xff\xff")
        after = House(tmp_path, house.store)
        await after.keeper.load(IDS)
        assert (after.power(), house.store.asked) == (1.0, [None])

    asyncio.run(run())


def test_a_store_that_is_away_is_asked_again_also_after_another_restart(tmp_path: Path) -> None:
    async def run() -> None:
        store = AskedStore()
        first = House(tmp_path, store)
        await first.keeper.load(IDS)
        first.say(NOW, power=1.0)
        await first.keeper.flush()
        first.say(NOW + 30, power=2.0)
        store.away = True
        second = House(tmp_path, store)
        await second.keeper.load(IDS)
        assert second.power() == 1.0
        second.clock.time = NOW + 7200
        second.latest.version += 1
        second.keeper.start()
        await second.keeper.stop()  # writes what it has, which lacks the reading that only the store knows
        third = House(tmp_path, store)
        third.clock.time = NOW + 7200
        await third.keeper.load(IDS)
        third.keeper.start()
        store.away = False
        try:
            async with asyncio.timeout(20):
                while third.power() != 2.0:
                    await asyncio.sleep(0.005)
        finally:
            await third.keeper.stop()

    asyncio.run(run())


def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    async def run() -> None:
        house = House(tmp_path, AskedStore())
        house.say(NOW, power=1.0)
        await house.keeper.flush()
        first = (tmp_path / "latest.snapshot").stat().st_ino
        await house.keeper.flush()
        assert (tmp_path / "latest.snapshot").stat().st_ino == first
        house.say(NOW + 1, power=math.pi)
        await house.keeper.flush()
        found = read_snapshot(tmp_path / "latest.snapshot", IDS)
        assert found is not None and found.latest.rows["lamp-1"].values == {"power": math.pi}

    asyncio.run(run())


def test_the_last_write_waits_for_the_one_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, under_way, most = threading.Event(), threading.Event(), [0], [0]

    def slow(path: Path, whole_at: float | None, latest: LatestCopy, presence: PresenceCopy) -> None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        if not begun.is_set():
            begun.set()
            go_on.wait(20)
        write_snapshot(path, whole_at, latest, presence)
        under_way[0] -= 1

    async def run() -> None:
        monkeypatch.setattr("hub.telemetry.keeper.write_snapshot", slow)
        house = House(tmp_path, AskedStore(), every=0.0)
        await house.keeper.load(IDS)
        house.say(NOW, power=1.0)
        house.keeper.start()
        assert await asyncio.to_thread(begun.wait, 20)
        house.say(NOW + 1, power=2.0)
        asyncio.get_running_loop().call_later(0.2, go_on.set)
        await house.keeper.stop()
        assert most == [1]
        found = read_snapshot(tmp_path / "latest.snapshot", IDS)
        assert found is not None and found.latest.rows["lamp-1"].values == {"power": 2.0}

    asyncio.run(run())
