"""Changes to sensor rules: checked by schedules/, the registry first, then memory; one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from hub.api.edits.writing import write
from hub.api.problems import bad_input, not_found
from hub.api.services import Services
from hub.api.versions import Versions, must_be
from hub.model.audit import AuditEntry
from hub.model.metrics import METRICS, Behaviour, UnknownMetric, metric
from hub.registry import Written
from schedules.sensing import Raise, Rule
from schedules.sensing_reader import BadSensing, parse_sensing

Raw = Mapping[str, Any]


class SensingEdits:
    """Everything that changes sensor rules through the API. Raises problems ready to be answered."""

    def __init__(self, services: Services) -> None:
        self._hub = services
        self._one_at_a_time = asyncio.Lock()

    async def add(self, raw: Raw, by: str) -> None:
        """409 exists, 422."""
        async with self._one_at_a_time:
            rule, written = self._read(raw, by)
            line = self._line(by, "sensing.added", written)
            await write(self._hub.registry.plans.sensing.add, written, audit=line)
            self._hub.sensing.put(written, rule)

    async def replace(self, raw: Raw, by: str, wanted: Versions = None) -> None:
        """404, 412, 422."""
        async with self._one_at_a_time:
            must_be("sensor rule", self._before(raw["id"]), wanted)
            rule, written = self._read(raw, by)
            line = self._line(by, "sensing.replaced", written)
            await write(self._hub.registry.plans.sensing.replace, written, audit=line)
            self._hub.sensing.put(written, rule)

    async def drop(self, id: str, by: str, wanted: Versions = None) -> None:
        """404, 412. What the rule holds ends."""
        async with self._one_at_a_time:
            before = self._before(id)
            must_be("sensor rule", before, wanted)
            line = self._line(by, "sensing.deleted", before)
            await write(self._hub.registry.plans.sensing.delete, id, audit=line)
            self._hub.sensing.drop(id)

    def _before(self, id: str) -> Written:
        sensing = self._hub.sensing
        if id in sensing.followed:
            return sensing.followed[id].written
        if id in sensing.refused:
            return sensing.refused[id]
        raise not_found("sensor rule", id)

    def _line(self, by: str, what: str, written: Written) -> AuditEntry:
        """The audit's line: what was written, or, of what was deleted, what it was."""
        return AuditEntry(self._hub.clock.now(), by, what, written.id, {"body": written.body})

    def _read(self, raw: Raw, by: str) -> tuple[Rule, Written]:
        try:
            rule = parse_sensing(raw)
        except BadSensing as error:
            raise bad_input("body.rule", str(error), "bad-sensing") from None
        if rule.zone not in self._hub.city.tree:
            raise bad_input("body.zone", f"no zone {rule.zone!r}: add it first", "unknown-zone")
        for sensor in rule.sensors:
            if self._hub.city.device(sensor) is None:
                raise bad_input("body.sensors", f"no device {sensor!r}: register it first", "no-sensor")
        if isinstance(rule, Raise):
            _check_metric(rule.metric)
        return rule, Written(rule.id, dict(raw), self._hub.clock.now(), by)


def _check_metric(name: str) -> None:
    try:
        found = metric(name)
    except UnknownMetric as error:
        raise bad_input("body.metric", str(error), "unknown-metric") from None
    if found.behaviour is Behaviour.COUNTER:
        usable = ", ".join(each.name for each in METRICS.values() if each.behaviour is not Behaviour.COUNTER)
        raise bad_input("body.metric", f"{name!r} only ever grows: use one of {usable}", "unknown-metric")
