"""Changes to zones and devices: the registry first, then what is kept in memory, then the screens; one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

from hub.access.keys import NoSecurePort, NoSignIn
from hub.api.edits.imports import Line, RowOutcome
from hub.api.edits.inventory import Inventory
from hub.api.edits.writing import write
from hub.api.problems import Problem, bad_input, not_found
from hub.api.services import Services
from hub.api.versions import Versions, must_be
from hub.model.audit import AuditEntry
from hub.model.devices import Device
from hub.model.zones import BadParent, Zone
from hub.ports import BrokerAccess
from hub.registry import Exists, Missing, NotEmpty, RegistryUnavailable
from hub.registry.city import FED, NATIVE

PORTION = 5_000
P = ParamSpec("P")
T = TypeVar("T")


def _place(device: Device) -> tuple[object, ...]:
    """What decides whether a device can be as it is."""
    return device.kind, device.profile, device.zone, device.address, device.feed


class Edits:
    """Everything that changes the city's inventory through the API. Raises problems ready to be answered."""

    def __init__(self, services: Services) -> None:
        self._hub = services
        self._inventory = Inventory(services.city, services.profiles, services.device_accounts)
        self._one_at_a_time = asyncio.Lock()

    # --- zones -------------------------------------------------------------------------------------------------------

    async def add_zone(self, zone: Zone) -> None:
        """409 exists, 422 bad-parent."""
        async with self._one_at_a_time:
            await self._write(self._hub.registry.zones.add, zone)
            self._hub.city.put_zone(zone)
            self._hub.screens.zones(self._hub.city.tree.path(zone.id))

    async def change_zone(
        self, name: str, changes: dict[str, Any], audit: AuditEntry | None = None, wanted: Versions = None
    ) -> Zone:
        """404, 412, 422 bad-parent. A new parent takes everything beneath along."""
        async with self._one_at_a_time:
            before = self._hub.city.tree.zones.get(name)
            if before is None:
                raise not_found("zone", name)
            must_be("zone", before, wanted)
            zone = replace(before, **changes)
            touched = set(self._hub.city.tree.path(name))
            await self._write(self._hub.registry.zones.update, zone, audit=audit)
            self._hub.city.put_zone(zone)
            self._hub.screens.zones(touched.union(self._hub.city.tree.path(name)))
            return zone

    async def drop_zone(self, name: str, wanted: Versions = None) -> None:
        """404, 409 zone-not-empty, in-use, 412."""
        async with self._one_at_a_time:
            if (before := self._hub.city.tree.zones.get(name)) is not None:
                must_be("zone", before, wanted)
            if rules := self._hub.sensing.naming(name):
                raise Problem(409, "in-use", f"sensor rules are for zone {name!r}: delete {', '.join(rules[:5])} first")
            touched = self._hub.city.tree.path(name)
            try:
                await self._write(self._hub.registry.zones.delete, name)
            except NotEmpty as error:
                raise Problem(409, "zone-not-empty", str(error)) from None
            self._hub.city.drop_zone(name)
            self._hub.screens.zones(touched)

    # --- devices -----------------------------------------------------------------------------------------------------

    async def add_device(self, device: Device) -> str | None:
        """409 exists, 422; returns the new secret, None when a gateway speaks for the device."""
        async with self._one_at_a_time:
            self._check(device)
            connecting = [device.id] if self._connects(device) else []
            made = await asyncio.to_thread(self._hub.device_accounts.make, connecting)
            hashes = {name: hashed for name, (_, hashed) in made.items()}
            await self._write(self._hub.registry.devices.add_many, [device], hashes)
            self.show([device])
        if not made:
            return None
        await self._hub.device_accounts.publish()
        return made[device.id][0]

    async def change_device(self, name: str, changes: dict[str, Any], wanted: Versions = None) -> Device:
        """404, 412, 422. A device that a gateway speaks for from now on loses its own account and key."""
        async with self._one_at_a_time:
            before = self._hub.city.device(name)
            if before is None:
                raise not_found("device", name)
            must_be("device", before, wanted)
            device = replace(before, **changes)
            if _place(device) != _place(before):
                self._check(device)
            await self._write(self._hub.registry.devices.update, device)
            withdrawn = self._connects(before) and not self._connects(device)
            if withdrawn:
                await self._write(self._hub.registry.devices.set_account, name, None)
            if not self._hub.device_keys.keyed(device):
                await self._write(self._hub.device_keys.withdraw, name)
            self.show([device])
        if withdrawn or self._accesses(device) != self._accesses(before):
            await self._hub.device_accounts.publish()
        return device

    async def drop_device(self, name: str, wanted: Versions = None) -> None:
        """404, 409 for a gateway that still speaks for others or a cabinet that feeds lights, 412."""
        async with self._one_at_a_time:
            zones = self._zones_of(name)
            before = self._hub.city.device(name)
            if before is not None:
                must_be("device", before, wanted)
            if fed := list(self._hub.city.fed_by(name)):
                sentence = f"{name!r} feeds {len(fed)} lights, {fed[0].id!r} among them: change their feed first"
                raise Problem(409, "feeds-lights", sentence)
            try:
                await self._write(self._hub.registry.devices.delete, name)
            except NotEmpty as error:
                raise Problem(409, "speaks-for-others", str(error)) from None
            self._hub.city.drop_device(name)
            self._hub.device_keys.forget(name)
            self._hub.latest.forget(name)
            self._hub.board.forget(name)
            self._hub.screens.devices([name])
            self._hub.screens.zones(zones)
            with suppress(RegistryUnavailable):  # the next look at the alarms does it
                await self._hub.alarms.device_deleted(name)
            with suppress(RegistryUnavailable):  # the next start does it
                await self._hub.signals.deleted(name)
        if before is None or self._connects(before):
            await self._hub.device_accounts.publish()

    async def new_credentials(self, name: str) -> str:
        """A new secret; the old session is cut. 404, 409 when a gateway speaks for the device."""
        async with self._one_at_a_time:
            device = self._hub.city.device(name)
            if device is None:
                raise not_found("device", name)
            if not self._connects(device):
                info = self._hub.profiles.get(device.profile)
                if info is not None and info.check_address is not None:
                    raise Problem(409, "no-connection", f"{name!r} signs in nowhere: the hub asks it itself")
                speaker = f"a gateway of profile {device.profile!r}"
                if device.profile in (NATIVE, FED):
                    speaker = repr(self._hub.city.topic_owner(name))
                detail = (
                    f"{speaker} speaks for {name!r}, which has no connection of its own: renew those of the gateway"
                )
                raise Problem(409, "no-connection", detail)
            issued = await self._write(self._hub.device_accounts.issue, [name])
        await self._hub.device_accounts.publish()
        return issued[name]

    async def new_key(self, name: str, by: str) -> tuple[str, str]:
        """A new key and where to sign in with it; the old session is cut. 404, 409 no-secure-port, no-sign-in."""
        async with self._one_at_a_time:
            device = self._hub.city.device(name)
            if device is None:
                raise not_found("device", name)
            keys = self._hub.device_keys
            try:
                server = keys.url(device)
                return await self._write(keys.issue, device, by), server
            except NoSignIn as error:
                raise Problem(409, "no-sign-in", str(error)) from None
            except NoSecurePort as error:
                raise Problem(409, "no-secure-port", str(error)) from None

    async def drop_key(self, name: str, by: str) -> None:
        """Take a device's key away; its session is cut. 404."""
        async with self._one_at_a_time:
            if self._hub.city.device(name) is None:
                raise not_found("device", name)
            await self._write(self._hub.device_keys.withdraw, name, by)

    # --- many at once ------------------------------------------------------------------------------------------------

    async def take_lines(self, lines: Sequence[Line]) -> None:
        """Store what a file says; lines that cannot be stored are marked with the reason."""
        async with self._one_at_a_time:
            stored, changed_accounts = await asyncio.to_thread(self._store_lines, lines)
            self.show(stored)
        if changed_accounts or any(line.password for line in lines):
            await self._hub.device_accounts.publish()

    def _store_lines(self, lines: Sequence[Line]) -> tuple[list[Device], bool]:
        """In a thread. Returns the devices that were stored, and whether an account was withdrawn or may do something else."""
        city, devices = self._hub.city, self._hub.registry.devices
        coming = self._inventory.check_lines(lines)

        def find(name: str) -> Device | None:
            return coming.get(name) or city.device(name)

        created = [line for line in lines if line.device is not None and line.outcome is RowOutcome.CREATED]
        connecting = [line.id for line in created if self._inventory.has_own_connection(coming[line.id], find)]
        made = self._hub.device_accounts.make(connecting)
        for start in range(0, len(created), PORTION):
            portion = created[start : start + PORTION]
            hashes = {line.id: made[line.id][1] for line in portion if line.id in made}
            try:
                devices.add_many([coming[line.id] for line in portion], hashes)
            except (Exists, Missing) as error:
                for line in portion:
                    line.fail(f"{error} (the {len(portion)} rows around it were not stored)")
        changed_accounts = False
        own = self._inventory.has_own_connection
        for line in lines:
            if line.device is not None and line.outcome is RowOutcome.UPDATED:
                try:
                    devices.update(line.device)
                except Missing as error:
                    line.fail(str(error))
                    continue
                before = city.devices[line.id]
                if own(before, city.device) and not own(line.device, find):
                    devices.set_account(line.id, None)
                    changed_accounts = True
                if not self._hub.device_keys.keyed(line.device):
                    self._hub.device_keys.withdraw(line.id)
                changed_accounts |= self._accesses(line.device) != self._accesses(before)
        for line in created:
            if line.device is not None and line.id in made:
                line.password = made[line.id][0]
        changed = [
            line.device for line in lines if line.device is not None and line.outcome is not RowOutcome.UNCHANGED
        ]
        return changed, changed_accounts

    def show(self, devices: Sequence[Device]) -> None:
        """Take registered devices into the city and tell the screens."""
        zones = {zone for device in devices for zone in self._zones_of(device.id)}
        self._hub.city.put_devices(devices)
        self._hub.screens.devices([device.id for device in devices])
        self._hub.screens.zones(zones)

    def _connects(self, device: Device) -> bool:
        return self._inventory.has_own_connection(device, self._hub.city.device)

    def _accesses(self, device: Device) -> BrokerAccess | None:
        return self._hub.device_accounts.access(device)

    def _check(self, device: Device) -> None:
        city = self._hub.city
        self._inventory.check(device, city.device, city.at, city.children(device.id))

    def _zones_of(self, name: str) -> tuple[str, ...]:
        known = self._hub.city.device(name)
        return () if known is None else self._hub.city.tree.path(known.zone)

    async def _write(self, call: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        try:
            return await write(call, *arguments, **options)
        except BadParent as error:
            raise bad_input("body.parent", str(error), "bad-parent") from None
