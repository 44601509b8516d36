"""Why a light has its level, said in English and Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.control.desk import SENSING
from hub.control.why import Because, Difference, Lost, Planned, Rule, Why
from hub.model.cabinets import split_feed
from hub.model.incidents import read_order
from hub.model.light import Cause
from hub.model.overrides import Override
from hub.model.presence import OfflineBecause
from hub.model.zones import ZoneTree
from schedules.templates import calendar_name, program_name

LANGUAGES = ("en", "vi")

_RULES = {
    "en": {
        Cause.EMERGENCY: "an emergency order of {by}",
        Cause.OVERRIDE: "an operator's order of {by}",
        Cause.INCIDENT: "the incident playbook {by}",
        Cause.SENSOR: "the sensor rule {by}",
    },
    "vi": {
        Cause.EMERGENCY: "lệnh khẩn cấp của {by}",
        Cause.OVERRIDE: "lệnh vận hành của {by}",
        Cause.INCIDENT: "kịch bản sự cố {by}",
        Cause.SENSOR: "quy tắc cảm biến {by}",
    },
}
_LOST = {
    "en": {
        Lost.LOWER_PRIORITY: "lower priority", Lost.STARTED_EARLIER: "it began earlier", Lost.LOWER_LEVEL: "lower level",
    },
    "vi": {
        Lost.LOWER_PRIORITY: "ưu tiên thấp hơn", Lost.STARTED_EARLIER: "bắt đầu sớm hơn",
        Lost.LOWER_LEVEL: "mức sáng thấp hơn",
    },
}  # fmt: skip
_AWAY = {
    "en": {
        OfflineBecause.LEFT: "its connection ended",
        OfflineBecause.GATEWAY: "its gateway {gateway} is offline",
        OfflineBecause.UNREACHABLE: "its gateway {gateway} cannot reach it",
        OfflineBecause.SILENT: "it has been silent for three report intervals",
        OfflineBecause.NEVER: "it has never been heard of",
    },
    "vi": {
        OfflineBecause.LEFT: "mất kết nối",
        OfflineBecause.GATEWAY: "cổng kết nối {gateway} ngoại tuyến",
        OfflineBecause.UNREACHABLE: "cổng kết nối {gateway} không liên lạc được",
        OfflineBecause.SILENT: "im lặng quá ba chu kỳ báo cáo",
        OfflineBecause.NEVER: "chưa từng có tín hiệu",
    },
}
_DIFFERS = {
    "en": {
        Because.OFFLINE: "It is offline{since} ({away}): what it does now is not known.",
        Because.UNPOWERED: "It has no power{since}: segment {segment} of {cabinet} is dead{breaker}.",
        Because.NOT_IN_SERVICE: "It is not in service: it is not commanded.",
        Because.NOT_SWITCHABLE: "It reports {level}: devices of its type cannot be switched from here.",
        Because.NEVER_REPORTED: "It has not reported a level yet.",
        Because.LOCAL: "It reports {level}: it was switched on site{since}, and is left alone.",
        Because.CABINET_LOCAL: "It reports {level}: {cabinet} is on local, a technician switches it there.",
        Because.UNDER_WAY: "It reports {level}: a command to it is under way.",
        Because.FADING: "It reports {level}: it is still fading to its level{since}.",
        Because.CONDITION: "It reports {level}, and a fault{since}: {conditions}.",
        Because.NOT_FOLLOWED: "It reports {level}{since} and has not followed yet: it is ordered again.",
    },
    "vi": {
        Because.OFFLINE: "Đèn ngoại tuyến{since} ({away}): chưa rõ đèn đang thế nào.",
        Because.UNPOWERED: "Đèn mất điện{since}: nhánh {segment} của {cabinet} không có điện{breaker}.",
        Because.NOT_IN_SERVICE: "Đèn không trong trạng thái sử dụng: không nhận lệnh.",
        Because.NOT_SWITCHABLE: "Đèn báo {level}: loại thiết bị này không điều khiển được từ đây.",
        Because.NEVER_REPORTED: "Đèn chưa từng báo mức sáng.",
        Because.LOCAL: "Đèn báo {level}: đã được thao tác tại chỗ{since} và được để nguyên.",
        Because.CABINET_LOCAL: "Đèn báo {level}: {cabinet} đang ở chế độ tại chỗ, do kỹ thuật viên đóng cắt.",
        Because.UNDER_WAY: "Đèn báo {level}: một lệnh đang được thực hiện.",
        Because.FADING: "Đèn báo {level}: đang chuyển dần{since}.",
        Because.CONDITION: "Đèn báo {level} và có lỗi{since}: {conditions}.",
        Because.NOT_FOLLOWED: "Đèn báo {level}{since} và chưa làm theo: đang được ra lệnh lại.",
    },
}
CONDITIONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "lampFailure": "lamp failure", "driverFailure": "driver failure", "powerFailure": "no supply",
        "communicationFailure": "no communication", "highTemperature": "too hot", "lowVoltage": "voltage too low",
        "highVoltage": "voltage too high", "lowPower": "power too low", "highPower": "power too high",
        "lowCurrent": "current too low", "highCurrent": "current too high", "lowPowerFactor": "power factor too low",
        "doorOpen": "door open", "cabinetDoorOpen": "cabinet door open", "circuitBreakerTripped": "breaker open",
        "relayFailure": "its contactor does not follow", "lampUnresponsive": "it does not follow orders",
        "sensorDead": "its sensor gives no readings", "lampPowerTooLow": "part of it is dark",
        "lampPowerTooHigh": "power too high", "lampUnexpectedOn": "it burns by day", "cyclingFailure": "it goes out and on",
        "powerFactorTooLow": "power factor too low", "supplyVoltageTooLow": "voltage too low",
        "supplyVoltageTooHigh": "voltage too high", "supplyLoss": "no supply", "switchingErrorOn": "hardly any load",
        "switchingErrorOff": "lamps burn although it is off", "lowBattery": "battery low",
        "fireAlarm": "fire alarm", "profileMismatch": "register map does not fit", "equipmentFailure": "device fault",
        "deviceBusy": "device is busy", "fireFault": "fault of the fire panel",
        "fireSupervisory": "fire panel: supervisory signal", "fireDisabled": "fire panel: part disabled",
        "fireSilent": "fire panel is silent", "fireClockError": "fire panel's clock is wrong",
        "fireTest": "fire panel: test", "signalFlashing": "signals flash", "signalDark": "signals are dark",
        "signalLocal": "junction run on the spot", "signalFault": "fault of the signal controller",
        "signalMinorFault": "minor fault of the signal controller",
        "signalLampFailure": "signal lamp failed", "detectorFailure": "detector failed",
        "signalConflict": "conflict of signals", "leakageDetected": "earth leakage: danger of electric shock",
        "clockError": "device's clock is wrong", "networkError": "network reports an error",
        "controlGearCommFailure": "controller cannot reach the lamp's driver",
        "invalidProgram": "device refused its program",
        "highInrushCurrent": "inrush current too high",
        "unexpectedLoad": "load that should not be there",
        "gunshot": "gunshot heard",
        "abnormalNoise": "unusual noise", "cableCut": "cable cut", "cableTheft": "cable stolen",
        "trafficAccident": "traffic accident", "floodWater": "flood water",
        "sensorStuck": "its sensor is stuck", "sensorDrift": "its sensor reads other than its neighbours",
        "limitExceeded": "limit of the air exceeded",
        "signalUnasked": "signals flash or are dark unordered", "signalSilent": "signal controller is silent",
        "signalNotFollowed": "it runs none of its plan set", "signalClockError": "signal controller's clock is wrong",
    },
    "vi": {
        "lampFailure": "hỏng bóng đèn", "driverFailure": "hỏng bộ nguồn", "powerFailure": "mất điện",
        "communicationFailure": "mất liên lạc", "highTemperature": "quá nóng", "lowVoltage": "điện áp quá thấp",
        "highVoltage": "điện áp quá cao", "lowPower": "công suất quá thấp", "highPower": "công suất quá cao",
        "lowCurrent": "dòng điện quá thấp", "highCurrent": "dòng điện quá cao", "lowPowerFactor": "hệ số công suất quá thấp",
        "doorOpen": "cửa mở", "cabinetDoorOpen": "cửa tủ đang mở", "circuitBreakerTripped": "áptômát đã ngắt",
        "relayFailure": "công tắc tơ không theo lệnh", "lampUnresponsive": "không làm theo lệnh",
        "sensorDead": "cảm biến không gửi số đo", "lampPowerTooLow": "một phần không sáng",
        "lampPowerTooHigh": "công suất quá cao", "lampUnexpectedOn": "sáng ban ngày", "cyclingFailure": "bật tắt liên tục",
        "powerFactorTooLow": "hệ số công suất quá thấp", "supplyVoltageTooLow": "điện áp quá thấp",
        "supplyVoltageTooHigh": "điện áp quá cao", "supplyLoss": "mất nguồn điện", "switchingErrorOn": "hầu như không có tải",
        "switchingErrorOff": "đèn sáng dù đã cắt", "lowBattery": "pin yếu",
        "fireAlarm": "báo cháy", "profileMismatch": "bảng thanh ghi không khớp", "equipmentFailure": "thiết bị hỏng",
        "deviceBusy": "thiết bị đang bận", "fireFault": "tủ báo cháy có lỗi",
        "fireSupervisory": "tủ báo cháy: tín hiệu giám sát", "fireDisabled": "tủ báo cháy: có phần bị tắt",
        "fireSilent": "tủ báo cháy im lặng", "fireClockError": "đồng hồ tủ báo cháy sai",
        "fireTest": "tủ báo cháy: đang thử", "signalFlashing": "đèn tín hiệu nháy", "signalDark": "đèn tín hiệu tắt",
        "signalLocal": "nút giao điều khiển tại chỗ", "signalFault": "tủ tín hiệu có lỗi",
        "signalMinorFault": "tủ tín hiệu có lỗi nhẹ",
        "signalLampFailure": "bóng đèn tín hiệu hỏng", "detectorFailure": "cảm biến phát hiện xe hỏng",
        "signalConflict": "đèn tín hiệu xung đột", "leakageDetected": "rò điện: nguy hiểm điện giật",
        "clockError": "đồng hồ thiết bị sai", "networkError": "mạng báo lỗi",
        "controlGearCommFailure": "bộ điều khiển không liên lạc được với bộ nguồn",
        "invalidProgram": "thiết bị từ chối chương trình",
        "highInrushCurrent": "dòng khởi động quá cao",
        "unexpectedLoad": "có tải không mong đợi",
        "gunshot": "nghe thấy tiếng súng",
        "abnormalNoise": "tiếng ồn bất thường", "cableCut": "đứt cáp", "cableTheft": "mất trộm cáp",
        "trafficAccident": "tai nạn giao thông", "floodWater": "ngập nước",
        "sensorStuck": "cảm biến kẹt giá trị", "sensorDrift": "cảm biến lệch so với trạm lân cận",
        "limitExceeded": "không khí vượt giới hạn",
        "signalUnasked": "đèn tín hiệu nháy hoặc tắt không theo lệnh", "signalSilent": "tủ tín hiệu im lặng",
        "signalNotFollowed": "không chạy phương án đang kích hoạt", "signalClockError": "đồng hồ tủ tín hiệu sai",
    },
}  # fmt: skip
_SUN = {
    "en": {"sunrise": "sunrise", "sunset": "sunset", "dawn": "dawn", "dusk": "dusk"},
    "vi": {"sunrise": "mặt trời mọc", "sunset": "mặt trời lặn", "dawn": "rạng đông", "dusk": "chạng vạng"},
}


class Speaker:
    """Says things in one language, as clocks in the city show them at `now`."""

    def __init__(self, language: str, tree: ZoneTree, zone: ZoneInfo, now: float) -> None:
        self._language, self._tree, self._zone, self._now = language, tree, zone, now

    def _say(self, english: str, vietnamese: str) -> str:
        return english if self._language == "en" else vietnamese

    # --- one rule ------------------------------------------------------------------------------------------------------

    def rule(self, rule: Rule) -> str:
        """A rule with its level and its end, no sentence yet."""
        said = f"{self._level(rule.level)}{self._until(rule.until)}"
        if rule.override is not None:
            return f"{said}: {self._order(rule)}"
        assert rule.planned is not None
        return f"{said}: {self._plan(rule.planned)}"

    def _order(self, rule: Rule) -> str:
        assert rule.override is not None
        by = self._by(rule.cause, rule.override)
        names = [self._place(zone) for zone in rule.override.zones]
        if rule.override.devices:
            count = len(rule.override.devices)
            some = rule.override.devices if count <= 3 else (self._say(f"{count} lights", f"{count} đèn"),)
            names += some
        parts = [", ".join(names[:4]) + (" …" if len(names) > 4 else "")]
        parts.append(self._say(f"since {self._when(rule.override.start)}", f"từ {self._when(rule.override.start)}"))
        if rule.cause is Cause.SENSOR:
            parts.append(rule.override.reason)  # the rule's name, what was read, and by which sensor
        elif rule.override.reason:
            parts.append(self._say(f"reason: {rule.override.reason}", f"lý do: {rule.override.reason}"))
        return f"{by} ({'; '.join(parts)})"

    def _by(self, cause: Cause, override: Override) -> str:
        order = read_order(override.by)
        by = override.by.removeprefix(SENSING) if order is None else f"{order.playbook} ({order.incident})"
        return _RULES[self._language][cause].format(by=by)

    def _plan(self, planned: Planned) -> str:
        name, step = program_name(planned.program, self._language), self._step(planned)
        if planned.calendar is not None and planned.source is not None:
            place, calendar = self._place(planned.source), calendar_name(planned.calendar, self._language)
            rule = self._chosen(planned)
            said = self._say(
                f"the program “{name}”{step} of the calendar “{calendar}” that {place} follows ({rule})",
                f"chương trình “{name}”{step} của lịch “{calendar}” mà {place} theo ({rule})",
            )
        elif planned.unusable is not None:
            said = self._say(
                f"the program of the settings{step}, because the calendar “{planned.unusable}” cannot be run",
                f"chương trình trong cài đặt{step}, vì lịch “{planned.unusable}” không chạy được",
            )
        else:
            said = self._say(
                f"the program of the settings{step}, because no calendar rules here",
                f"chương trình trong cài đặt{step}, vì ở đây không theo lịch nào",
            )
        return said + self._skipped(planned)

    def _step(self, planned: Planned) -> str:
        step = planned.at
        if step is None:
            return ""
        offset = f" {step.offset:+g} {self._say('min', 'phút')}" if step.offset else ""
        at = f"{_SUN[self._language].get(step.at, step.at)}{offset}"
        return self._say(f" (step {planned.step}, {at})", f" (bước {planned.step}, {at})")

    def _chosen(self, planned: Planned) -> str:
        if planned.number == 0:
            return self._say("its default program", "chương trình mặc định")
        note = f": {planned.note}" if planned.note else ""
        return self._say(f"rule {planned.number}{note}", f"quy tắc {planned.number}{note}")

    def _skipped(self, planned: Planned) -> str:
        if not planned.skipped or planned.skip is None:
            return ""
        off, of = planned.skip.off, planned.skip.of
        return self._say(
            f"; it is among the {off} of every {of} lamps whose turn it is to stay dark",
            f"; đến lượt tắt luân phiên ({off} trong mỗi {of} đèn)",
        )

    # --- sentences -----------------------------------------------------------------------------------------------------

    def why(self, why: Why) -> str:
        """The rule that won, and those that lost."""
        said = self._say(f"Should be at {self.rule(why.winner)}.", f"Cần ở mức {self.rule(why.winner)}.")
        orders = [rule for rule in why.losers if rule.override is not None]
        plans = [rule for rule in why.losers if rule.planned is not None][:1] if why.winner.override is not None else []
        told = [self._loser(rule) for rule in (*orders, *plans)]
        if told:
            losers = "; ".join(told[:4]) + (" …" if len(told) > 4 else "")
            said += self._say(f" It wins over: {losers}.", f" Thắng: {losers}.")
        return said

    def _loser(self, rule: Rule) -> str:
        assert rule.lost is not None
        override, program = rule.override, self._say("the program", "chương trình")
        name = program if override is None else self._by(rule.cause, override)
        return f"{name}, {self._level(rule.level)}{self._until(rule.until)} ({_LOST[self._language][rule.lost]})"

    def differs(self, difference: Difference) -> str:
        """Why what it does is not what it should do."""
        texts = CONDITIONS[self._language]
        away = _AWAY[self._language].get(difference.absence or OfflineBecause.LEFT, "")
        feed = split_feed(difference.feed or "")
        since = breaker = ""
        if difference.breaker_open:
            breaker = self._say(f", the breaker of {feed.cabinet} is open", f", áptômát của {feed.cabinet} đã ngắt")
        if difference.since is not None:
            since = self._say(f" since {self._when(difference.since)}", f" từ {self._when(difference.since)}")
        return _DIFFERS[self._language][difference.because].format(
            since=since,
            level=self._level(difference.level),
            away=away.format(gateway=difference.gateway or "").replace("  ", " "),
            conditions=", ".join(texts.get(each, each) for each in difference.conditions),
            cabinet=feed.cabinet,
            segment=feed.segment,
            breaker=breaker,
        )

    def share(self, rule: Rule, lights: int, of: int) -> str:
        """What rules over so many lights of a zone."""
        if lights == of:
            return self._say(
                f"All {of} lights should be at {self.rule(rule)}.", f"Cả {of} đèn cần ở mức {self.rule(rule)}."
            )
        return self._say(
            f"{lights} of {of} lights should be at {self.rule(rule)}.",
            f"{lights} trên {of} đèn cần ở mức {self.rule(rule)}.",
        )

    # --- words ---------------------------------------------------------------------------------------------------------

    def _level(self, level: float | None) -> str:
        return "–" if level is None else f"{round(level, 1):g} %"

    def _until(self, until: float | None) -> str:
        return "" if until is None else self._say(f" until {self._when(until)}", f" đến {self._when(until)}")

    def _when(self, time: float) -> str:
        at, today = datetime.fromtimestamp(time, self._zone), datetime.fromtimestamp(self._now, self._zone)
        clock = at.strftime("%H:%M")
        if at.date() == today.date():
            return clock
        return self._say(f"{clock} on {at:%Y-%m-%d}", f"{clock} ngày {at:%d/%m/%Y}")

    def _place(self, zone: str) -> str:
        known = self._tree.zones.get(zone)
        return known.name or zone if known is not None else zone
