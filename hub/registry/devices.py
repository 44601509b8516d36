"""Devices, their accounts at the broker, and what their keys are made from."""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from hub.model.audit import AuditEntry
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.registry import tables
from hub.registry.audit import note
from hub.registry.batches import among
from hub.registry.city import NATIVE
from hub.registry.database import Database
from hub.registry.errors import Exists, Missing, NotEmpty
from hub.registry.zones import location

_devices = tables.devices
_accounts = tables.accounts
_keys = tables.device_keys
_SHOWN = ("id", "name", "kind", "profile", "zone", "lat", "lon", "rated_power", "address", "status", "feed")
_KINDS = {kind.value: kind for kind in DeviceKind}
_STATUSES = {status.value: status for status in DeviceStatus}


class Devices:
    """The registered devices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Device]:
        """Every device, by id."""
        columns = (_devices.c[name] for name in _SHOWN)
        with self._database.read() as connection:
            return [_plain(*row) for row in connection.execute(select(*columns).order_by(_devices.c.id))]

    def get(self, id: str) -> Device | None:
        """The device of that id."""
        with self._database.read() as connection:
            row = connection.execute(select(_devices).where(_devices.c.id == id)).first()
        return None if row is None else _device(row)

    def page(
        self,
        *,
        zones: Collection[str] | None = None,
        zoneless: bool = False,
        kind: DeviceKind | None = None,
        status: DeviceStatus | None = None,
        q: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> list[Device]:
        """At most `limit` devices by id, those after `after`; `q` is found in ids and names whatever its case.

        In one of `zones`, or, if `zoneless`, in none at all.
        """
        with self._database.read() as connection:
            query = select(_devices).order_by(_devices.c.id).limit(limit)
            if zones is not None:
                query = query.where(among(connection, _devices.c.zone, zones))
            if zoneless:
                query = query.where(_devices.c.zone.is_(None))
            if kind is not None:
                query = query.where(_devices.c.kind == kind.value)
            if status is not None:
                query = query.where(_devices.c.status == status.value)
            if q:
                query = query.where(_devices.c.search.contains(_folded(q), autoescape=True))
            if after is not None:
                query = query.where(_devices.c.id > after)
            return [_device(row) for row in connection.execute(query)]

    def add_many(self, devices: Sequence[Device], hashes: Mapping[str, str] | None = None) -> None:
        """Add all or none, with accounts for those in `hashes`; raises Exists, Missing (a zone)."""
        if not devices:
            return
        with self._database.write() as connection:
            ids = [device.id for device in devices]
            there = select(_devices.c.id).where(among(connection, _devices.c.id, ids)).limit(1)
            taken = connection.scalars(there).first()
            if taken is not None:
                raise Exists(f"device {taken!r} exists already: choose another id, or change that device")
            twice = [id for id, count in Counter(ids).items() if count > 1]
            if twice:
                raise Exists(f"device {twice[0]!r} is given twice: give each device its own id")
            _check_zones(connection, {device.zone for device in devices if device.zone is not None})
            connection.execute(insert(_devices), [_columns(device) for device in devices])
            accounts = [{"device": id, "hash": hashes[id]} for id in ids if id in hashes] if hashes else []
            if accounts:
                connection.execute(insert(_accounts), accounts)

    def update(self, device: Device) -> None:
        """Replace the device of that id; raises Missing (the device, or its zone)."""
        with self._database.write() as connection:
            _check_zones(connection, {device.zone} if device.zone is not None else set())
            changed = connection.execute(update(_devices).where(_devices.c.id == device.id).values(_columns(device)))
            if not changed.rowcount:
                raise _missing(device.id)

    def delete(self, id: str) -> None:
        """Delete a device with its account, key, light state and events; commands keep its id as text.

        Raises Missing, and NotEmpty for a gateway that other native devices' addresses name.
        """
        with self._database.write() as connection:
            children = select(_devices.c.id).where(_devices.c.address == id, _devices.c.id != id)
            children = children.where(_devices.c.profile == NATIVE)
            count = connection.scalar(select(func.count()).select_from(children.subquery())) or 0
            if count:
                names = connection.scalars(children.order_by(_devices.c.id).limit(3)).all()
                more = " ..." if count > len(names) else ""
                raise NotEmpty(
                    f"device {id!r} speaks for {count} others ({', '.join(names)}{more}): change their address first"
                )
            if not connection.execute(delete(_devices).where(_devices.c.id == id)).rowcount:
                raise _missing(id)

    def accounts(self) -> dict[str, str]:
        """The bcrypt hash of every device that has an account at the broker."""
        with self._database.read() as connection:
            rows = connection.execute(select(_accounts.c.device, _accounts.c.hash).order_by(_accounts.c.device))
            return {row.device: row.hash for row in rows}

    def set_account(self, device: str, hash: str | None) -> None:
        """Give the device an account, replace its hash, or (None) take it away; raises Missing."""
        with self._database.write() as connection:
            if connection.scalar(select(_devices.c.id).where(_devices.c.id == device)) is None:
                raise _missing(device)
            connection.execute(delete(_accounts).where(_accounts.c.device == device))
            if hash is not None:
                connection.execute(insert(_accounts).values(device=device, hash=hash))

    def keys(self) -> dict[str, str]:
        """The seed of the key of every device that has one."""
        with self._database.read() as connection:
            return {row.device: row.seed for row in connection.execute(select(_keys.c.device, _keys.c.seed))}

    def set_key(self, device: str, seed: str | None, now: float = 0.0, *, audit: AuditEntry | None = None) -> None:
        """Give the device a key, replace it, or (None) take it away, and keep a line of the audit; raises Missing."""
        with self._database.write() as connection:
            if connection.scalar(select(_devices.c.id).where(_devices.c.id == device)) is None:
                raise _missing(device)
            connection.execute(delete(_keys).where(_keys.c.device == device))
            if seed is not None:
                connection.execute(insert(_keys).values(device=device, seed=seed, made=now))
            note(connection, audit)


def _check_zones(connection: Connection, zones: Collection[str]) -> None:
    column = tables.zones.c.id
    there = set(connection.scalars(select(column).where(among(connection, column, zones)))) if zones else set()
    for zone in sorted(zones):
        if zone not in there:
            raise Missing(f"no zone {zone!r}: add it first, or leave out the device's zone")


def _missing(id: str) -> Missing:
    return Missing(f"no device {id!r}: it was deleted, or never added")


def _folded(text: str) -> str:
    """Without case and marks, so that "le loi" finds Lê Lợi and "dong ba" Đông Ba."""
    apart = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _device(row: Row[Any]) -> Device:
    return _plain(*(getattr(row, name) for name in _SHOWN))


def _plain(
    id: str,
    name: str,
    kind: str,
    profile: str,
    zone: str | None,
    lat: float | None,
    lon: float | None,
    rated_power: float | None,
    address: str | None,
    status: str,
    feed: str | None,
) -> Device:
    """A device from its columns; what many devices share is one string in memory."""
    return Device(
        id,
        name,
        _KINDS[kind],
        sys.intern(profile),
        zone if zone is None else sys.intern(zone),
        location(lat, lon),
        rated_power,
        address if address is None else sys.intern(address),
        _STATUSES[status],
        feed if feed is None else sys.intern(feed),
    )


def _columns(device: Device) -> dict[str, Any]:
    return {
        "id": device.id,
        "name": device.name,
        "kind": device.kind.value,
        "profile": device.profile,
        "zone": device.zone,
        "lat": device.location and device.location.lat,
        "lon": device.location and device.location.lon,
        "rated_power": device.rated_power,
        "address": device.address,
        "status": device.status.value,
        "feed": device.feed,
        "search": _folded(f"{device.id}\n{device.name}"),
    }
