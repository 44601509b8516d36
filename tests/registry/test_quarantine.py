from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.readings import Rejected
from hub.registry import Held, QuarantineCount, Registry, Retried, Selection
from hub.registry.shares import fair_cap
from tests.registry.examples import NOW, rejected


def test_rejected_bytes_are_kept_whole_and_counted(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("a"), rejected(None, "bad-topic", b"")])
    registry.reports.record(rejected=[rejected("a", received=NOW - 5), rejected("a", "bad-unit", b"x" * 300_000)])
    page = registry.quarantine.page()
    assert [(row.device, row.code, row.size) for row in page] == [
        ("a", "bad-unit", 300_000),
        ("a", "bad-json", 3),
        (None, "bad-topic", 0),
        ("a", "bad-json", 3),
    ]
    kept = page[-1]
    assert (kept.received, kept.source, kept.reason, kept.raw) == (
        NOW,
        "ll/d/a/up/telemetry",
        "send JSON",
        b"\x00\xff{",
    )
    assert registry.quarantine.get(kept.id) == kept
    assert registry.quarantine.get(10**30) is registry.quarantine.get(-1) is registry.quarantine.get(999) is None
    assert registry.quarantine.counts() == [
        QuarantineCount("a", "bad-json", 2, NOW),
        QuarantineCount(None, "bad-topic", 1, NOW),
        QuarantineCount("a", "bad-unit", 1, NOW),
    ]


def test_pages_are_filtered_and_go_back_in_time(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("ab"[n % 2], "xyz"[n % 3]) for n in range(12)])
    quarantine = registry.quarantine
    assert len(quarantine.page(Selection(device="a"))) == 6
    assert len(quarantine.page(Selection(device="a", code="x"))) == 2
    assert quarantine.page(Selection(device="c")) == []
    first = quarantine.page(limit=5)
    second = quarantine.page(after=first[-1].id, limit=100)
    assert [row.id for row in first + second] == sorted((row.id for row in first + second), reverse=True)
    assert len(second) == 7


def test_device_names_from_the_wire_may_be_anything(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("\0\ud800"), rejected("␀�")])
    assert registry.quarantine.counts() == [QuarantineCount("␀�", "bad-json", 2, NOW)]
    assert len(registry.quarantine.page(Selection(device="\0\ud800"))) == 2


def test_device_names_from_the_wire_may_be_of_any_length(registry: Registry) -> None:
    name = "".join(map(chr, range(0x4E00, 0x4E00 + 20_000)))  # as long as a topic may be, and hardly to be compressed
    registry.reports.record(rejected=[rejected(name), rejected(name + "x")])
    ((device, count),) = [(each.device, each.count) for each in registry.quarantine.counts()]
    assert (device, count) == (name[:200], 2)
    (_, kept) = registry.quarantine.page(Selection(device=name))
    assert kept.source == f"ll/d/{name}/up/telemetry"
    reason = Rejected(NOW, kept.source, name, "unknown-device", "register it", kept.raw)
    registry.quarantine.settle([Retried((kept,), (reason,))], NOW)
    assert [each.code for each in registry.quarantine.page(Selection(device=name))].count("unknown-device") == 1


def test_trimming_drops_the_old_and_the_many(registry: Registry) -> None:
    quarantine = registry.quarantine
    registry.reports.record(rejected=[rejected("a", raw=b"x" * 10, received=float(n)) for n in range(20)])
    registry.reports.record(rejected=[rejected("old", raw=b"", received=1.0)])
    assert quarantine.trim(1000, 1000, before=5.0) == 6
    assert [count.device for count in quarantine.counts()] == ["a"]
    assert quarantine.trim(10, 1000, before=0.0) == 5
    assert [row.received for row in quarantine.page()] == [float(n) for n in range(19, 9, -1)]
    assert quarantine.trim(10, 35, before=0.0) == 7
    assert [row.received for row in quarantine.page()] == [19.0, 18.0, 17.0]
    assert quarantine.trim(10, 35, before=0.0) == 0
    assert quarantine.counts()[0].count == 20
    assert quarantine.trim(0, 35, before=0.0) == 3


def test_a_flood_pushes_out_its_own_and_not_what_others_sent(registry: Registry) -> None:
    quarantine = registry.quarantine
    registry.reports.record(rejected=[rejected("quiet", received=float(n)) for n in range(10)])
    registry.reports.record(rejected=[rejected("flood", received=100.0 + n) for n in range(500)])
    registry.reports.record(rejected=[rejected("loud", "bad-unit", received=700.0 + n) for n in range(100)])
    assert quarantine.trim(150, 10**9, before=0.0) == 460
    kept = quarantine.page(limit=1000)
    assert len([row for row in kept if row.device == "quiet"]) == 10
    assert [row.received for row in kept if row.device == "flood"] == [100.0 + n for n in range(499, 429, -1)]
    assert [row.received for row in kept if row.device == "loud"] == [700.0 + n for n in range(99, 29, -1)]
    assert {count.device: count.count for count in quarantine.counts()} == {"quiet": 10, "flood": 500, "loud": 100}


def test_a_flood_of_large_ones_gives_way_by_its_bytes(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("small", raw=b"x" * 10) for _ in range(50)])
    registry.reports.record(rejected=[rejected("large", raw=b"x" * 1000) for _ in range(50)])
    assert registry.quarantine.trim(1000, 5_500, before=0.0) == 45
    assert registry.quarantine.held() == {"bad-json": Held(55, 5_500)}


def test_more_senders_than_room_leave_the_newest(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected(f"d{n}", received=float(n)) for n in range(30)])
    assert registry.quarantine.trim(10, 10**9, before=0.0) == 20
    assert [row.device for row in registry.quarantine.page()] == [f"d{n}" for n in range(29, 19, -1)]
    assert len(registry.quarantine.counts()) == 10


@given(st.lists(st.integers(1, 50), max_size=20), st.integers(0, 200))
def test_the_cap_is_the_largest_that_fits(amounts: list[int], bound: int) -> None:
    cap = fair_cap(amounts, bound)
    if cap is None:
        assert sum(amounts) <= bound
        return
    assert sum(min(amount, cap) for amount in amounts) <= bound < sum(min(amount, cap + 1) for amount in amounts)


def test_what_came_since_is_told_cheaply(registry: Registry) -> None:
    assert registry.quarantine.grown(0) == (0, Held(0, 0))
    registry.reports.record(rejected=[rejected("a", raw=b"x" * 10) for _ in range(4)])
    last, first = registry.quarantine.grown(0)
    assert first == Held(4, 40)
    registry.reports.record(rejected=[rejected("b", raw=b"xyz")])
    assert registry.quarantine.grown(last) == (last + 1, Held(1, 3))
    assert registry.quarantine.grown(last + 1) == (last + 1, Held(0, 0))


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(), [1, 2, 3, 4]),
        (Selection(ids=(2, 3, 99, -1, 10**30)), [2, 3]),
        (Selection(ids=()), []),
        (Selection(device="a"), [1, 2]),
        (Selection(device=""), [4]),
        (Selection(device="a", code="bad-unit"), [2]),
        (Selection(source="ll/d/a/"), [1, 2]),
        (Selection(source="LL/d/a/"), []),
        (Selection(source="ll/d/%"), []),
        (Selection(after=20.0, before=40.0), [2, 3]),
    ],
)
def test_rows_are_selected_by_every_condition(registry: Registry, selection: Selection, found: list[int]) -> None:
    kinds = [("a", "bad-json"), ("a", "bad-unit"), ("b", "bad-json"), (None, "bad-topic")]
    registry.reports.record(rejected=[rejected(d, c, received=10.0 + 10 * n) for n, (d, c) in enumerate(kinds)])
    quarantine = registry.quarantine
    assert [row.id for row in quarantine.page(selection)] == found[::-1]
    assert [row.id for row in quarantine.batch(selection, 0, 4)] == found
    assert quarantine.extent(selection) == (len(found), max(found, default=0))
    assert quarantine.delete(selection) == len(found)
    assert quarantine.extent(selection) == (0, 0)
    assert quarantine.extent(Selection()) == (4 - len(found), max({1, 2, 3, 4} - set(found), default=0))
    assert sum(count.count for count in quarantine.counts()) == 4


def test_batches_are_bounded_by_rows_and_bytes(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("a", raw=b"x" * 100) for _ in range(10)])
    quarantine, every = registry.quarantine, Selection()
    assert [row.id for row in quarantine.batch(every, 0, 10, most=3)] == [1, 2, 3]
    assert [row.id for row in quarantine.batch(every, 3, 10, most_bytes=250)] == [4, 5]
    assert [row.id for row in quarantine.batch(every, 5, 10, most_bytes=1)] == [6]
    assert [row.id for row in quarantine.batch(every, 6, 8)] == [7, 8]


def test_lists_read_only_the_beginning_of_long_ones(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("a", raw=bytes(range(256)) * 1000)])
    [row] = registry.quarantine.page(beginning=120)
    assert (row.raw, row.size) == (bytes(range(120)), 256_000)


def reread(
    registry: Registry, reasons: list[Rejected] | None, *ids: int
) -> tuple[set[int], list[tuple[int, str, int]]]:
    """Settle one message; the ids that stayed, and every row with its code and tries."""
    rows = tuple(registry.quarantine.batch(Selection(ids=ids or None), 0, 2**62))
    stayed = registry.quarantine.settle([Retried(rows, None if reasons is None else tuple(reasons))], NOW + 60)
    found = sorted((row.id, row.code, row.tries) for row in registry.quarantine.page())
    return stayed, found


def test_a_message_that_is_understood_leaves_with_all_its_reasons(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("a", code) for code in ("bad-unit", "bad-name")])
    registry.reports.record(rejected=[rejected("a", raw=b"another")])
    assert reread(registry, [], 1) == (set(), [(3, "bad-json", 0)])


def test_a_message_that_is_refused_again_has_its_new_reasons(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("a", code) for code in ("bad-unit", "bad-name")])
    same = rejected("a", "bad-unit")
    assert reread(registry, None) == ({1, 2}, [(1, "bad-unit", 1), (2, "bad-name", 1)])
    assert reread(registry, [same, rejected("b", "future")]) == ({1, 2}, [(1, "bad-unit", 2), (2, "future", 2)])
    renewed = registry.quarantine.get(2)
    assert renewed is not None and (renewed.device, renewed.tried, renewed.raw) == ("b", NOW + 60, same.raw)
    assert reread(registry, [same], 2) == (set(), [(1, "bad-unit", 2)])
    assert reread(registry, [rejected("a", "future"), rejected("a", "x")], 1) == ({1}, [(1, "future", 3)])


def test_a_message_that_was_cut_keeps_its_reason(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("a", "too-large")])
    assert reread(registry, [rejected("a", "bad-json")]) == ({1}, [(1, "too-large", 1)])


def test_what_the_store_refuses_again_is_one_more_try_and_stays(registry: Registry) -> None:
    def refused(reason: str) -> Rejected:
        return Rejected(NOW, "store", "a", "store-refused", reason, b'{"device":"a"}')

    registry.reports.record(rejected=[refused("field type conflict")])
    rows = tuple(registry.quarantine.batch(Selection(), 0, 10))
    registry.reports.record(rejected=[refused("still"), rejected("b")])
    assert registry.quarantine.settle([Retried(rows, ())], NOW) == {1}
    kept = registry.quarantine.get(1)
    assert kept is not None and (kept.reason, kept.tries) == ("still", 1)
    assert sorted((c.device, c.count) for c in registry.quarantine.counts()) == [("a", 1), ("b", 1)]
    assert registry.quarantine.settle([Retried((kept,), ())], NOW) == set()
