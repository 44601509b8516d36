"""What the dumps hold: a row in every table, with values that a careless migration would spoil."""

from __future__ import annotations

from dataclasses import replace

from hub.model.alarms import (
    Alarm,
    AlarmChanges,
    AlarmKey,
    AlarmLine,
    AlarmNote,
    AlarmSource,
    AlarmState,
    Service,
    Shelf,
)
from hub.model.approvals import Approval, ApprovalState, Decision
from hub.model.audit import AuditEntry
from hub.model.cabinets import CabinetReport
from hub.model.calibrations import Basis, Calibration
from hub.model.commands import Outcome, Target
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.fire import PanelCondition, PanelCounts, PanelPoint, PanelReport, SelfTest
from hub.model.incidents import (
    Incident,
    IncidentChanges,
    IncidentLine,
    IncidentNote,
    Lighting,
    Mark,
    Message,
    MessageLine,
    Task,
    Telling,
    Why,
)
from hub.model.notify import Attempt, ChannelKind, Delivery, DeliveryState, What
from hub.model.notify import Outcome as Ending
from hub.model.panels import Found, Held, PointKey, Standing
from hub.model.reports import EventReport
from hub.model.signals import Evaluation, OrderKind, PlanRecord, PlanState, SignalOrder, Step
from hub.model.users import Role, User
from hub.model.zones import Location, Zone
from hub.ports import Span, Tier
from hub.registry import (
    AuditRow,
    ChannelRow,
    IdempotencyKey,
    IncidentChoice,
    LightRecord,
    Members,
    QuarantineCount,
    Registry,
    SignalChanges,
    Written,
)
from tests.registry.examples import NOW, command, event, override, rejected, result, state

_CHANNEL = ChannelRow(
    "duty", ChannelKind.EMAIL, {"host": "mail.example", "to": ["trực@huế.example"]}, "sealed", NOW, "hương"
)
_ROUTE = Written("fire", {"steps": [{"after": 0.0, "channels": ["duty"]}], "name": "Báo cháy"}, NOW, "hương")
_DELIVERY = Delivery(
    "msg-1", "duty", ChannelKind.EMAIL, "alarm-1", 3, What.BEGAN, "fire", 1, True, True, NOW, NOW + 600.5,
    DeliveryState.WAITING, "", "", 1, NOW + 601.5, None, {"alarm": {"id": "alarm-1", "name": "Chợ Đông Ba"}}, 1,
)  # fmt: skip
_ATTEMPT = Attempt(
    1, "msg-1", "duty", NOW + 601.5, Ending.FAILED, 0.25, "550", "không có hộp thư", ("trực@huế.example",)
)

_PROGRAM = Written("half", {"id": "half", "steps": [{"at": "sunset", "level": 62.5}]}, NOW, "hương")
_CALENDAR = Written("centre", {"id": "centre", "name": "Trung tâm", "default": "half"}, NOW + 0.5, "hương")
_SENSING = Written(
    "rain", {"id": "rain", "zone": "ward-1", "kind": "raise", "sensors": ["gw-1"], "above": 2.5}, NOW, "hương"
)
_CALIBRATION = Calibration(
    "cal-1", "a", "pm2_5", NOW - 7200.5, 0.87, -1.5, Basis.AMBIENT, "đo cùng trạm chuẩn", "hương", NOW
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
_PANEL = PanelReport(
    "gw-1", NOW + 5, NOW + 6.5, PanelCounts(1, None, 0), (PanelPoint("1/23", PanelCondition.ALARM, "kho 'số 2'"),),
    self_test="đạt",
)  # fmt: skip
_FIRE = EventReport("gw-1", "fireAlarm", True, NOW + 5, NOW + 6.5, "1/23", "kho 'số 2'")
_TEST = SelfTest(1, NOW, "huong", "failed", {"published": 0.25}, "không tới")
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
_ALARM = Alarm(
    "alarm-1", AlarmKey("a", "lampFailure", "đầu 1"), AlarmState.ACKNOWLEDGED, AlarmSource.RULE, 7, NOW, NOW + 0.5, NOW + 1, 3,
    "power_asked 0.01, below 0.2", NOW + 2, "lan", "alarm-0", Shelf(NOW + 3600.5, "lan", "chờ xe"), None,
)  # fmt: skip
_CAUSE = Alarm("alarm-0", AlarmKey("gw-1", "circuitBreakerTripped"), service=Service(NOW, "huong", "đào đường"))
_NOTE = AlarmNote("alarm-1", NOW + 2, "acknowledged", "lan", "đã biết")
_USER = User("huong", Role.OPERATOR, "$argon2id$v=19$x", ("ward-1",), True, NOW)


_PLAYBOOK = Written(
    "cable-cut", {"name": "Cáp bị đứt", "trigger": {"types": ["cableCut"]}, "ask": [{"text": "?"}]}, NOW, "lan"
)
_INCIDENT = Incident(
    "inc-1", "cable-cut", "Cáp bị đứt", "gw-1", "cableCut", "", "cut", NOW, NOW + 900, 60.0, NOW + 160,
    quiet=NOW + 100, lights=(Lighting(100.0, 5.0, ("street",), ("a",)),), refused=("too-many",), marks=(Mark("gw-1", "!"),),
    tellings=(Telling("high", "cut", ("crew",)),), tasks=(Task("?", NOW + 5, "huong", "done"),), ended=NOW + 160,
    ended_why=Why.OVER,
)  # fmt: skip
_TOLD = Message(NOW, "inc-1", "cable-cut", "gw-1", "opened", "high", "cut", ("crew",))
_PLAN_SET = PlanRecord(
    "plan-1", "j-1", 1, PlanState.ACTIVE, {"junction": "j-1", "note": "Lê Lợi 'x'"}, "d1", NOW, NOW + 3, "hương", "sáng",
    ("hương",), 0, 1, NOW + 1, "hương", NOW + 2, "lan", "d1", NOW + 90.5, {"p": "c1"}, {"p": "p-2"}, ("p",),
    NOW + 2.5, "lan", NOW + 3, None, None, ("c3",), (Step(NOW + 3, "active", "", "chạy", "d1"),),
)  # fmt: skip
_SIGNALLED = SignalOrder(
    "so-1",
    "j-1",
    OrderKind.HOLD,
    NOW,
    "lan",
    "đoàn xe",
    "c1",
    NOW + 60,
    "plan-1",
    "p",
    "hold-1",
    "c2",
    "1",
    12.0,
    {"cycle": 60},
)
_INTERSECTION = Written("j-1", {"name": "Lê Lợi"}, NOW, "hương")
_WAVE = Written("le-loi", {"name": "Lê Lợi", "legs": [["j-1", "p"]]}, NOW, "hương")
_EVALUATED = Evaluation("ev-1", "plan-1", "j-1", NOW, "hương", "better", {"format": 1}, "<p>ổn</p>")
_SIGNALS = {"j-1": {"plan": "p-2", "program": None, "checksum": "c1"}}
_HAPPENED = IncidentNote("inc-1", NOW, "opened", "", "cut")


def fill(registry: Registry) -> None:
    """Write the contents into an empty registry."""
    registry.plans.programs.add(_PROGRAM)
    registry.plans.calendars.add(_CALENDAR)
    registry.plans.sensing.add(_SENSING)
    registry.calibrations.add(_CALIBRATION)
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
    registry.reports.record(panels=[_PANEL])
    registry.fire.end_test(replace(_TEST, id=registry.fire.start_test(NOW, "huong").id))
    registry.approvals.ask(_ASKED, _LINES[0])
    registry.approvals.decide(Decision("apr-1", ApprovalState.REFUSED, "lan", NOW + 1), _LINES[1])
    registry.alarms.apply(AlarmChanges((_CAUSE, _ALARM), (_NOTE,), (), 2))
    registry.channels.add(_CHANNEL)
    registry.channels.routes.add(_ROUTE)
    planned = replace(_DELIVERY, id=0, attempts=0, first_attempt=None)
    registry.deliveries.plan([planned], [], NOW, 1)
    registry.deliveries.begin([1], "msg-1", "duty", NOW + 601.5)
    registry.deliveries.end(_ATTEMPT, [1], NOW + 602)
    registry.plans.playbooks.add(_PLAYBOOK)
    registry.incidents.apply(IncidentChanges((_INCIDENT,), (_HAPPENED,), (_TOLD,), 1))
    registry.plans.intersections.add(_INTERSECTION)
    registry.plans.routes.add(_WAVE)
    added = registry.signals.add(_PLAN_SET, AuditEntry(NOW + 2, "hương", "signals.plan.added", "plan-1", {}))
    told = replace(command("c3"), override=None, signals=_SIGNALS)
    registry.signals.apply(SignalChanges([added], [_SIGNALLED], [(told, ["j-1"])]))
    registry.orders.finish(["c3"])
    registry.signals.attach(_EVALUATED, AuditEntry(NOW + 3, "hương", "signals.evaluation", "plan-1", {}))
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
    signals = version >= "0016"
    of_signals = [row for row in registry.audit.page() if row.entry.what.startswith("signals.")]
    assert len(of_signals) == (2 if signals else 0)
    assert [row for row in registry.audit.page() if row not in of_signals] == (lines if approvals else [])
    assert registry.plans.intersections.all() == ([_INTERSECTION] if signals else [])
    assert registry.plans.routes.all() == ([_WAVE] if signals else [])
    assert registry.signals.plans("j-1") == ([_PLAN_SET] if signals else [])
    assert registry.signals.open_orders() == ([_SIGNALLED] if signals else [])
    assert registry.signals.evaluation("ev-1") == (_EVALUATED if signals else None)
    ordered = registry.orders.command("c3")
    assert (ordered is not None and ordered.signals == _SIGNALS) is signals
    assert registry.plans.sensing.all() == ([_SENSING] if version >= "0009" else [])
    assert registry.calibrations.of(["a"]) == ([_CALIBRATION] if version >= "0011" else [])
    assert registry.zones.all() == [_STREET, _WARD if plans else _OLD_WARD]
    alarms = version >= "0012"
    assert registry.alarms.all() == ([_CAUSE, _ALARM] if alarms else [])
    assert registry.alarms.log("alarm-1") == ([AlarmLine(1, _NOTE)] if alarms else [])
    assert registry.alarms.cursor() == (2 if alarms else None)
    notify = version >= "0014"
    assert registry.channels.all() == ([_CHANNEL] if notify else [])
    assert registry.channels.routes.all() == ([_ROUTE] if notify else [])
    assert registry.deliveries.open() == ([_DELIVERY] if notify else [])
    assert registry.deliveries.attempts(["msg-1"]) == ([_ATTEMPT] if notify else [])
    assert registry.deliveries.cursor() == (1 if notify else None)
    incidents = version >= "0015"
    assert registry.plans.playbooks.all() == ([_PLAYBOOK] if incidents else [])
    assert registry.incidents.page(IncidentChoice()) == ([_INCIDENT] if incidents else [])
    assert registry.incidents.log("inc-1") == ([IncidentLine(1, _HAPPENED)] if incidents else [])
    assert registry.incidents.messages(0) == ([MessageLine(1, _TOLD)] if incidents else [])
    assert registry.incidents.cursor() == (1 if incidents else None)
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
    fire = version >= "0013"
    of_panels = [_FIRE] if fire else []
    assert [row.event for row in registry.events.list()] == [*of_panels, event("gw-1", None), event("a", True)]
    standing = {PointKey(PanelCondition.ALARM, "1/23"): Standing(NOW + 5, NOW + 6.5, "kho 'số 2'", Found.COMPARISON)}
    assert registry.fire.standing() == ({"gw-1": Held(replace(_PANEL, points=()), standing)} if fire else {})
    assert [each.text for each in registry.fire.events.list()] == [each.text for each in of_panels]
    assert registry.fire.tests() == ([_TEST] if fire else [])
    assert [row.raw for row in registry.quarantine.page()] == [b"\x00\xff{", b"\x00\xff{"]
    assert sorted(registry.quarantine.counts(), key=lambda count: count.code) == [
        QuarantineCount("a", "bad-json", 1, NOW),
        QuarantineCount(None, "bad-topic", 1, NOW),
    ]
