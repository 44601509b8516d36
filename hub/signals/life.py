"""The life of a plan set, as pure functions: what may follow what, and what is written down of each step.

A step that may not be taken raises SignalRefusal. Whoever calls has asked the linter a moment before and hands in what it said
(`Judged`): here it is only compared with what the record holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from hub.model.signals import PlanRecord, PlanState, Step
from hub.signals.judged import Judged
from hub.signals.refusals import SignalRefusal

DAY = 86_400.0
MOST_STEPS = 200
_S = PlanState


class Act(StrEnum):
    """What people do to a plan set."""

    EDIT = "edit"
    DELETE = "delete"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    ACTIVATE = "activate"
    ROLLBACK = "rollback"


MAY: Mapping[Act, frozenset[PlanState]] = MappingProxyType(
    {
        Act.EDIT: frozenset({_S.DRAFT, _S.LINTED}),
        Act.DELETE: frozenset({_S.DRAFT, _S.LINTED}),
        Act.SUBMIT: frozenset({_S.LINTED}),
        Act.APPROVE: frozenset({_S.SUBMITTED}),
        Act.REJECT: frozenset({_S.SUBMITTED}),
        Act.WITHDRAW: frozenset({_S.SUBMITTED, _S.APPROVED}),
        Act.ACTIVATE: frozenset({_S.APPROVED, _S.SUPERSEDED}),
        Act.ROLLBACK: frozenset({_S.ACTIVE, _S.DOWNLOADING, _S.DOWNLOADED}),
    }
)
"""In which states each may be done."""


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a plan set: what an approval is of."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def state_at(record: PlanRecord, now: float) -> PlanState:
    """Where it stands at `now`: an approval that nobody used in time has lapsed."""
    waits = record.state in (_S.APPROVED, _S.SUPERSEDED)
    return _S.LAPSED if waits and record.lapses is not None and now >= record.lapses else record.state


def can(record: PlanRecord, now: float) -> list[Act]:
    """What may be done to it now."""
    state = state_at(record, now)
    return [act for act, states in MAY.items() if state in states]


def check(record: PlanRecord, act: Act, now: float) -> None:
    """Refuse what its state does not allow."""
    state = state_at(record, now)
    if state in MAY[act]:
        return
    if act in (Act.EDIT, Act.DELETE):
        text = f"plan set {record.id!r} is {state.value}, and nothing changes it any more: make a new version of it"
        raise SignalRefusal("plan-closed", text)
    allowed = ", ".join(sorted(each.value for each in MAY[act]))
    raise SignalRefusal("plan-state", f"plan set {record.id!r} is {state.value}: to {act.value} it must be {allowed}")


def drafted(
    id: str, junction: str, body: Mapping[str, Any], judged: Judged, by: str, now: float, note: str
) -> PlanRecord:
    """A new plan set."""
    record = PlanRecord(id, junction, 0, _S.DRAFT, body, "", now, now, by)
    return _written(record, body, judged, by, now, note, "added")


def edited(record: PlanRecord, body: Mapping[str, Any], judged: Judged, by: str, now: float, note: str) -> PlanRecord:
    """With other programs."""
    check(record, Act.EDIT, now)
    return _written(record, body, judged, by, now, note, "edited")


def _written(
    record: PlanRecord, body: Mapping[str, Any], judged: Judged, by: str, now: float, note: str, what: str
) -> PlanRecord:
    record = replace(
        record, body=body, digest=judged.digest, state=_S.DRAFT if judged.errors else _S.LINTED, changed=now, by=by, note=note,
        writers=tuple(dict.fromkeys((*record.writers, by))), errors=judged.errors, warnings=judged.warnings,
        checksums=dict(judged.checksums),
    )  # fmt: skip
    return _step(record, now, what, by, note)


def submitted(record: PlanRecord, judged: Judged, by: str, now: float, reason: str) -> PlanRecord:
    """Handed in for approval."""
    check(record, Act.SUBMIT, now)
    _safe(record, judged)
    record = replace(record, state=_S.SUBMITTED, submitted=now, submitted_by=by, changed=now)
    return _step(record, now, "submitted", by, reason)


def approved(record: PlanRecord, judged: Judged, by: str, now: float, reason: str, days: float) -> PlanRecord:
    """Approved by a second person: neither who wrote any of it nor who submitted it. It lapses after `days`."""
    check(record, Act.APPROVE, now)
    if by == record.submitted_by or by in record.writers:
        raise SignalRefusal("own-request", f"{by} wrote or submitted this plan set: somebody else must approve it")
    _safe(record, judged)
    record = replace(
        record, state=_S.APPROVED, approved=now, approved_by=by, approved_digest=record.digest, changed=now,
        lapses=now + days * DAY,
    )  # fmt: skip
    return _step(record, now, "approved", by, reason)


def rejected(record: PlanRecord, by: str, now: float, reason: str) -> PlanRecord:
    """Refused, for good: a new version is made of it."""
    check(record, Act.REJECT, now)
    return _step(replace(record, state=_S.REJECTED, changed=now), now, "rejected", by, reason)


def withdrawn(record: PlanRecord, by: str, now: float, reason: str) -> PlanRecord:
    """Taken back, for good."""
    check(record, Act.WITHDRAW, now)
    return _step(replace(record, state=_S.WITHDRAWN, changed=now), now, "withdrawn", by, reason)


def downloading(
    record: PlanRecord, judged: Judged, by: str, now: float, reason: str, *, until: float | None,
    names: Mapping[str, str], before: str | None, what: str = "activated",
) -> PlanRecord:  # fmt: skip
    """On its way: what is sent is what was approved, and what the linter passed a moment ago."""
    check(record, Act.ACTIVATE, now)
    _safe(record, judged)
    if not record.sound:
        raise SignalRefusal("plan-state", f"plan set {record.id!r} is not as it was approved: make a new version of it")
    record = replace(
        record, state=_S.DOWNLOADING, names=dict(names), stored=(), activated=now, activated_by=by, active_until=until,
        before=before, checksums=dict(judged.checksums), changed=now,
    )  # fmt: skip
    return _step(record, now, what, by, reason)


def read_back(record: PlanRecord, stored: Mapping[str, str], now: float) -> PlanRecord:
    """With those programs marked that the controller holds under their names with their checksums (`stored`, by name);
    downloaded when these are all."""
    if record.state is not _S.DOWNLOADING:
        return record
    held = tuple(each for each, name in record.names.items() if stored.get(name) == record.checksums.get(each))
    if len(held) == len(record.names):
        return _step(replace(record, state=_S.DOWNLOADED, stored=held, changed=now), now, "downloaded", "", "")
    return replace(record, stored=held)


def began(record: PlanRecord, now: float) -> PlanRecord:
    """The controller runs it."""
    if record.state is not _S.DOWNLOADED or not record.sound:
        raise SignalRefusal("plan-state", f"plan set {record.id!r} is {record.state.value}: it cannot be active")
    record = replace(record, state=_S.ACTIVE, active_since=now, lapses=None, changed=now)
    return _step(record, now, "active", "", "")


def left(record: PlanRecord, by: str, now: float, why: str, days: float) -> PlanRecord:
    """No longer the active one: for `days` it may be activated again."""
    record = replace(record, state=_S.SUPERSEDED, lapses=now + days * DAY, changed=now)
    return _step(record, now, "superseded", by, why)


def failed(record: PlanRecord, by: str, now: float, why: str) -> PlanRecord:
    """Its way to the controller ended: it stands as before."""
    state = _S.APPROVED if record.active_since is None else _S.SUPERSEDED
    return _step(replace(record, state=state, changed=now), now, "not-activated", by, why)


def closed(record: PlanRecord, now: float, why: str) -> PlanRecord:
    """Its junction is no more."""
    return _step(replace(record, state=_S.CLOSED, changed=now), now, "closed", "", why)


def _safe(record: PlanRecord, judged: Judged) -> None:
    """Refuse what is not what the linter saw, and what it found unsafe."""
    if judged.digest != record.digest:
        raise SignalRefusal("plan-state", f"plan set {record.id!r} changed meanwhile: read it again")
    if judged.errors:
        raise SignalRefusal(
            "plan-not-safe",
            f"the linter found {judged.errors} errors in plan set {record.id!r}: see findings, and make a new version of it",
            {"findings": judged.shown()},
        )


def _step(record: PlanRecord, now: float, what: str, who: str, text: str) -> PlanRecord:
    steps = (*record.steps, Step(now, what, who, text, record.digest))[-MOST_STEPS:]
    return replace(record, steps=steps)
