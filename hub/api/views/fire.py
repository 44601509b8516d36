"""Fire panels, their events and the tests of the fire path as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from hub.api.times import format_time
from hub.api.views.things import Json
from hub.fire.heartbeats import Heartbeats, Pulse
from hub.model.devices import Device
from hub.model.fire import FireEvent, Notification, PanelCondition, SelfTest
from hub.model.panels import Held, PointKey, Standing
from hub.registry.city import City

NOT_THE_TRANSMISSION = {
    "en": "A supplementary view. The hub is not the certified fire-alarm transmission to the fire police (Decree 105/2025/ND-CP: "
    "compulsory by 1 July 2027), is not the only path, and never silences or resets a panel.",
    "vi": "Chỉ là màn hình bổ trợ. Hub không phải thiết bị truyền tin báo cháy được chứng nhận tới cảnh sát PCCC (Nghị định "
    "105/2025/NĐ-CP: bắt buộc trước 01/07/2027), không phải đường truyền duy nhất, và không bao giờ tắt chuông hay khôi phục tủ.",
}


def _time(at: float | None) -> str | None:
    return None if at is None else format_time(at)


def event(event: FireEvent, city: City, notified: Sequence[Notification] | None = None) -> Json:
    """One event with the times of its way."""
    device = city.device(event.device)
    sent = event.notified if notified is None else notified
    return {
        "id": event.id,
        "device": event.device,
        "name": device.name if device is not None else "",
        "zone": device.zone if device is not None else None,
        "type": event.type,
        "point": event.point,
        "active": event.active,
        "text": event.text,
        "test": event.test,
        "found": event.found,
        "time": format_time(event.time),
        "received": format_time(event.received),
        "persisted": _time(event.persisted),
        "alarmed": _time(event.alarmed),
        "streamed": _time(event.streamed),
        "clock_error": event.clock_error,
        "alarm": event.alarm,
        "episode": event.episode,
        "acknowledged": [
            {"time": format_time(each.time), "who": each.who, "comment": each.comment} for each in event.acknowledged
        ],
        "notified": [
            {
                "channel": each.channel, "kind": each.kind, "first": _time(each.first),
                "delivered": _time(each.delivered), "outcome": each.outcome,
            }
            for each in sent
        ],
    }  # fmt: skip


def panel(device: Device, held: Held, pulse: Pulse | None, ago: float | None) -> Json:
    """One panel; `ago` is how long ago (s) it was heard."""
    counts = dict.fromkeys((each.value for each in PanelCondition), 0)
    for key in held.standing:
        counts[key.condition.value] += 1
    for condition in PanelCondition:
        said = held.report.counts.of(condition) if held.report is not None else None
        counts[condition.value] = max(counts[condition.value], said or 0)
    return {
        "id": device.id,
        "name": device.name,
        "zone": device.zone,
        "location": None if device.location is None else {"lat": device.location.lat, "lon": device.location.lon},
        "status": device.status.value,
        "lost": pulse.lost if pulse is not None else False,
        "heard_ago": ago,
        "clock_error": pulse.error if pulse is not None else None,
        "clock_wrong": pulse.wrong if pulse is not None else False,
        "state_received": None if held.report is None else format_time(held.report.received),
        "self_test": None if held.report is None else held.report.self_test,
        **counts,
        "latched": sum(each.ended is not None for each in held.standing.values()),
    }


def points(held: Held) -> list[Json]:
    """What stands at a panel, the most urgent first."""
    order = list(PanelCondition)
    rows = sorted(held.standing.items(), key=lambda item: (order.index(item[0].condition), item[0].point))
    return [_point(key, standing) for key, standing in rows]


def _point(key: PointKey, standing: Standing) -> Json:
    return {
        "point": key.point,
        "condition": key.condition.value,
        "text": standing.text,
        "since": format_time(standing.since),
        "received": format_time(standing.received),
        "found": standing.found.value,
        "latched": standing.ended is not None,
        "ended": _time(standing.ended),
    }


def test(test: SelfTest) -> Json:
    """One test of the fire path."""
    return {
        "id": test.id, "started": format_time(test.started), "by": test.by, "outcome": test.outcome,
        "stages": dict(test.stages), "detail": test.detail,
    }  # fmt: skip


def beats(found: Heartbeats) -> Json:
    """How panels are watched."""
    return {"heartbeat_seconds": found.every, "lost_after": found.misses}
