"""The judge: its short cut for devices that are well changes nothing, and what comes late is not held against now."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alarms.judging import Finding, Judge
from hub.alarms.ruleset import load_rules
from hub.model.alarms import AlarmKey
from hub.model.devices import DeviceKind
from hub.model.readings import Row
from tests.alarms.test_desk import GATE, LAMPS
from tests.alarms.test_each_rule import READING, Lit

RULES = load_rules()
values = st.fixed_dictionaries(
    {
        "power": st.sampled_from([0.0, 0.4, 8.0, 15.9, 16.1, 60.0, 68.1, 71.2, 80.0, 92.1, 120.0]),
        "voltage": st.sampled_from([40.0, 90.0, 160.0, 206.0, 208.0, 211.0, 228.0, 252.0, 254.0]),
    },
    optional={
        "power_factor": st.sampled_from([0.5, 0.79, 0.81, 0.84, 0.97]),
        "switch_count": st.integers(100, 112).map(float),
        "battery": st.sampled_from([10.0, 25.0, 90.0]),
    },
)


def _judged(rows: list[Row], any_at: Callable[[set[AlarmKey], str], bool]) -> list[Finding]:
    raised: set[AlarmKey] = set()
    judge = Judge(RULES, Lit(READING["lampFailure"]), raised.__contains__, lambda device: any_at(raised, device))
    found = []
    for row in rows:
        for finding in judge.readings([row]):
            (raised.add if finding.active else raised.discard)(finding.key)
            found.append(finding)
    return found


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 2), values), max_size=40))
def test_the_short_cut_for_what_is_well_finds_the_same(samples: list[tuple[int, dict[str, float]]]) -> None:
    rows = [
        Row(LAMPS[lamp].id, DeviceKind.LIGHT, 60.0 * n, 60.0 * n, values) for n, (lamp, values) in enumerate(samples)
    ]
    short = _judged(rows, lambda raised, device: any(key.device == device for key in raised))
    assert short == _judged(rows, lambda raised, device: True)


def test_what_a_cabinet_kept_is_not_held_against_its_contactors_of_now() -> None:
    """By day there was no load; the contactors are closed when it is told of that in the evening."""

    def found(late: float) -> list[str]:
        rows = [
            Row(GATE.id, GATE.kind, 900.0 * n, 900.0 * n + late, {"power": 8.0, "voltage": 229.0}) for n in range(3)
        ]
        return [finding.key.type for finding in _judged(rows, lambda raised, device: bool(raised))]

    assert found(5.0) == ["switchingErrorOn"]
    assert found(3600.0) == []


def test_a_lamp_that_starts_again_and_again_is_not_said_to_stay_dark_and_one_that_does_is() -> None:
    """A lamp that cycles is dark in some samples by chance; its counter says that it burned in between."""

    def found(*counts: int) -> set[str]:
        rows = [
            Row(
                LAMPS[0].id,
                DeviceKind.LIGHT,
                900.0 * n,
                900.0 * n,
                {"power": 0.4, "voltage": 229.0, "switch_count": count},
            )
            for n, count in enumerate(map(float, counts))
        ]
        return {finding.key.type for finding in _judged(rows, lambda raised, device: True)}

    assert "lampFailure" in found(100, 101, 101, 101, 101)
    assert "lampFailure" not in found(100, 102, 104, 105, 107)
    assert "lampFailure" in found(100, 102, 104, 104, 104, 104, 104, 104, 104, 104)
