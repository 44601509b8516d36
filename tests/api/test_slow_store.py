"""A store that hangs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.api.services import READERS
from hub.ports import SeriesQuery, TooMuchAsked
from tests.api.hall import Hall, code


def test_a_store_that_hangs_holds_up_nothing_else(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = threading.Semaphore(0), threading.Event()

    def hang(query: SeriesQuery) -> list[tuple[float, float]]:
        asked.release()
        answer.wait(60)
        return []

    monkeypatch.setattr(hall.store, "series", hang)
    path = "/devices/lamp-1/telemetry?metric=power"
    with hall.client() as admin, ThreadPoolExecutor(40) as people:
        waiting = [people.submit(admin.get, path, timeout=60) for _ in range(40)]
        try:
            for _ in range(READERS):
                assert asked.acquire(timeout=20)
            for _ in range(50):
                assert admin.get("/quarantine", timeout=10).status_code == 200
        finally:
            answer.set()
        assert {each.result().status_code for each in waiting} == {200}


def test_a_question_that_takes_too_much_is_told_what_to_ask(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(query: SeriesQuery) -> list[tuple[float, float]]:
        raise TooMuchAsked("the answer takes more memory than the store has: ask for less time at once")

    monkeypatch.setattr(hall.store, "series", refuse)
    with hall.client() as admin:
        answer = admin.get("/devices/lamp-1/telemetry?metric=power")
    assert (answer.status_code, code(answer)) == (503, "too-much-asked")
    assert "ask for less time" in answer.json()["detail"] and answer.headers["Retry-After"] == "30"
