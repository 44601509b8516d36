"""One sort of message, read with care: everything in it that a profile knows, and a reason for what cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from drivers.burst import Burst, DeliveryReport
from drivers.profiles.clocks import read_time, reading_time, report_row_time, said_at
from drivers.profiles.model import EventRule, FieldRule, Form, Message
from drivers.profiles.paths import MISSING, Path, look, show
from drivers.profiles.patterns import Channel
from drivers.profiles.values import concerns, value_of, yes_or_no
from drivers.profiles.words import one_of, word
from drivers.reporting import clean
from drivers.senml import Limits
from drivers.senml.refusals import PackError, RecordError, Refusals
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.readings import Quality, Row
from hub.model.reports import EventReport, PresenceReport

UNSAID: Final = Cause.LOCAL
"""The cause of lights that do not say why they shine."""

_TEXT = 500  # characters of free text that are kept
_WORD = 200
_UNKNOWN_NAMED = 5  # unknown fields that a reason lists


class Reader:
    """Reads messages of one pattern. Never raises, whatever the bytes.

    `body` makes of bytes what the fields are looked up in, and raises PackError; without it the message's form says how.
    """

    def __init__(
        self, message: Message, limits: Limits, zone: ZoneInfo, body: Callable[[bytes], Any] | None = None
    ) -> None:
        self.message = message
        self.urgent = message.pattern.channel is not Channel.TELEMETRY
        self._limits = limits
        self._zone = zone
        self._parse = msgspec.json.Decoder().decode
        self._body = body or self._formed
        self._rules = [(rule, rule.target.metric, _roots(rule)) for rule in message.fields]
        self._known = frozenset(_known(message))
        self._above = frozenset(path[:end] for path in self._known for end in range(len(path)))

    def read(self, payload: bytes, device: Device, source: str, received: float, into: Burst) -> LightReport | None:
        """Add what `payload` says to `into`, but for what a light says of itself, which is returned."""
        if self.message.kinds is not None and device.kind not in self.message.kinds:
            return None
        refusals = Refusals()
        light = None
        try:
            message = self._body(payload)
            light = self._take(message, device, received, into, refusals)
        except PackError as error:
            refusals.add(error.code, str(error))
        if refusals:
            into.rejected += refusals.rejected(received, source, device.id, payload)
        return light

    def _formed(self, payload: bytes) -> Any:
        form = self.message.form
        if form is Form.TEXT or (form is Form.EITHER and payload.lstrip()[:1] != b"{"):
            try:
                return clean(payload.decode("utf-8").strip(), _TEXT)
            except UnicodeDecodeError as error:
                raise PackError("bad-text", f"not UTF-8 at byte {error.start}: send a plain word") from None
        try:
            body = self._parse(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PackError("bad-json", f"not JSON ({str(error)[:100]}): send an object of fields") from None
        except RecursionError:
            raise PackError("bad-json", "nested too deeply: send an object of fields") from None
        if not isinstance(body, dict):
            raise PackError("bad-payload", 'the message is no JSON object: send e.g. {"power":61.2}')
        return body

    def _take(
        self, message: Any, device: Device, received: float, into: Burst, refusals: Refusals
    ) -> LightReport | None:
        time = self._time(message, received)
        values = self._values(message, device.kind, refusals)
        if self.message.refuse_unknown:
            self._refuse_unknown(message, refusals)
        before = _said(into)
        if values:
            self._add_row(values, device, time, received, into, refusals)
        at = said_at(time, self.message.clock, received, self._limits)
        light = None
        if device.kind is DeviceKind.LIGHT and "level" in values:
            cause = self._cause(message, refusals)
            light = LightReport(device.id, values["level"], cause, at, received)
        self._add_words(message, device, received, into, refusals)
        for rule in self.message.events:
            self._add_event(rule, message, device, at, received, into, refusals)
        if self.message.refuse_nothing and not values and not refusals and before == _said(into):
            wanted = ", ".join(sorted({show(path) for path in self._known})[:20])
            refusals.add("no-value", f"nothing in the message is known: send some of {wanted} ...")
        return light

    def _time(self, message: Any, received: float) -> float | None:
        """The time that stands in the message; when it cannot be read, one that is never believed. Raises RecordError
        when readings would have nothing else to go by."""
        clock = self.message.clock
        found = MISSING if clock is None else look(message, clock.path)
        if clock is None or found is MISSING:
            return None
        try:
            return read_time(found, clock.form, clock.zone or self._zone, received)
        except RecordError:
            if clock.within is None and not self.urgent:
                raise
            return 0.0

    def _cause(self, message: Any, refusals: Refusals) -> Cause:
        rule = self.message.cause
        found = MISSING if rule is None else look(message, rule.path)
        if rule is None or found is MISSING:
            return UNSAID
        cause = rule.words.get(word(found))
        if cause is None:
            refusals.add("unknown-word", f"{show(rule.path)} is {word(found)[:40]!r}: send one of {one_of(rule.words)}")
            return UNSAID
        return cause

    def _values(self, message: Any, kind: DeviceKind, refusals: Refusals) -> dict[str, float]:
        values: dict[str, float] = {}
        settled: set[str] = set()
        for rule, metric, roots in self._rules:
            if roots and roots.isdisjoint(message):
                continue  # most fields of most messages are not there
            if metric in settled or not concerns(rule.when, rule.kinds, message, kind):
                continue
            try:
                value = value_of(rule, message)
            except RecordError as error:
                refusals.add(error.code, str(error))
                settled.add(metric)
                continue
            if value is not None:
                values[metric] = value
                settled.add(metric)
        return values

    def _add_row(
        self,
        values: dict[str, float],
        device: Device,
        time: float | None,
        received: float,
        into: Burst,
        refusals: Refusals,
    ) -> None:
        quality: Quality
        if self.urgent:
            at, quality = report_row_time(time, self.message.clock, received, self._limits)
            if at < received - self._limits.past:
                return
        else:
            try:
                at, quality = reading_time(time, self.message.clock, received, self._limits)
            except RecordError as error:
                refusals.add(error.code, str(error))
                return
        into.rows.append(Row(device.id, device.kind, at, received, values, int(quality)))

    def _add_words(self, message: Any, device: Device, received: float, into: Burst, refusals: Refusals) -> None:
        presence, delivery = self.message.presence, self.message.delivery
        try:
            if presence is not None:
                online = yes_or_no(presence, message)
                if online is not None:
                    into.presence.append(PresenceReport(device.id, online, received))
            if delivery is not None:
                reference = look(message, delivery.reference)
                if isinstance(reference, str):
                    delivered = word(look(message, delivery.path)) in delivery.words
                    into.deliveries.append(DeliveryReport(device.id, clean(reference, _WORD), delivered, received))
        except RecordError as error:
            refusals.add(error.code, str(error))

    def _add_event(
        self,
        rule: EventRule,
        message: Any,
        device: Device,
        at: float,
        received: float,
        into: Burst,
        refusals: Refusals,
    ) -> None:
        found = look(message, rule.path)
        if found is MISSING or not concerns(rule.when, rule.kinds, message, device.kind):
            return
        active = None
        if rule.active is not None:
            active = rule.active.get(word(found))
            if active is None:
                reason = f"{show(rule.path)} is {word(found)[:40]!r}: send one of {one_of(rule.active)}"
                refusals.add("unknown-word", reason)
                return
        point, text = (
            "" if path is None or (said := look(message, path)) is MISSING else clean(word(said), longest)
            for path, longest in ((rule.point, _WORD), (rule.text, _TEXT))
        )
        into.events.append(EventReport(device.id, rule.type, active, at, received, point, text))

    def _refuse_unknown(self, message: Any, refusals: Refusals) -> None:
        unknown = [show(path) for path in self._unknown(message, ())]
        if unknown:
            listed = ", ".join(name[:40] for name in unknown[:_UNKNOWN_NAMED])
            more = " ..." if len(unknown) > _UNKNOWN_NAMED else ""
            refusals.add(
                "unknown-field", f"no field is known as {listed}{more}: map it in the profile, or list it in ignore"
            )

    def _unknown(self, message: Any, at: Path) -> Iterator[Path]:
        if at in self._known:
            return
        if at and at not in self._above:
            yield at
            return
        inner: list[tuple[str | int, Any]] = []
        if isinstance(message, dict):
            inner = list(message.items())
        elif isinstance(message, list):
            inner = list(enumerate(message))
        for key, value in inner:
            yield from self._unknown(value, (*at, key))


def _roots(rule: FieldRule) -> frozenset[str]:
    """The keys of a message of which one must be there for a field to have a value; none for a text."""
    return frozenset(str(path[0]) for path in rule.paths)


def _said(into: Burst) -> int:
    return len(into.rows) + len(into.presence) + len(into.events) + len(into.deliveries)


def _known(message: Message) -> Iterator[Path]:
    """Every path that the message has a use for, or ignores on purpose."""
    yield from message.ignored
    if message.clock is not None:
        yield message.clock.path
    for rule in message.fields:
        yield from rule.paths
    for event in message.events:
        yield from (path for path in (event.path, event.text, event.point) if path is not None)
    conditions = [rule.when for rule in message.fields] + [event.when for event in message.events]
    yield from (condition.path for when in conditions for condition in when)
    if message.presence is not None and message.presence.path is not None:
        yield message.presence.path
    if message.cause is not None:
        yield message.cause.path
    if message.delivery is not None:
        yield from (message.delivery.reference, message.delivery.path)
