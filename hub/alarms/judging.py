"""Readings and states, judged by the rules. Pure apart from what it remembers; knows nothing of the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hub.alarms.detector import Trace, judge
from hub.alarms.measures import Measures
from hub.alarms.ruleset import Rule, RuleSet
from hub.alarms.street import Street
from hub.model.alarms import HUB, AlarmKey
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.metrics import METRICS
from hub.model.readings import Row


class Finding(NamedTuple):
    """What a rule says: from `at` on the condition holds, or does no more. `condition`: it is one of the device itself."""

    key: AlarmKey
    active: bool
    at: float
    text: str
    condition: bool


class _Sight(NamedTuple):
    """A rule as readings meet it. `plain`: its measure is a metric, so that a value is soon seen to be well."""

    rule: Rule
    metric: str
    plain: bool
    least: float
    most: float


def _sight(rule: Rule) -> _Sight:
    when = rule.when
    assert when is not None
    least = float("-inf") if when.below is None else when.below
    most = float("inf") if when.above is None else when.above
    return _Sight(rule, when.measure, when.measure in METRICS, least, most)


class Judge:
    """Applies every rule to what comes. `raised` says whether an alarm stands now, `any_at` whether any stands at a device: most
    devices are well, and what is well costs next to nothing."""

    def __init__(
        self, rules: RuleSet, street: Street, raised: Callable[[AlarmKey], bool], any_at: Callable[[str], bool]
    ) -> None:
        self._rules, self._street, self._raised, self._any_at = rules, street, raised, any_at
        self._measures = Measures(street)
        self._by_kind: dict[DeviceKind, list[_Sight]] = {
            kind: [_sight(rule) for rule in rules.reading if rule.when is not None and kind in rule.when.kinds]
            for kind in DeviceKind
        }
        self._traces: dict[str, dict[AlarmKey, Trace]] = {}  # by device, of those alone that count something now

    def readings(self, rows: Iterable[Row]) -> Iterator[Finding]:
        """What these rows say. None of them counts as newer than its receipt: a clock that is ahead blinds no rule."""
        for row in rows:
            sights = self._by_kind[row.kind]
            device = self._street.device(row.device) if sights else None
            if device is None or device.status is not DeviceStatus.ACTIVE:
                continue
            at = min(row.time, row.received)
            well = device.id not in self._traces and not self._any_at(device.id)
            values = row.values
            for rule, metric, plain, least, most in sights:
                if plain and ((value := values.get(metric)) is None or (well and least <= value <= most)):
                    continue
                finding = self._reading(rule, device, row, at, well=well)
                if finding is not None:
                    yield finding

    def _reading(self, rule: Rule, device: Device, row: Row, at: float, *, well: bool) -> Finding | None:
        when = rule.when
        assert when is not None
        if well and when.below is not None and self._measures.at_least(when.measure, when.below, device, row):
            return None
        value = self._measures.value(when.measure, device, row, at, when.window)
        if value is None or (well and not when.wrong(value)):
            return None
        key = AlarmKey(device.id, rule.type)
        raised = self._raised(key)
        if not raised and not when.wrong(value) and key not in self._traces.get(device.id, ()):
            return None
        if not self._measures.judged(when.only, when.measure, device, row, at):
            return None
        return self._judge(rule, key, raised, value, at, condition=True)

    def states(self, devices: Iterable[Device], now: float) -> Iterator[Finding]:
        """What is to be said of these devices although, or because, nothing came."""
        for rule in self._rules.states:
            when = rule.when
            assert when is not None
            for device in devices:
                if device.kind not in when.kinds:
                    continue
                active = device.status is DeviceStatus.ACTIVE
                if when.measure == "silence":
                    value = self._street.silence(device, now) if active else 0.0
                else:
                    value = abs(self._street.clock_error(device.id)) if active else 0.0
                key = AlarmKey(device.id, rule.type)
                if value is None:
                    continue
                raised = self._raised(key)
                if raised or when.wrong(value) or key in self._traces.get(device.id, ()):
                    finding = self._judge(rule, key, raised, value, now, condition=False)
                    if finding is not None:
                        yield finding

    def parts(self, now: float) -> Iterator[Finding]:
        """What is to be said of the hub itself."""
        values = self._street.parts()
        for rule in self._rules.hub:
            for (measure, point), value in values.items():
                if rule.when is not None and measure == rule.when.measure:
                    key = AlarmKey(HUB, rule.type, point)
                    finding = self._judge(rule, key, self._raised(key), value, now, condition=False)
                    if finding is not None:
                        yield finding

    def _judge(
        self, rule: Rule, key: AlarmKey, raised: bool, value: float, at: float, *, condition: bool
    ) -> Finding | None:
        when = rule.when
        assert when is not None
        traces = self._traces.setdefault(key.device, {})
        trace = traces.setdefault(key, Trace())
        turned = judge(when, trace, raised, value, at)
        if not raised and not trace.raised and trace.samples == 0 and turned is None:
            del traces[key]
            if not traces:
                del self._traces[key.device]
        if turned is None:
            return None
        limit = f"below {when.below:g}" if when.below is not None else f"above {when.above:g}"
        text = f"{when.measure} {value:.4g}, {limit}" if turned else ""
        return Finding(key, turned, at, text, condition)

    def clock_set(self) -> None:
        """The hub's clock jumped: what was counted is counted anew."""
        self._traces.clear()

    def forget(self, device: str) -> None:
        """Drop a device that was deleted."""
        self._measures.starts.forget(device)
        self._traces.pop(device, None)
