"""Why a junction is no part of its green wave now, and what of a wave cannot be told: in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

OUT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "never-said": ("its controller has never said what it does", "tủ điều khiển chưa từng báo trạng thái"),
        "silent": (
            "its controller has been silent for {seconds} s: nobody knows what it shows",
            "tủ điều khiển im lặng {seconds} giây: không biết đèn đang hiện gì",
        ),
        "fault": (
            "its controller reports a fault ({faults}) and flashes",
            "tủ điều khiển báo lỗi ({faults}), đèn nháy vàng",
        ),
        "manual": ("the police panel runs it", "công an đang điều khiển tại tủ"),
        "spot": ("somebody set it to local at the controller", "có người đặt chế độ tại chỗ"),
        "flash": ("it shows flashing amber", "đèn đang nháy vàng"),
        "dark": ("its signals are dark", "đèn tín hiệu đang tắt"),
        "held": (
            "stage {stage} is held: a temporary program leaves the wave",
            "đang giữ pha {stage}: chương trình tạm thời ra khỏi làn sóng",
        ),
        "other-program": (
            "it runs {program}, which is not of its active plan set",
            "đang chạy {program}, không thuộc phương án đang kích hoạt",
        ),
        "not-coordinated": (
            "program {program} is not coordinated, as its plan set says",
            "chương trình {program} không phối hợp, theo phương án",
        ),
        "no-plan-set": (
            "no plan set is active there: version {version}, the last one, was left",
            "chưa có phương án nào đang kích hoạt: phiên bản {version} gần nhất đã bị bỏ",
        ),
        "no-program": ("its plan set has no program {program}", "phương án không có chương trình {program}"),
        "other-cycle": (
            "its common cycle is {cycle} s, that of the others {common} s",
            "chu kỳ chung là {cycle} giây, các nút khác {common} giây",
        ),
        "clock": (
            "its clock is {seconds} s off: what it shows is not where the wave wants it",
            "đồng hồ lệch {seconds} giây: đèn không đúng nhịp làn sóng",
        ),
        "correcting": ("it is coming into step: {seconds} s are left", "đang vào nhịp: còn {seconds} giây"),
        "out-of-step": (
            "its cycle is {seconds} s from where its offset wants it",
            "chu kỳ lệch {seconds} giây so với độ lệch pha đã đặt",
        ),
    }
)
"""Why a junction is not in step, by code: English, Vietnamese."""

UNSURE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "straight-lines": (
            "distances are straight lines between places on the map: a road that bends is longer; "
            "write coordination.road.at in the plan sets to have them right",
            "khoảng cách là đường thẳng giữa các điểm trên bản đồ: đường cong sẽ dài hơn; "
            "hãy ghi coordination.road.at trong phương án để có số đúng",
        ),
        "clock-unsaid": (
            "{junction} does not say how far its clock is off",
            "{junction} không báo đồng hồ lệch bao nhiêu",
        ),
        "second-unsaid": (
            "{junction} does not say its second of the cycle",
            "{junction} không báo giây trong chu kỳ",
        ),
    }
)
"""What is taken for true and may not be."""

UNTOLD: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "alone": (
            "only {junction} is in the group: a wave needs a second junction with an active plan set of it",
            "chỉ có {junction} trong nhóm: làn sóng cần thêm một nút có phương án đang kích hoạt",
        ),
        "no-place": (
            "{junction} has no place on the map: give it one, or write coordination.road.at in the plan set of each junction",
            "{junction} chưa có vị trí trên bản đồ: hãy đặt vị trí, hoặc ghi coordination.road.at trong phương án của mỗi nút",
        ),
        "places-same": (
            "{junctions} stand in one place on the map: correct that, "
            "or write coordination.road.at in the plan set of each junction",
            "{junctions} trùng vị trí trên bản đồ: hãy sửa lại, hoặc ghi coordination.road.at trong phương án của mỗi nút",
        ),
        "road-branches": (
            "the junctions do not lie along one road, it branches at {junctions}: "
            "write coordination.road.at in the plan set of each junction",
            "các nút không nằm dọc một tuyến, tuyến rẽ nhánh tại {junctions}: "
            "hãy ghi coordination.road.at trong phương án của mỗi nút",
        ),
        "at-missing": (
            "coordination.road.at is written for some junctions and not for {junction}: write it for all or for none",
            "coordination.road.at có ở một số nút mà thiếu ở {junction}: hãy ghi cho tất cả hoặc bỏ hết",
        ),
        "at-same": (
            "coordination.road.at is the same for {junctions}: write the metres along the road for each",
            "coordination.road.at trùng nhau ở {junctions}: hãy ghi số mét dọc tuyến cho từng nút",
        ),
        "no-bearing": (
            "{junction}: no approach has a bearing: write from where its traffic comes, "
            "or the groups of who drives through in coordination.road.{way}",
            "{junction}: chưa nhánh nào có hướng (bearing): hãy ghi hướng xe tới, "
            "hoặc ghi các nhóm chạy thẳng trong coordination.road.{way}",
        ),
        "no-approach": (
            "{junction}: no approach comes from {bearing} degrees, where the road lies: add it with its bearing, "
            "or write the groups of who drives through in coordination.road.{way}",
            "{junction}: không có nhánh nào tới từ hướng {bearing} độ của tuyến: hãy thêm nhánh cùng hướng, "
            "hoặc ghi các nhóm chạy thẳng trong coordination.road.{way}",
        ),
        "no-group": (
            "{junction}: no group of vehicles goes {movement} from approach {approach}: write its movements, "
            "or the groups of who drives through in coordination.road.{way}",
            "{junction}: không có nhóm xe nào đi {movement} từ nhánh {approach}: hãy ghi hướng đi (movements), "
            "hoặc ghi các nhóm chạy thẳng trong coordination.road.{way}",
        ),
        "group-unknown": (
            "{junction}: coordination.road.{way} names {group}, which is no group there: name one of its groups",
            "{junction}: coordination.road.{way} nêu nhóm {group} không có ở đó: hãy nêu một nhóm của nút",
        ),
    }
)
"""What keeps a wave, or one way of it, from being told: each says what to write."""

_ALL = {**OUT, **UNSURE, **UNTOLD}


class Word(NamedTuple):
    """A reason by its code, with the values of its sentence."""

    code: str
    values: Mapping[str, Any] = MappingProxyType({})

    def text(self) -> dict[str, str]:
        """The sentence in both languages."""
        english, vietnamese = _ALL[self.code]
        return {"en": english.format(**self.values), "vi": vietnamese.format(**self.values)}


class Untold(Exception):
    """A wave that cannot be told; `words` say why, and what to write."""

    def __init__(self, *words: Word) -> None:
        super().__init__("; ".join(each.text()["en"] for each in words))
        self.words = words
