"""What stands at a resource, as readings and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from drivers.burst import Burst
from drivers.coap.client.model import Resource
from drivers.coap.client.schema import Body
from drivers.mqtt.fire_state import panel, repaired
from drivers.mqtt.reports import State, reader
from drivers.profiles.reader import UNSAID, Reader
from drivers.senml import Limits, PackDecoder
from drivers.senml.labels import Targets
from drivers.senml.parse import cbor, records
from drivers.senml.refusals import PackError, Refusals
from drivers.senml.resolve import Resolver
from hub.model.devices import Device, DeviceKind
from hub.model.light import LightReport
from hub.ports import Directory

_states = reader(State, "state")


class ResourceReader:
    """Reads one resource of a device type. Never raises, whatever the bytes."""

    def __init__(self, resource: Resource, directory: Directory, limits: Limits, zone: ZoneInfo) -> None:
        self._resource, self._limits = resource, limits
        self._fields = Reader(resource.message, limits, zone, _object if resource.body is Body.CBOR else None)
        self._packs = PackDecoder(directory, limits)
        self._resolver = Resolver(directory, limits, Targets())

    def read(self, payload: bytes, device: Device, source: str, received: float, into: Burst) -> None:
        """Add what `payload` says of `device` to `into`; `source` is where it came from, for the quarantine."""
        if self._resource.body is Body.PANEL:
            self._panel(payload, device, source, received, into)
            return
        if self._resource.body is not Body.SENML:
            light = self._fields.read(payload, device, source, received, into)
            if light is not None:
                into.lights.append(light)
            return
        before = len(into.rows)
        if self._resource.names is None:
            rows, rejected = self._packs.decode(payload, device, source, received)
            into.rows += rows
            into.rejected += rejected
        else:
            self._named(self._resource.names, payload, device, source, received, into)
        for row in into.rows[before:]:
            if row.kind is DeviceKind.LIGHT and "level" in row.values:
                into.lights.append(LightReport(row.device, row.values["level"], UNSAID, row.time, received))

    def _panel(self, payload: bytes, device: Device, source: str, received: float, into: Burst) -> None:
        """The whole state of a fire panel; what is good of it counts."""
        refusals = Refusals()
        try:
            state = _one_state(payload, refusals)
            found = panel(state, device, received, self._limits.future)
            into.panels.append(found.report)
            for error in found.wrong:
                refusals.add(error.code, str(error))
        except PackError as error:
            refusals.add(error.code, str(error))
        if refusals:
            into.rejected += refusals.rejected(received, source, device.id, payload)

    def _named(
        self, names: Mapping[str, str], payload: bytes, device: Device, source: str, received: float, into: Burst
    ) -> None:
        """A pack whose records have names of their own; those that the profile does not know are passed over."""
        refusals = Refusals()
        try:
            pack = records(payload)
            if len(pack) > self._limits.records:
                raise PackError("too-large", f"{len(pack)} records in one pack: send at most {self._limits.records}")
            into.rows += self._resolver.resolve(_renamed(pack, names), device, received, refusals)
        except PackError as error:
            refusals.add(error.code, str(error))
        if refusals:
            into.rejected += refusals.rejected(received, source, device.id, payload)


def _renamed(pack: list[dict[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The records that have one of `names`, with or without the base name before it, as metrics; what sets the base for
    others stays."""
    found: list[dict[str, Any]] = []
    base = ""
    for record in pack:
        given, own = record.get("bn", base), record.get("n", "")
        if not isinstance(given, str) or not isinstance(own, str):
            raise PackError("bad-base", 'bn and n must be text: send e.g. {"n":"power","u":"W","v":61.2}')
        base = given
        about = names.get(base + own, names.get(own))
        rest = {key: value for key, value in record.items() if key not in ("bn", "n")}
        if about is not None:
            found.append(rest | {"n": about})
        elif sets := {key: value for key, value in rest.items() if key in ("bt", "bu", "bv", "bver")}:
            found.append(sets)
    return found


def _object(payload: bytes) -> Any:
    body = cbor(payload)
    if not isinstance(body, dict):
        raise PackError("bad-payload", "the CBOR is no map: send one with text as keys, or write format = 'senml'")
    return body


def _one_state(payload: bytes, refusals: Refusals) -> State:
    try:
        found = _states(payload)
    except PackError as error:
        mended = repaired(payload) if error.code == "bad-json" else None
        if mended is None:
            raise
        refusals.add(error.code, str(error))
        found = _states(mended)
    if len(found) != 1:
        raise PackError("bad-state", f"{len(found)} states: a panel's resource holds its own, an object")
    return found[0]
