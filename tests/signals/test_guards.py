"""Each guard of approval and operation is taken away on purpose: the test that finds no way around them must find one then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hub.model.signals import PlanRecord, PlanState
from hub.signals import life
from hub.signals.judge import Judge
from hub.signals.orders import SignalOrders
from tests.signals.test_no_way_around import Junction

SEARCH = settings(
    max_examples=150, stateful_step_count=30, deadline=None, derandomize=True, database=None,
    phases=[Phase.generate], report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
)  # fmt: skip
Break = Callable[[pytest.MonkeyPatch], None]


def _forgetting(what: dict[str, Any]) -> Break:
    """Approval does not look at these fields of a plan set."""

    def broken(patch: pytest.MonkeyPatch) -> None:
        approved = life.approved

        def lenient(record: PlanRecord, *rest: Any) -> PlanRecord:
            kept = {name: getattr(record, name) for name in what}
            return replace(approved(replace(record, **what), *rest), **kept)

        patch.setattr(life, "approved", lenient)

    return broken


def _last_writer_only(patch: pytest.MonkeyPatch) -> None:
    edited = life.edited
    patch.setattr(
        life,
        "edited",
        lambda record, body, judged, by, *rest: edited(replace(record, writers=()), body, judged, by, *rest),
    )


def _unsafe_ones_pass(patch: pytest.MonkeyPatch) -> None:
    """Both guards: neither is it a draft for its errors, nor is it refused for them."""
    drafted = life.drafted
    patch.setattr(life, "drafted", lambda *told: replace(drafted(*told), state=PlanState.LINTED))
    patch.setattr(life, "_safe", lambda record, judged: None)


def _approved_ones_change(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(life, "MAY", {**life.MAY, life.Act.EDIT: frozenset(PlanState)})


def _unapproved_ones_go(patch: pytest.MonkeyPatch) -> None:
    """Both guards: the state, and that what goes is what was approved."""
    patch.setattr(life, "MAY", {**life.MAY, life.Act.ACTIVATE: frozenset(PlanState)})
    patch.setattr(PlanRecord, "sound", True)


def _held_stages_pass(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any) -> tuple[()]:
        return ()

    patch.setattr(Judge, "findings", nothing)


def _other_bodies_go(patch: pytest.MonkeyPatch) -> None:
    """A controller is sent other programs than those that were approved, under checksums of their own."""
    payload = SignalOrders._payload
    patch.setattr(SignalOrders, "_payload", lambda self, order: {**payload(self, order), "checksum": "0" * 64})


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(_forgetting({"writers": ()}), id="who wrote it approves"),
        pytest.param(_forgetting({"submitted_by": ""}), id="who submitted it approves"),
        pytest.param(_last_writer_only, marks=pytest.mark.slow, id="only the last writer is remembered"),
        pytest.param(_unsafe_ones_pass, id="the linter is not heard"),
        pytest.param(_approved_ones_change, id="what is approved is edited"),
        pytest.param(_unapproved_ones_go, id="what nobody approved is activated"),
        pytest.param(_held_stages_pass, marks=pytest.mark.slow, id="a held stage is not linted"),
        pytest.param(_other_bodies_go, id="another program is sent"),
    ],
)
def test_without_a_guard_a_way_is_found(broken: Break, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(Junction, settings=SEARCH)
