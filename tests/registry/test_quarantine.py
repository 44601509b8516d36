from __future__ import annotations

from hub.registry import QuarantineCount, Registry
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
    assert len(quarantine.page(device="a")) == 6
    assert len(quarantine.page(device="a", code="x")) == 2
    assert quarantine.page(device="c") == []
    first = quarantine.page(limit=5)
    second = quarantine.page(after=first[-1].id, limit=100)
    assert [row.id for row in first + second] == sorted((row.id for row in first + second), reverse=True)
    assert len(second) == 7


def test_device_names_from_the_wire_may_be_anything(registry: Registry) -> None:
    registry.reports.record(rejected=[rejected("\0\ud800"), rejected("␀�")])
    assert registry.quarantine.counts() == [QuarantineCount("␀�", "bad-json", 2, NOW)]
    assert len(registry.quarantine.page(device="\0\ud800")) == 2


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
