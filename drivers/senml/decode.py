"""SenML to rows, fast. Ordinary JSON packs take a short way; whatever is unusual in any respect goes the careful way."""

from __future__ import annotations

import msgspec

from drivers.senml.labels import RELATIVE_BELOW, Target, Targets, converted
from drivers.senml.parse import cbor, records
from drivers.senml.refusals import PackError, Refusals
from drivers.senml.resolve import Limits, Resolver
from hub.model.devices import Device
from hub.model.metrics import UnknownMetric
from hub.model.readings import Quality, Rejected, Row
from hub.model.units import UnknownUnit
from hub.ports import Directory

__all__ = ["Limits", "PackDecoder"]


class _Record(msgspec.Struct, gc=False):
    n: str | None = None
    v: float | None = None
    u: str | None = None
    t: float | None = None
    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None


def _from_cbor(payload: bytes) -> tuple[list[_Record], int]:
    """The records of an ordinary CBOR pack and how many labels it has; nothing when there is any doubt."""
    found: list[_Record] = []
    labels = 0
    try:
        for item in cbor(payload):
            get = item.get
            record = _Record(
                get(0), _float(get(2)), get(1), _float(get(6)), get(-2), _float(get(-3)), get(-4), _float(get(-5))
            )
            for text in (record.n, record.u, record.bn, record.bu):
                if text is not None and type(text) is not str:
                    return [], 0
            labels += len(item)
            found.append(record)
    except (PackError, AttributeError, TypeError, OverflowError):
        return [], 0
    return found, labels


def _float(value: object) -> float | None:
    if value is None or type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    raise TypeError


class PackDecoder:
    """Decodes packs of registered devices. Never raises, whatever the bytes."""

    def __init__(self, directory: Directory, limits: Limits | None = None) -> None:
        self._directory = directory
        self._limits = limits or Limits()
        self._ahead = min(self._limits.suspect, self._limits.future)
        self._targets = Targets()
        self._resolver = Resolver(directory, self._limits, self._targets)
        self._parse = msgspec.json.Decoder(list[_Record]).decode

    def decode(self, payload: bytes, speaker: Device, source: str, received: float) -> tuple[list[Row], list[Rejected]]:
        """The rows of a pack that `speaker` sent, one a device and source time, and what was refused.

        `received` is the time of receipt, `source` where the pack came from, for the quarantine.
        """
        if payload[:1] == b"[":
            try:
                pack = self._parse(payload)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                return self._careful(payload, speaker, source, received)
            rows = self._plain(pack, payload.count(b'":'), speaker, received)
            if rows:
                return rows, []
        elif payload[:1] >= b"\x80":
            rows = self._plain(*_from_cbor(payload), speaker, received)
            if rows:
                return rows, []
        return self._careful(payload, speaker, source, received)

    def _careful(
        self, payload: bytes, speaker: Device, source: str, received: float
    ) -> tuple[list[Row], list[Rejected]]:
        refusals = Refusals()
        rows: list[Row] = []
        try:
            pack = records(payload)
            if len(pack) > self._limits.records:
                raise PackError("too-large", f"{len(pack)} records in one pack: send at most {self._limits.records}")
            rows = self._resolver.resolve(pack, speaker, received, refusals)
        except PackError as error:
            refusals.add(error.code, str(error))
        return rows, refusals.rejected(received, source, speaker.id, payload) if refusals else []

    def _plain(self, pack: list[_Record], present: int, speaker: Device, received: float) -> list[Row] | None:
        """The rows of a pack that holds nothing but good readings of known names; None when there is any doubt.

        That the labels `present` in the message are as many as those understood rules out labels that are unknown,
        doubled, non-numeric or rare: those are for the careful way to judge.
        """
        if len(pack) > self._limits.records:
            return None
        targets = self._targets.get
        labels = 0  # understood so far
        own, device, kind = speaker.id, speaker.id, speaker.kind
        prefixed = False
        base_unit: str | None = None
        base_value = base_time = stamp = 0.0
        time, quality = received, int(Quality.NO_SOURCE_TIME)
        values: dict[str, float] | None = None
        rows: list[Row] = []
        by_key: dict[tuple[str, float], dict[str, float]] = {}
        for record in pack:
            prefix, name, unit, value, t = record.bn, record.n, record.u, record.v, record.t
            if prefix is not None:
                owner = self._owner(prefix, speaker)
                if owner is None:
                    return None
                labels += 1
                device, kind, prefixed, values = owner.id, owner.kind, prefix != "", None
            if record.bt is not None:
                labels += 1
                base_time = record.bt
            if record.bu is not None:
                labels += 1
                base_unit = record.bu
            if record.bv is not None:
                labels += 1
                base_value = record.bv
            if value is None or name is None:
                return None
            labels += 2
            if unit is None:
                unit = base_unit
            else:
                labels += 1
            if t is None:
                t = base_time
            else:
                labels += 1
                t += base_time
            if t != stamp:
                timed = self._time(t, received)
                if timed is None:
                    return None
                time, quality = timed
                stamp = t
                values = None
            target = targets((name, unit))
            if target is None:
                path, slash, metric = name.rpartition("/")
                target = targets((metric, unit)) or self._target(metric, unit)
                if target is None or (slash and prefixed):
                    return None
                if slash:
                    owner = self._owner(path + slash, speaker)
                    if owner is None:
                        return None
                    device, kind, values = owner.id, owner.kind, None
            if device != own and not prefixed and "/" not in name:
                device, kind, values = own, speaker.kind, None
            metric, factor, offset, low, high = target
            value += base_value
            if factor != 1.0 or offset != 0.0:
                value = converted(value, factor, offset)
            if not low <= value <= high:
                return None
            if values is None:
                values = by_key.get((device, time))
                if values is None:
                    values = by_key[device, time] = {metric: value}
                    rows.append(Row(device, kind, time, received, values, quality))
                    continue
            values.setdefault(metric, value)
        return rows if present == labels else None

    def _target(self, name: str, unit: str | None) -> Target | None:
        try:
            return self._targets.resolve(name, unit)
        except (UnknownMetric, UnknownUnit):
            return None

    def _owner(self, prefix: str, speaker: Device) -> Device | None:
        """The device that names starting with `prefix` are about, when `speaker` may speak for it."""
        if prefix == "":
            return speaker
        name = prefix[:-1]
        if prefix[-1] != "/" or "/" in name:
            return None
        if name == speaker.id:
            return speaker
        return self._directory.device(name) if self._directory.speaks_for(speaker.id, name) else None

    def _time(self, resolved: float, received: float) -> tuple[float, int] | None:
        ahead = resolved - received
        if resolved >= RELATIVE_BELOW and -self._limits.past <= ahead <= self._ahead:
            return resolved, 0
        if resolved == 0.0:
            return received, int(Quality.NO_SOURCE_TIME)
        return None
