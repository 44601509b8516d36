from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from hub.model.commands import Outcome
from hub.registry import IdempotencyKey, KeyTaken, Registry, TargetChange
from tests.registry.examples import NOW, add_lamps, command, event, outcomes, rejected, state

PLACE = """
import sys, time
from hub.model.commands import Command, Operation
from hub.registry import Registry

registry = Registry(sys.argv[1])
number = 0
while True:
    number += 1
    order = Command(f"c{number}", Operation.SET_LEVEL, number, "huong", number + 60, level=60.0)
    registry.orders.place(order, [f"lamp-{n}" for n in range(200)])
    print(number, flush=True)
"""


def test_what_was_placed_is_there_after_kill_9(url: str) -> None:
    with closing(Registry(url)):
        pass
    with subprocess.Popen([sys.executable, "-c", PLACE, url], stdout=subprocess.PIPE, text=True) as placing:
        assert placing.stdout is not None
        placed = [int(placing.stdout.readline()) for _ in range(20)]
        placing.kill()
        placed += [int(line) for line in placing.stdout]
    with closing(Registry(url)) as registry:
        last = placed[-1]
        kept = registry.orders.running()
        assert [order.id for order, _ in kept][:last] == [f"c{n}" for n in placed]
        assert len(kept) <= last + 1  # one may have been kept without its answer
        assert all(len(targets) == 200 for _, targets in kept)
        open_ones = [order.id for order, targets in kept if not targets[0].outcome.final]
        assert open_ones == [kept[-1][0].id]


def test_threads_lose_nothing(registry: Registry) -> None:
    rounds, lamps = 40, [f"lamp-{n}" for n in range(50)]
    add_lamps(registry, *lamps)
    start = threading.Barrier(4)
    placed = [f"c{n}" for n in range(rounds)]
    changes: list[TargetChange] = []

    def place() -> None:
        for n, id in enumerate(placed):
            changes.extend(registry.orders.place(command(id, NOW + n), lamps))

    def mark() -> None:
        for id in placed:
            registry.orders.mark_sent(id, None, NOW)
            changes.extend(registry.orders.mark([TargetChange(id, lamp, Outcome.TIMED_OUT) for lamp in lamps[::-1]]))

    def record(offset: int) -> Callable[[], None]:
        def run() -> None:
            for n in range(rounds):
                states = [state(lamp, n, NOW + n, f"c{n}") for lamp in (lamps if offset else lamps[::-1])]
                events = [event(lamp, None, NOW + 2 * n + offset) for lamp in lamps]
                changes.extend(
                    registry.reports.record(lights=states, events=events, rejected=[rejected(f"r{offset}")]).changed
                )
                registry.orders.outcomes(f"c{n}")

        return run

    def started(work: Callable[[], None]) -> None:
        start.wait(30)
        work()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(started, work) for work in (place, mark, record(0), record(1))]:
            done.result()

    assert len(registry.orders.commands(limit=1000)) == rounds
    assert all(len(outcomes(registry, id)) == len(lamps) for id in placed)
    assert [light.report.level for light in registry.lights.all()] == [rounds - 1] * len(lamps)
    assert len(registry.events.list(limit=100_000)) == 2 * rounds * len(lamps)
    assert sorted((c.device, c.count) for c in registry.quarantine.counts()) == [("r0", rounds), ("r1", rounds)]
    finals = [(change.command, change.device) for change in changes if change.outcome.final]
    assert len(finals) == len(set(finals)), "a final outcome was given twice"
    told = {(change.command, change.device): change.outcome.value for change in changes}
    assert told == {
        (id, device): outcome
        for id in placed
        for device, outcome in outcomes(registry, id).items()
        if outcome not in ("pending", "sent")
    }


ADD_USERS = """
import sys
from hub.model.users import Role, User
from hub.registry import Registry

registry = Registry(sys.argv[1])
for number in range(12):
    registry.users.add(User(f"{sys.argv[2]}-{number}", Role.VIEWER, "hash"))
"""


def test_programs_share_a_new_registry(url: str) -> None:
    running = [subprocess.Popen([sys.executable, "-c", ADD_USERS, url, str(n)]) for n in range(3)]
    assert [program.wait(60) for program in running] == [0, 0, 0]
    with closing(Registry(url)) as registry:
        assert registry.users.count() == 36


def test_of_orders_with_the_same_key_one_is_kept(registry: Registry) -> None:
    start = threading.Barrier(6)

    def place(number: int) -> bool:
        key = IdempotencyKey("huong", "k1", "sha", "{}", NOW)
        start.wait(30)
        try:
            registry.orders.place(command(f"c{number}"), ["a"], key=key)
        except KeyTaken:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(place, range(6))) == 1
    assert len(registry.orders.commands()) == 1
