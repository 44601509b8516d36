"""Why lights and routes of an incident are not ordered: kept in English, and said in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub.model.sentences import Sentences

REFUSED = Sentences(
    {
        "no-zone": "{device} is in no zone: put it into one",
        "no-place": "{device} has no place: give it one (lat, lon)",
        "none-near": "no light in service within {metres} m of {device}",
        "no-lights": "there is no light in service there",
        "nothing": "there is no light to switch: name a zone that has lights, or lights in service",
        "crowded": "{most} incidents of this playbook run already: it does nothing more until one of them ends",
        "too-soon": "some changed between on and off less than {seconds} s ago: all are ordered as soon as they may be",
        "just-now": (
            "{lights} changed between on and off less than {least} s ago: order again in {wait} s, or choose lights that did not"
        ),
        "many-and-dark": (
            "it touches {lights} lights, more than {most}; it leaves no light on between dusk and dawn in {roads}"
        ),
        "many": "it touches {lights} lights, more than {most}",
        "dark": "it leaves no light on between dusk and dawn in {roads}",
        "no-route": "there is no route {route}: it was deleted",
        "route-legs": "route {route}: {count} of {legs} junctions do not follow: {junctions}",
    }
)
VIETNAMESE: Mapping[str, str] = MappingProxyType(
    {
        "no-zone": "{device} không thuộc khu vực nào: hãy đưa vào một khu vực",
        "no-place": "{device} chưa có vị trí: hãy ghi vĩ độ, kinh độ",
        "none-near": "không có đèn nào đang dùng trong vòng {metres} m quanh {device}",
        "no-lights": "ở đó không có đèn nào đang dùng",
        "nothing": "không có đèn nào để điều khiển: hãy nêu khu vực có đèn, hoặc đèn đang dùng",
        "crowded": "đã có {most} sự cố của kịch bản này đang chạy: kịch bản không làm gì thêm cho đến khi một sự cố kết thúc",
        "too-soon": "có đèn vừa bật/tắt chưa đến {seconds} giây: tất cả được ra lệnh ngay khi được phép",
        "just-now": "{lights} vừa bật/tắt chưa đến {least} giây: ra lệnh lại sau {wait} giây, hoặc chọn đèn khác",
        "many-and-dark": "chạm tới {lights} đèn, nhiều hơn {most}; không để đèn nào sáng từ chiều tối đến sáng ở {roads}",
        "many": "chạm tới {lights} đèn, nhiều hơn {most}",
        "dark": "không để đèn nào sáng từ chiều tối đến sáng ở {roads}",
        "no-route": "không có tuyến {route}: tuyến đã bị xóa",
        "route-legs": "tuyến {route}: {count}/{legs} nút giao không theo: {junctions}",
    }
)
_OVER, _OVER_VI = ": over", ": đã hết"


def both(said: str) -> dict[str, str]:
    """A refusal in both languages; other words as they are."""
    return {"en": said, "vi": _vietnamese(said) or said}


def message_in_vietnamese(text: str) -> str:
    """What an incident tells of itself: `name: refusal`, or `name: device: over`; the words of a playbook stay as they are."""
    if text.endswith(_OVER):
        return text.removesuffix(_OVER) + _OVER_VI
    end = len(text)
    while (end := text.rfind(": ", 0, end)) >= 0:  # from behind: a name may hold a colon too
        if (found := _vietnamese(text[end + 2 :])) is not None:
            return f"{text[:end]}: {found}"
    return text


def _vietnamese(said: str) -> str | None:
    reason = REFUSED.read(said)
    return None if reason is None else VIETNAMESE[reason.code].format(**reason.values)
