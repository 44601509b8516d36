"""Who writes next: fire goes before all that wait, behind none but the one that writes."""

from __future__ import annotations

import threading

from hub.registry.turns import WriteTurn
from tests.servers.waiting import until


def test_the_first_go_before_all_that_wait() -> None:
    turn, order = WriteTurn(), list[str]()

    def write(name: str, first: bool) -> None:
        with turn.take(first=first):
            order.append(name)

    threads = [threading.Thread(target=write, args=(f"lamp-{n}", False)) for n in range(5)]
    fire = threading.Thread(target=write, args=("fire", True))
    with turn.take():
        for thread in threads:
            thread.start()
        fire.start()
        until("fire to ask", lambda: turn.waiting_first == 1, within=20)
        assert order == []
    for thread in [*threads, fire]:
        thread.join(20)
    assert order[0] == "fire"
    assert len(order) == 6


def test_a_write_that_fails_leaves_the_turn() -> None:
    turn = WriteTurn()
    try:
        with turn.take(first=True):
            raise ValueError
    except ValueError:
        pass
    with turn.take():
        assert turn.waiting_first == 0
