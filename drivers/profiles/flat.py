"""The fast way for flat JSON telemetry: it takes only what is good in every respect; the rest is for `Reader` to judge."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, TypedDict

import msgspec

from drivers.profiles.clocks import MILLISECONDS_FROM
from drivers.profiles.model import ClockForm, Form, Message
from drivers.profiles.patterns import Channel
from drivers.senml import Limits
from drivers.senml.labels import RELATIVE_BELOW, converted
from hub.model.readings import Quality

_UNIX = (ClockForm.UNIX, ClockForm.UNIX_S, ClockForm.UNIX_MS)
_NO_TIME = int(Quality.NO_SOURCE_TIME)


def is_flat(message: Message) -> bool:
    """True for telemetry whose fields are keys of one object, each of one metric, and depend on nothing else."""
    clock = message.clock
    meanings = {(path[0], rule.target.metric) for rule in message.fields for path in rule.paths}
    keys = [key for key, _ in meanings] + ([] if clock is None else [clock.path[0]])
    return (
        message.pattern.channel is Channel.TELEMETRY
        and message.form is Form.JSON
        and not message.refuse_unknown
        and message.kinds is None
        and message.presence is None
        and message.delivery is None
        and message.cause is None
        and len(keys) == len(set(keys))
        and (clock is None or (clock.form in _UNIX and len(clock.path) == 1 and clock.within is None))
        and all(
            not rule.when and rule.kinds is None and rule.many is None and all(len(path) == 1 for path in rule.paths)
            for rule in message.fields
        )
    )


class _Change(NamedTuple):
    """What becomes of the number at a key that is not the metric's own, in its unit."""

    key: str
    metric: str
    factor: float
    offset: float
    low: float
    high: float


class FlatReader:
    """Reads messages of one flat pattern. Names, types and bounds are checked while the JSON is parsed."""

    def __init__(self, message: Message, limits: Limits) -> None:
        self._ahead = min(limits.suspect, limits.future)
        self._past = -limits.past
        self._changes: list[_Change] = []
        self._spares: list[tuple[str, str]] = []  # keys whose words count when no number of their metric is there
        keys: dict[str, Any] = {}
        for rule in message.fields:
            target = rule.target
            same = target.factor == 1.0 and target.offset == 0.0
            for path in rule.paths:
                key = str(path[0])
                if key in keys:
                    continue  # the first rule that finds a value settles its metric
                if rule.words is not None:
                    keys[key] = Any
                    self._spares.append((key, target.metric))
                    continue
                keys[key] = Annotated[float, msgspec.Meta(ge=target.low, le=target.high)] if same else float
                if not same or key != target.metric:
                    self._changes.append(_Change(key, *target))
        clock = message.clock
        self._clock = "" if clock is None else str(clock.path[0])
        self._milliseconds = clock is not None and clock.form is ClockForm.UNIX_MS
        self._either = clock is not None and clock.form is ClockForm.UNIX
        if clock is not None:
            keys[self._clock] = float
        self._parse = msgspec.json.Decoder(TypedDict("Flat", keys, total=False)).decode  # type: ignore[operator]

    def read(self, payload: bytes, received: float) -> tuple[dict[str, float], float, int] | None:
        """Values, source time and quality; None when there is any doubt."""
        try:
            values: dict[str, float] = self._parse(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        time, quality = received, _NO_TIME
        stamp = values.pop(self._clock, None)
        if stamp is not None:
            if self._milliseconds or (self._either and stamp >= MILLISECONDS_FROM):
                stamp /= 1000.0
            if stamp < RELATIVE_BELOW or not self._past <= stamp - received <= self._ahead:
                return None
            time, quality = stamp, 0
        for key, metric, factor, offset, low, high in self._changes:
            if key in values:
                value = values.pop(key)
                if metric in values:
                    return None
                if factor != 1.0 or offset != 0.0:
                    value = converted(value, factor, offset)
                    if not low <= value <= high:
                        return None
                values[metric] = value
        for key, metric in self._spares:
            if key in values:
                del values[key]
                if metric not in values:
                    return None
        return (values, time, quality) if values else None
