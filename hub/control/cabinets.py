"""What the cabinets last said: which segments have power, who may switch them, and which lights that concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from hub.model.cabinets import CabinetReport, split_feed
from hub.model.devices import Device
from hub.model.reasons import sentence
from hub.ports import Clock
from hub.registry.city import FED, City

SET_BACK = 5.0  # seconds: what was heard so much later than now was heard before the hub's clock was set back


def full_or_dark(device: Device, level: float) -> float:
    """The level that is asked of `device` where `level` is ordered: a light without a controller is on at 100 % or off."""
    return level if device.profile != FED else 100.0 if level > 0 else 0.0


def must_be_whole(feed: str, others: int) -> str:
    """Why an order to some lights of a segment is refused."""
    cabinet, segment = split_feed(feed)
    if others > 1:
        return sentence("feeds-others", segment=segment, cabinet=cabinet, others=others)
    return sentence("feeds-another", segment=segment, cabinet=cabinet)


class Cabinets:
    """The last state of every cabinet. Changed on the event loop only, after it is durable."""

    def __init__(self, city: City, clock: Clock) -> None:
        self._city, self._clock = city, clock
        self._reports: dict[str, CabinetReport] = {}
        self._dark: dict[str, float] = {}  # feed without power -> since when, by the cabinet's clock
        self._differs: dict[str, float] = {}  # feed whose feedback is not as ordered -> since when, by the hub's clock

    def take(self, reports: Iterable[CabinetReport]) -> set[str]:
        """Take in states; returns the cabinets that say something new and the lights that they feed."""
        changed: set[str] = set()
        for report in reports:
            known = self._reports.get(report.device)
            if known is not None and known.time > report.time and known.received <= self._clock.now() + SET_BACK:
                continue
            self._reports[report.device] = report
            self._note(report)
            if known is None or _said(known) != _said(report):
                changed.add(report.device)
                changed.update(device.id for device in self._city.fed_by(report.device))
        return changed

    def _note(self, report: CabinetReport) -> None:
        for segment in report.segments.keys() | report.feedback.keys():
            feed = f"{report.device}/{segment}"
            if report.lit(segment) is False:
                self._dark.setdefault(feed, report.time)
            else:
                self._dark.pop(feed, None)
            if (
                report.feedback.get(segment, True) is not report.segments.get(segment, True)
                and report.breaker is not False
            ):
                self._differs.setdefault(feed, self._clock.now())
            else:
                self._differs.pop(feed, None)

    def clock_set(self) -> None:
        """The clock jumped: contactors have their time to follow anew."""
        self._differs = dict.fromkeys(self._differs, self._clock.now())

    def forget(self, device: str) -> None:
        """Drop a device that was deleted."""
        report = self._reports.pop(device, None)
        if report is not None:
            for segment in report.segments.keys() | report.feedback.keys():
                self._dark.pop(f"{device}/{segment}", None)
                self._differs.pop(f"{device}/{segment}", None)

    # --- questions -------------------------------------------------------------------------------------------------

    def all(self) -> list[CabinetReport]:
        """What each registered cabinet last said."""
        return [report for report in self._reports.values() if report.device in self._city.devices]

    def report(self, cabinet: str) -> CabinetReport | None:
        """What a cabinet last said."""
        return self._reports.get(cabinet)

    def lights(self, cabinet: str) -> Mapping[str, list[Device]]:
        """The lights that a cabinet feeds, by segment."""
        found: dict[str, list[Device]] = {}
        for device in self._city.fed_by(cabinet):
            found.setdefault(split_feed(device.feed or "").segment, []).append(device)
        return found

    def differs(self, cabinet: str, segment: str) -> float | None:
        """Since when the feedback of a contactor is not as it was ordered; None while it is."""
        return self._differs.get(f"{cabinet}/{segment}")

    def unpowered(self, device: Device) -> float | None:
        """Since when a light has no power although nobody switched that light off; None while it has, or nobody knows.

        A light with a controller is without power whenever its segment is. One without is then merely off, unless its
        breaker is open or its contactor was ordered on.
        """
        since = None if device.feed is None else self._dark.get(device.feed)
        if since is None or device.feed is None or device.profile != FED:
            return since
        cabinet, segment = split_feed(device.feed)
        report = self._reports.get(cabinet)
        dead = report is not None and (report.breaker is False or report.segments.get(segment) is True)
        return since if dead else None

    def why_unpowered(self, device: Device) -> str:
        """The reason as a sentence part."""
        cabinet, segment = split_feed(device.feed or "/")
        report = self._reports.get(cabinet)
        if report is not None and report.breaker is False:
            return sentence("no-power-breaker", cabinet=cabinet)
        return sentence("no-power-segment", segment=segment, cabinet=cabinet)

    def local(self, feed: str | None) -> str | None:
        """Why nobody but the technician at the cabinet can switch this segment now; None when the hub can."""
        if feed is None:
            return None
        cabinet = split_feed(feed).cabinet
        report = self._reports.get(cabinet)
        if report is None or report.remote is not False:
            return None
        return sentence("cabinet-local", cabinet=cabinet)

    def refusals(self, devices: Iterable[str]) -> dict[str, str]:
        """Those of `devices` that cannot be switched through their cabinet now, and why: it is on local, or they are not all
        the lights of their segment, which has one contactor for all."""
        found: dict[str, str] = {}
        wanted = set(devices)
        reasons: dict[str, str | None] = {}
        for light, feed in self._without_controller(wanted):
            if feed not in reasons:
                others = len(self._city.segment(feed).keys() - wanted)
                reasons[feed] = self.local(feed) or (must_be_whole(feed, others) if others else None)
            reason = reasons[feed]
            if reason is not None:
                found[light] = reason
        return found

    def by_feed(self, devices: Iterable[str]) -> Mapping[str, list[str]]:
        """Those of `devices` that have no controller, by what feeds them."""
        found: dict[str, list[str]] = {}
        for light, feed in self._without_controller(set(devices)):
            found.setdefault(feed, []).append(light)
        return found

    def _without_controller(self, devices: Collection[str]) -> Iterator[tuple[str, str]]:
        """(light, what feeds it) of those of `devices` that have no controller: only the smaller collection is walked."""
        fed = self._city.of_profile(FED)
        if len(devices) < len(fed):
            some = (self._city.device(name) for name in devices)
            fed = [each for each in some if each is not None and each.profile == FED]
        return ((each.id, each.feed) for each in fed if each.feed is not None and each.id in devices)


def _said(report: CabinetReport) -> tuple[object, ...]:
    return report.segments, report.feedback, report.door, report.breaker, report.remote
