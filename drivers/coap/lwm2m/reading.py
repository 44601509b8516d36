"""Answers and notifications of clients to rows and reports; what cannot be read goes to quarantine with its path."""

from __future__ import annotations

from drivers.burst import Burst
from drivers.coap.lwm2m.content import Path, decode
from drivers.coap.lwm2m.meaning import NEEDED, Known, Meaning
from drivers.coap.lwm2m.objects import ASSUMED, objects
from drivers.coap.lwm2m.registrations import Registration, Registrations, versions
from drivers.coap.lwm2m.smoke import SMOKE, panel
from drivers.senml import Limits
from drivers.senml.refusals import PackError, Refusals
from hub.model.devices import Device, DeviceKind
from hub.ports import Directory

_FORMAT = "?ct="


class Reader:
    """Remembers of each device what is told only when it changes."""

    def __init__(self, directory: Directory, registrations: Registrations, limits: Limits) -> None:
        self._directory, self._registrations = directory, registrations
        self._meaning = Meaning(objects(), limits)
        self._known: dict[str, Known] = {}

    def read(
        self, registration: Registration, path: Path, raw: bytes, format: int | None, received: float, into: Burst
    ) -> set[int]:
        """Add what `raw`, an answer about `path`, says to `into`; returns the numbers of the resources in it."""
        instance = path[1] if len(path) > 1 else 0
        name = self._registrations.devices(registration).get(instance)
        device = self._directory.device(name or registration.device)
        if device is None:
            return set()
        there: set[int] = set()
        has = versions(registration)
        refusals = Refusals()
        try:
            items = decode(
                raw, format, path, lambda number: has.get(number, ASSUMED), objects(), received, NEEDED, refusals
            )
            there = {each.path[2] for each in items}
            if name is not None:  # a device of its own: what it has is its first
                items = [
                    each._replace(path=(each.path[0], 0, each.path[2])) for each in items if each.path[1] == instance
                ]
            known = self._known.setdefault(device.id, Known())
            self._meaning.read(items, has, device, received, known, into, refusals)
            if device.kind is DeviceKind.FIRE_PANEL:
                report = panel(items, device, received, known, self._smoke(registration, device))
                into.panels += [report] if report is not None else []
        except PackError as error:
            refusals.add(error.code, str(error))
        if refusals:
            source = f"/rd/{registration.device}/{'/'.join(map(str, path))}{_FORMAT}{'' if format is None else format}"
            into.rejected += refusals.rejected(received, source, device.id, raw)
        return there

    def _smoke(self, registration: Registration, device: Device) -> set[int]:
        """The instances of smoke alarms that a device is made of: those that are no devices of their own."""
        if device.id != registration.device:
            return {0}
        apart = self._registrations.devices(registration).keys() - {0}
        return set(registration.offered.instances.get(SMOKE, ()) or (0,)) - apart

    def again(self, source: str, raw: bytes, received: float, into: Burst) -> bool:
        """Read bytes of the quarantine again, as the client is registered now; False when `source` is none of ours."""
        path, _, format = source.partition(_FORMAT)
        parts = path.split("/")
        if len(parts) < 5 or parts[1] != "rd" or not all(part.isdecimal() for part in [*parts[3:], format or "0"]):
            return False
        registration = self._registrations.of(parts[2])
        if registration is None:
            refusals = Refusals()
            refusals.add("not-registered", "the client is not registered now: replay it when it is")
            into.rejected += refusals.rejected(received, source, parts[2], raw)
        else:
            self.read(registration, tuple(map(int, parts[3:])), raw, int(format) if format else None, received, into)
        return True
