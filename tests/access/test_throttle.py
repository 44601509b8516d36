"""The sign-in throttle."""

from __future__ import annotations

import pytest

from hub.access.throttle import Throttle, TooManyFailures


def test_the_tenth_failure_closes_the_door_until_the_first_is_five_minutes_old() -> None:
    throttle = Throttle()
    for second in range(10):
        throttle.check(("user:anna",), second)
        throttle.failed(("user:anna",), second)
    with pytest.raises(TooManyFailures) as refused:
        throttle.check(("user:anna",), 100)
    assert refused.value.retry_after == 200
    throttle.check(("user:anna",), 300)


def test_other_keys_stay_open_and_a_success_clears() -> None:
    throttle = Throttle(failures=2)
    for _ in range(2):
        throttle.failed(("user:anna", "address:a"), 0)
    throttle.check(("user:binh", "address:b"), 1)
    with pytest.raises(TooManyFailures):
        throttle.check(("user:binh", "address:a"), 1)
    throttle.succeeded("user:anna")
    throttle.check(("user:anna",), 1)


def test_memory_is_bounded() -> None:
    throttle = Throttle(capacity=100)
    for number in range(10_000):
        throttle.failed((f"user:{number}",), number)
    assert len(throttle) == 100
