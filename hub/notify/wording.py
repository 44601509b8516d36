"""What a message says: the hub's own JSON, mails in two languages, and templates of others' systems. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from hub.model.notify import Delivery, What
from hub.model.refusals import message_in_vietnamese
from hub.notify.channels import Webhook, filled
from hub.notify.facts import Facts

Json = dict[str, Any]
LISTED = 100  # alarms that a digest names; all of them are counted
_SHORT = 300  # characters of {text}: two SMS with Vietnamese letters
_SEVERITIES = {
    "en": {"critical": "CRITICAL", "high": "HIGH", "medium": "MEDIUM", "low": "LOW"},
    "vi": {"critical": "NGUY CẤP", "high": "CAO", "medium": "TRUNG BÌNH", "low": "THẤP"},
}
_WORDS = {
    "en": {
        "began": "{severity}: {alarm}", "ended": "Over: {alarm}", "acknowledged": "Acknowledged by {who}: {alarm}",
        "test": "Test message of Lamplighter to channel {channel}", "digest": "{count} messages: {counts}",
        "more": "and {count} more", "where": "Where", "since": "Since", "do": "What to do", "says": "It says",
        "beneath": "Takes along", "escalated": "Nobody has acknowledged it for {minutes} minutes.", "hub": "the hub",
    },
    "vi": {
        "began": "{severity}: {alarm}", "ended": "Đã hết: {alarm}", "acknowledged": "{who} đã xác nhận: {alarm}",
        "test": "Tin thử của Lamplighter đến kênh {channel}", "digest": "{count} thông báo: {counts}",
        "more": "và {count} tin khác", "where": "Nơi", "since": "Từ lúc", "do": "Cần làm", "says": "Nội dung",
        "beneath": "Kéo theo", "escalated": "Chưa ai xác nhận sau {minutes} phút.", "hub": "máy chủ",
    },
}  # fmt: skip


def told(facts: Facts | None, delivery: Delivery, minutes: float) -> Json:
    """What is kept with a delivery: the alarm as it was when its time came. `minutes`: how long nobody acknowledged it."""
    who, at = delivery.body.get("who", ""), delivery.body.get("at", delivery.created)
    kept: Json = {"who": who, "at": at, "minutes": round(minutes)}
    if facts is None:
        return kept | {"alarm": {"id": delivery.alarm, "episode": delivery.episode}}
    alarm, zones = facts.alarm, facts.zones
    nearest = next(iter(zones), None)
    return kept | {
        "alarm": {
            "id": alarm.id, "episode": delivery.episode, "device": alarm.key.device or None, "name": facts.name,
            "type": alarm.key.type, "point": alarm.key.point, "severity": facts.severity.value, "class": facts.group,
            "state": alarm.state.value, "text": dict(facts.text), "response": dict(facts.response), "detail": alarm.text,
            "began": _utc(alarm.began), "zone": nearest, "zones": list(zones), "zone_name": zones.get(nearest or "", ""),
            "street": facts.street, "cabinet": facts.cabinet, "beneath": facts.beneath,
        }
    }  # fmt: skip


def payload(deliveries: Sequence[Delivery], message: str) -> Json:
    """The hub's own message: `type`, `timestamp` and `data`, as Standard Webhooks asks for."""
    first = deliveries[0]
    if len(deliveries) == 1:
        return _one(first) | {"id": message}
    kinds, severities = _counted(deliveries)
    data = {
        "count": len(deliveries), "types": dict(kinds), "severities": dict(severities),
        "items": [_one(each) for each in deliveries[:LISTED]],
    }  # fmt: skip
    return {"type": "alarm.digest", "timestamp": _utc(first.due), "data": data, "id": message}


def _one(delivery: Delivery) -> Json:
    if delivery.what is What.TEST:
        data: Json = {"channel": delivery.channel, "by": delivery.by}
        return {"type": "test", "timestamp": _utc(delivery.due), "data": data}
    body = delivery.body
    if delivery.what is What.INCIDENT:
        incident = body["incident"]
        data = {"incident": incident, "route": delivery.route}
        return {"type": f"incident.{incident['what']}", "timestamp": _utc(body["at"]), "data": data}
    data = {"alarm": body.get("alarm"), "route": delivery.route, "step": delivery.step}
    if delivery.what is What.ACKNOWLEDGED:
        data["by"] = body.get("who")
    return {"type": f"alarm.{delivery.what}", "timestamp": _utc(body.get("at", delivery.created)), "data": data}


class Text(NamedTuple):
    """A message for people."""

    title: str
    body: str


def text(deliveries: Sequence[Delivery], language: str, zone: tzinfo) -> Text:
    """Title and text of a message."""
    words = _WORDS[language]
    if len(deliveries) == 1:
        return Text(_title(deliveries[0], language), "\n".join(_lines(deliveries[0], language, zone)))
    _, severities = _counted(deliveries)
    said = ", ".join(f"{_SEVERITIES[language].get(each, each)} {count}" for each, count in severities.most_common())
    lines = [
        f"{_local(each.body.get('at', each.created), zone)}  {_title(each, language)}" for each in deliveries[:LISTED]
    ]
    if len(deliveries) > LISTED:
        lines.append(words["more"].format(count=len(deliveries) - LISTED))
    return Text(words["digest"].format(count=len(deliveries), counts=said), "\n".join(lines))


def _subject(delivery: Delivery) -> Json:
    """The alarm, or the incident, that it tells of."""
    found: Json = delivery.body.get("alarm") or delivery.body.get("incident") or {}
    return found


def one_line(text: str) -> str:
    """`text` without line breaks (U+2028 too) and what cannot be seen: it may stand in a header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _title(delivery: Delivery, language: str) -> str:
    words = _WORDS[language]
    if delivery.what is What.TEST:
        return words["test"].format(channel=delivery.channel)
    alarm = _subject(delivery)
    if delivery.what is What.INCIDENT:
        severity = _SEVERITIES[language].get(alarm["severity"], "")
        told = str(alarm["text"])
        own = language == "vi" and alarm["what"] != "opened"  # those are in the words of the playbook
        said = one_line(message_in_vietnamese(told) if own else told)
        return said if alarm["what"] == "ended" else words["began"].format(severity=severity, alarm=said)
    name = alarm.get("text", {}).get(language) or alarm.get("type", alarm.get("id", ""))
    place = alarm.get("name") or alarm.get("device") or words["hub"]
    said = f"{name} - {place}" + (f" {alarm['point']}" if alarm.get("point") else "")
    severity = _SEVERITIES[language].get(alarm.get("severity", ""), "")
    return one_line(words[delivery.what].format(severity=severity, alarm=said, who=delivery.body.get("who", "")))


def _lines(delivery: Delivery, language: str, zone: tzinfo) -> list[str]:
    words, lines = _WORDS[language], [_title(delivery, language)]
    if delivery.what is What.TEST:
        return lines
    alarm = _subject(delivery)
    if delivery.what is What.BEGAN and delivery.step:
        lines.append(words["escalated"].format(minutes=delivery.body.get("minutes", 0)))
    place = [alarm.get(each) for each in ("device", "point", "street", "zone_name", "cabinet")]
    lines.append(f"{words['where']}: {', '.join(dict.fromkeys(each for each in place if each)) or words['hub']}")
    if alarm.get("began"):
        began = datetime.fromisoformat(alarm["began"]).timestamp()
        lines.append(f"{words['since']}: {_local(began, zone)}")
    if alarm.get("beneath"):
        lines.append(f"{words['beneath']}: {alarm['beneath']}")
    if alarm.get("detail"):
        lines.append(f"{words['says']}: {one_line(alarm['detail'])}")
    if delivery.what is What.BEGAN and (response := alarm.get("response", {}).get(language)):
        lines.append(f"{words['do']}: {response}")
    return lines


def fields(deliveries: Sequence[Delivery], message: str, language: str, zone: tzinfo) -> dict[str, str]:
    """What templates may fill in, {name: text}, without `to` and secrets."""
    first, said = deliveries[0], text(deliveries, language, zone)
    alarm = _subject(first) if len(deliveries) == 1 else {}
    what = f"incident-{alarm['what']}" if alarm and first.what is What.INCIDENT else first.what.value
    known = {
        each: str(alarm.get(each) or "") for each in ("type", "device", "name", "point", "severity", "class", "street")
    }
    return known | {
        "text": (said.title if len(deliveries) == 1 else f"{said.title}. {said.body}").replace("\n", "; ")[:_SHORT],
        "title": said.title,
        "what": what if len(deliveries) == 1 else "digest",
        "zone": str(alarm.get("zone") or ""),
        "cabinet": str(alarm.get("cabinet") or ""),
        "began": _local(datetime.fromisoformat(alarm["began"]).timestamp(), zone) if alarm.get("began") else "",
        "response": str(alarm.get("response", {}).get(language) or ""),
        "detail": str(alarm.get("detail") or ""),
        "beneath": str(alarm.get("beneath") or 0),
        "count": str(len(deliveries)),
        "alarm": first.alarm,
        "episode": str(first.episode),
        "message": message,
    }


class Request(NamedTuple):
    """What is posted."""

    url: str
    headers: dict[str, str]
    content: bytes


def request(channel: Webhook, values: Mapping[str, str], own: Json) -> Request:
    """The request of a webhook. `values` fill in its template, `own` is the hub's message where it has none."""
    url = filled(channel.url, {name: quote(value, safe="") for name, value in values.items()})
    safe = {name: value if name.startswith("secret.") else one_line(value) for name, value in values.items()}
    headers = {name: filled(value, safe) for name, value in channel.headers.items()}
    if channel.body is None:
        return Request(url, headers | {"content-type": "application/json"}, msgspec.json.encode(own))
    body = _filled(channel.body, values)
    if channel.format == "form":
        headers["content-type"] = "application/x-www-form-urlencoded"
        return Request(url, headers, urlencode(body).encode())
    return Request(url, headers | {"content-type": "application/json"}, msgspec.json.encode(body))


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return filled(value, values)
    if isinstance(value, Mapping):
        return {name: _filled(each, values) for name, each in value.items()}
    return [_filled(each, values) for each in value] if isinstance(value, list) else value


def _counted(deliveries: Sequence[Delivery]) -> tuple[Counter[str], Counter[str]]:
    alarms = [_subject(each) for each in deliveries]
    types, severities = (Counter(str(alarm.get(key) or "") for alarm in alarms) for key in ("type", "severity"))
    return types, severities


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _local(seconds: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M")
