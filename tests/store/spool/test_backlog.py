"""When people hear that the spool fills, and in which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from hub.store.spool.backlog import ALARMS, CALM, Backlog, FillAlarm, alarm_level

shares = st.floats(0, 1)


@pytest.mark.parametrize(
    ("share", "before", "level"),
    [
        (0.0, 0, 0), (0.49, 0, 0), (0.5, 0, 1), (0.89, 1, 1), (0.9, 1, 2), (1.0, 0, 2),
        (0.46, 1, 1), (0.44, 1, 0), (0.86, 2, 2), (0.84, 2, 1), (0.1, 2, 0),
    ],
)  # fmt: skip
def test_levels(share: float, before: int, level: int) -> None:
    assert alarm_level(share, before) == level


@given(st.lists(shares, max_size=50))
def test_each_change_of_level_is_one_line(history: list[float]) -> None:
    alarm = FillAlarm()
    level = 0
    for share in history:
        with capture_logs() as said:
            alarm.look(share)
        before, level = level, alarm_level(share, level)
        expected = [] if level == before else ["error" if level > before else "info"]
        assert [line["log_level"] for line in said] == expected


@given(shares, st.integers(0, len(ALARMS)))
def test_a_level_holds_until_the_share_is_clearly_below(share: float, before: int) -> None:
    level = alarm_level(share, before)
    assert alarm_level(share, level) == level, "the same share changes nothing more"
    if level:
        assert share >= ALARMS[level - 1] - CALM
    if level < len(ALARMS):
        assert share < ALARMS[level]


def test_a_tremor_at_the_threshold_is_one_line() -> None:
    alarm = FillAlarm()
    with capture_logs() as said:
        for share in (0.499, 0.501, 0.499, 0.501, 0.47, 0.52):
            alarm.look(share)
    assert [(line["log_level"], line["above"]) for line in said] == [("error", "50%")]


@pytest.mark.parametrize(
    ("age", "words"), [(5, "5 s"), (119, "119 s"), (720, "12 min"), (7199, "120 min"), (90_000, "25 h")]
)
def test_words(age: float, words: str) -> None:
    backlog = Backlog(3, 40, 5_200_000, 10_000_000, 1000.0, 900.0)
    assert backlog.words(1000.0 + age) == (
        f"3 batches (40 rows) wait on disk, 5.2 MB (52% of the quota), the oldest {words}"
    )
    assert Backlog(0, 0, 0, 10, None, None).words(5.0) == "no readings wait on disk"
