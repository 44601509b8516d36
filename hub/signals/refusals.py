"""Why a junction takes no order, in both languages; and what else the signal desks refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

WHY_NOT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "never-said": (
            "its controller has never said what it does: look at its connection",
            "tủ điều khiển chưa từng báo trạng thái: hãy kiểm tra kết nối",
        ),
        "silent": (
            "its controller has been silent for {seconds} s: nobody knows what it shows",
            "tủ điều khiển im lặng {seconds} giây: không biết đèn đang hiện gì",
        ),
        "fault": (
            "its controller reports a fault ({faults}): send somebody",
            "tủ điều khiển báo lỗi ({faults}): cần cử người tới",
        ),
        "manual": ("the police panel runs it", "công an đang điều khiển tại tủ"),
        "spot": (
            "somebody set it to local at the controller: call them before you order",
            "có người đặt chế độ tại chỗ: gọi họ trước khi ra lệnh",
        ),
        "not-in-service": (
            "its status is {status}: set it to active first",
            "trạng thái là {status}: hãy chuyển sang active",
        ),
    }
)
"""By code: English, Vietnamese."""
LEG_WHY: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "held": (
            "somebody's order holds it, and an incident takes nothing from people",
            "đang theo lệnh của người khác: sự cố không giành lại",
        ),
        "not-in-plan": (
            "its active plan set has no such program",
            "bộ kế hoạch đang chạy không có chương trình này",
        ),
        "too-often": (
            "it was ordered a moment ago: it is asked as soon as it may be",
            "vừa nhận lệnh: được yêu cầu ngay khi được phép",
        ),
        "not-found": ("it is no junction any more", "không còn là nút giao"),
    }
)
"""Why a junction of a route is not asked by an incident, by the code of the refusal: English, Vietnamese."""


class WhyNot(NamedTuple):
    """A reason for which a junction takes no order."""

    code: str
    values: Mapping[str, Any] = MappingProxyType({})

    def text(self) -> dict[str, str]:
        """The sentence in both languages."""
        english, vietnamese = WHY_NOT[self.code]
        return {"en": english.format(**self.values), "vi": vietnamese.format(**self.values)}


class SignalRefusal(Exception):
    """Something that the signal desks do not do; `code` is that of the problem, the text says what to do instead."""

    def __init__(self, code: str, text: str, more: Mapping[str, Any] | None = None, wait: float | None = None) -> None:
        super().__init__(text)
        self.code, self.more, self.wait = code, dict(more or {}), wait


def leg_why(refusal: SignalRefusal) -> dict[str, str]:
    """Why a junction of a route does not follow, in both languages."""
    reasons = [each["text"] for each in refusal.more.get("why_not", ())]
    if reasons:
        return {language: "; ".join(each[language] for each in reasons) for language in ("en", "vi")}
    english, vietnamese = LEG_WHY.get(refusal.code, (str(refusal), str(refusal)))
    return {"en": english, "vi": vietnamese}


def unavailable(junction: str, reasons: Sequence[WhyNot]) -> SignalRefusal:
    """The refusal of an order for these reasons."""
    shown = [{"code": each.code, "values": dict(each.values), "text": each.text()} for each in reasons]
    said = "; ".join(each.text()["en"] for each in reasons)
    return SignalRefusal("junction-refused", f"junction {junction!r} takes no order: {said}", {"why_not": shown})
