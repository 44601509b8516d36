"""Orders that wait for a second person, and the audit that is written together with what it tells of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.model.approvals import Approval, ApprovalState, Decision
from hub.model.audit import AuditEntry
from hub.registry import AuditChoice, IdempotencyKey, KeyTaken, NotWaiting, Registry
from tests.registry.examples import NOW, add_lamps, command, override

ORDER = {"zones": ["ward-1"], "devices": [], "level": 0.0, "until": NOW + 3600, "reason": "cắt điện"}
ASKED = Approval("apr-1", NOW, "huong", ORDER, "sha", "k1", ("many-lights", "dark-road"), 12, NOW + 900)
YES = Decision("apr-1", ApprovalState.APPROVED, "lan", NOW + 10, "o1")
NO = Decision("apr-1", ApprovalState.REFUSED, "lan", NOW + 10)
LINE = AuditEntry(NOW + 10, "lan", "order.placed", "o1", {"lý do": "cắt điện"})


def test_a_request_comes_back_as_it_was_asked(registry: Registry) -> None:
    assert registry.approvals.ask(ASKED) == ASKED == registry.approvals.get("apr-1")
    assert registry.approvals.of_key("huong", "k1") == ASKED
    assert registry.approvals.get("apr-2") is None is registry.approvals.of_key("lan", "k1")


def test_the_same_request_waits_once(registry: Registry) -> None:
    registry.approvals.ask(ASKED, LINE)
    again = replace(ASKED, id="apr-2", created=NOW + 5)
    assert registry.approvals.ask(again, LINE).id == "apr-1"
    assert len(registry.audit.page()) == 1
    for other in (
        replace(again, by="lan"),
        replace(again, digest="x"),
        replace(again, key="k2"),
        replace(again, key=None),
    ):
        assert registry.approvals.ask(replace(other, id=f"apr-{other.by}{other.digest}{other.key}")).id != "apr-1"
    late = replace(again, created=NOW + 900)  # the first has lapsed by then
    assert registry.approvals.ask(late).id == "apr-2"


def test_those_that_wait_come_the_newest_first_page_by_page(registry: Registry) -> None:
    for n in range(5):
        registry.approvals.ask(replace(ASKED, id=f"apr-{n}", key=str(n), created=NOW + n // 2, lapses=NOW + 900 + n))
    registry.approvals.decide(Decision("apr-3", ApprovalState.WITHDRAWN, "huong", NOW + 1))
    first = registry.approvals.waiting(NOW + 900, limit=2)
    rest = registry.approvals.waiting(NOW + 900, (first[-1].created, first[-1].id), 2)
    assert [each.id for each in first + rest] == ["apr-4", "apr-2", "apr-1"]  # apr-0 has lapsed


def test_a_request_is_decided_once_and_in_time(registry: Registry) -> None:
    registry.approvals.ask(ASKED)
    with pytest.raises(NotWaiting):
        registry.approvals.decide(replace(NO, time=NOW + 900), LINE)
    refused = registry.approvals.decide(NO)
    assert (refused.state, refused.decided, refused.decided_by) == (ApprovalState.REFUSED, NOW + 10, "lan")
    for decision in (NO, YES, replace(NO, approval="apr-9")):
        with pytest.raises(NotWaiting):
            registry.approvals.decide(decision, LINE)
    assert registry.audit.page() == []


def test_the_approval_its_order_and_its_line_are_kept_together_or_not_at_all(registry: Registry) -> None:
    add_lamps(registry, "a", "b")
    key = IdempotencyKey("huong", "k1", "sha", "{}", NOW)
    with pytest.raises(NotWaiting):
        registry.orders.place(command("c1"), ["a"], override=override("o1"), key=key, decision=YES, audit=LINE)
    assert registry.orders.command("c1") is None is registry.orders.override("o1")
    assert registry.orders.key("huong", "k1") is None and registry.audit.page() == []

    registry.approvals.ask(ASKED)
    registry.orders.place(command("c1"), ["a"], override=override("o1"), key=key, decision=YES, audit=LINE)
    kept = registry.approvals.get("apr-1")
    assert kept is not None and (kept.state, kept.override) == (ApprovalState.APPROVED, "o1")
    assert [row.entry for row in registry.audit.page()] == [LINE]
    with pytest.raises(KeyTaken):
        registry.orders.place(command("c2"), ["a"], override=override("o2"), key=key, audit=LINE)
    assert len(registry.audit.page()) == 1


def test_ending_an_order_twice_leaves_one_line(registry: Registry) -> None:
    add_lamps(registry, "a")
    registry.orders.place(command("c1"), ["a"], override=override("o1"))
    for _ in range(2):
        registry.orders.end_override("o1", NOW + 5, "lan", LINE)
    assert len(registry.audit.page()) == 1


def test_lines_are_found_by_all_that_is_asked(registry: Registry) -> None:
    entries = [
        AuditEntry(NOW + n, who, what, about)
        for n, (who, what, about) in enumerate(
            [
                ("lan", "order.placed", "o1"),
                ("lan", "order.ended", "o1"),
                ("hoa", "order.placed", "o2"),
                ("hoa", "order%", ""),
            ]
        )
    ]
    for entry in entries:
        registry.audit.add(entry)

    def found(**chosen: object) -> list[int]:
        return [entries.index(row.entry) for row in registry.audit.page(AuditChoice(**chosen))]  # type: ignore[arg-type]

    assert found() == [3, 2, 1, 0]
    assert found(who="lan") == [1, 0]
    assert found(what="order.") == [2, 1, 0] and found(what="order%") == [3]
    assert found(what="order.placed", about="o2") == [2]
    assert found(after=NOW + 1, before=NOW + 3) == [2, 1]
    rows = registry.audit.page(limit=2)
    assert [row.entry for row in registry.audit.page(below=rows[-1].id, limit=1)] == [entries[1]]


def test_old_requests_are_forgotten_and_the_audit_is_not(registry: Registry) -> None:
    registry.approvals.ask(ASKED, LINE)
    registry.orders.prune(NOW + 900)
    assert registry.approvals.get("apr-1") == ASKED
    registry.orders.prune(NOW + 901)
    assert registry.approvals.get("apr-1") is None and len(registry.audit.page()) == 1
