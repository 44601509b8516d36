"""What the dumps hold: a row in every table, with values that a careless migration would spoil."""

from __future__ import annotations

from dataclasses import replace

from hub.model.approvals import Approval, ApprovalState, Decision
from hub.model.audit import AuditEntry
from hub.model.cabinets import CabinetReport
from hub.model.commands import Outcome, Target
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.users import Role, User
from hub.model.zones import Location, Zone
from hub.ports import Span, Tier
from hub.registry import AuditRow, IdempotencyKey, LightRecord, Members, QuarantineCount, Registry, Written
from tests.registry.examples import NOW, command, event, override, rejected, result, state

_PROGRAM = Written("half", {"id": "half", "steps": [{"at": "sunset", "level": 62.5}]}, NOW, "hương")
_CALENDAR = Written("centre", {"id": "centre", "name": "Trung tâm", "default": "half"}, NOW + 0.5, "hương")
_SENSING = Written(
    "rain", {"id": "rain", "zone": "ward-1", "kind": "raise", "sensors": ["gw-1"], "above": 2.5}, NOW, "hương"
)
_OLD_WARD = Zone("ward-1", "Phường Thuận Hoá", "ward", None, Location(16.4637, 107.5909))
_WARD = replace(_OLD_WARD, calendar="centre")
_STREET = Zone("le-loi", "Lê Lợi", "street", "ward-1", None, (Location(16.1, 107.1), Location(16.2, 107.30000001)))
_GATEWAY = Device("gw-1", "Tủ 'số 1'", DeviceKind.GATEWAY, zone="ward-1")
_OLD_LAMP = Device("a", "Đèn; 1", DeviceKind.LIGHT, "native", "le-loi", Location(16.4, 107.5), 61.5, "gw-1")
_LAMPS = [
    replace(_OLD_LAMP, feed="gw-1/b"),
    Device("b", "", DeviceKind.LIGHT, status=DeviceStatus.RETIRED),
]
_CABINET = CabinetReport("gw-1", NOW + 3, NOW + 4, {"b": True}, {"b": False}, False, None, True)
_KEY = IdempotencyKey("huong", "k1", "sha", '{"id":"o1"}', NOW)
_ROLLED = {Tier.QUARTER: Span(NOW - 7200, NOW), Tier.DAY: Span(NOW - 7200, NOW - 0.5)}
_MEMBERS = {"ward-1": Members("5f1c", NOW)}
_ORDER = {"zones": ["ward-1"], "devices": [], "level": 0.0, "until": NOW + 3600.5, "reason": "cắt điện"}
_ASKED = Approval("apr-1", NOW, "huong", _ORDER, "sha", "k2", ("dark-road",), 2, NOW + 900)
_REFUSED = replace(_ASKED, state=ApprovalState.REFUSED, decided=NOW + 1, decided_by="lan")
_LINES = [
    AuditEntry(NOW, "huong", "approval.asked", "apr-1", {"reason": "cắt điện"}),
    AuditEntry(NOW + 1, "lan", "approval.refused", "apr-1"),
]
_USER = User("huong", Role.OPERATOR, "$argon2id$v=19$x", ("ward-1",), True, NOW)


def fill(registry: Registry) -> None:
    """Write the contents into an empty registry."""
    registry.plans.programs.add(_PROGRAM)
    registry.plans.calendars.add(_CALENDAR)
    registry.plans.sensing.add(_SENSING)
    registry.zones.add(_WARD)
    registry.zones.add(_STREET)
    registry.devices.add_many([_GATEWAY, *_LAMPS], {"gw-1": "$2b$12$x"})
    registry.devices.set_key("gw-1", "seed-of-gw-1", NOW)
    registry.users.add(_USER)
    registry.facts.set("broker.client", "hub-1")
    registry.orders.place(command("c1"), ["a", "b"], override=override("o1"), key=_KEY)
    registry.orders.mark_sent("c1", ["b"], NOW + 1)
    registry.reports.record(
        lights=[state("a", 59.5, command="c1")],
        in_effect=[("a", 60.0)],
        results=[result("a", "c1", detail="ok")],
        events=[event("a", True), event("gw-1", None)],
        rejected=[rejected("a"), rejected(None, "bad-topic")],
        cabinets=[_CABINET],
    )
    registry.approvals.ask(_ASKED, _LINES[0])
    registry.approvals.decide(Decision("apr-1", ApprovalState.REFUSED, "lan", NOW + 1), _LINES[1])
    registry.rollups.reach(_ROLLED)
    registry.rollups.mark_late([NOW - 3600], 7)
    registry.rollups.set_members(_MEMBERS)


def check(registry: Registry, version: str = "9999") -> None:
    """Assert that everything `fill` wrote is there, as far as the schema `version` could hold it."""
    rolled = version >= "0002"
    assert registry.rollups.spans() == (_ROLLED if rolled else {})
    assert registry.rollups.late() == ({NOW - 3600: 7} if rolled else {})
    assert registry.rollups.members() == (_MEMBERS if rolled else {})
    plans = version >= "0004"
    assert registry.plans.programs.all() == ([_PROGRAM] if plans else [])
    assert registry.plans.calendars.all() == ([_CALENDAR] if plans else [])
    approvals = version >= "0007"
    assert registry.approvals.get("apr-1") == (_REFUSED if approvals else None)
    lines = [AuditRow(2, _LINES[1]), AuditRow(1, _LINES[0])]
    assert registry.audit.page() == (lines if approvals else [])
    assert registry.plans.sensing.all() == ([_SENSING] if version >= "0009" else [])
    assert registry.zones.all() == [_STREET, _WARD if plans else _OLD_WARD]
    fed = version >= "0008"
    lamps = _LAMPS if fed else [_OLD_LAMP, *_LAMPS[1:]]
    assert registry.devices.all() == [*lamps, _GATEWAY]
    assert registry.devices.page(q="đÈn;") == [lamps[0]]
    assert registry.cabinets.all() == ([_CABINET] if fed else [])
    assert registry.devices.accounts() == {"gw-1": "$2b$12$x"}
    assert registry.devices.keys() == ({"gw-1": "seed-of-gw-1"} if version >= "0010" else {})
    assert registry.users.all() == [_USER]
    assert registry.facts.get("broker.client") == "hub-1"
    targets = [Target("a", Outcome.APPLIED, "ok", NOW + 2), Target("b", Outcome.SENT, "", NOW + 1)]
    assert registry.orders.running() == [(command("c1"), targets)]
    assert registry.orders.overrides() == [override("o1")]
    assert registry.orders.key("huong", "k1") == _KEY
    assert registry.lights.all() == [LightRecord(state("a", 59.5, command="c1"), 60.0)]
    assert [row.event for row in registry.events.list()] == [event("gw-1", None), event("a", True)]
    assert [row.raw for row in registry.quarantine.page()] == [b"\x00\xff{", b"\x00\xff{"]
    assert sorted(registry.quarantine.counts(), key=lambda count: count.code) == [
        QuarantineCount("a", "bad-json", 1, NOW),
        QuarantineCount(None, "bad-topic", 1, NOW),
    ]
