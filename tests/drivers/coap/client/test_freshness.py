"""Which notification is the newer: RFC 7641 section 3.4, with numbers of 24 bits that begin at 0 again."""

from __future__ import annotations

import pytest

from drivers.coap.client.freshness import Freshness

_LAST = 2**24 - 1


@pytest.mark.parametrize(
    ("first", "second", "after", "newer"),
    [
        (5, 6, 1.0, True),
        (5, 5, 1.0, False),
        (5, 4, 1.0, False),
        (5, 4, 128.5, True),
        (_LAST, 0, 1.0, True),
        (0, _LAST, 1.0, False),
        (0, 2**23 - 1, 1.0, True),
        (0, 2**23, 1.0, False),
        (2**23 + 1, 0, 1.0, True),
    ],
)
def test_the_newer_of_two(first: int, second: int, after: float, newer: bool) -> None:
    fresh = Freshness()
    fresh.begin(first, 1000.0)
    assert fresh.newer(second, 1000.0 + after) is newer


def test_what_is_older_changes_nothing() -> None:
    fresh = Freshness()
    fresh.begin(10, 0.0)
    assert fresh.newer(12, 1.0) and not fresh.newer(11, 2.0) and fresh.newer(13, 3.0)
