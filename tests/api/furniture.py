"""What stands in every hall: people, zones, ten lamps behind a gateway, and an air sensor."""

from __future__ import annotations

import time

from argon2 import PasswordHasher

from hub.access.passwords import Passwords
from hub.model.devices import Device, DeviceKind
from hub.model.users import Role, User
from hub.model.zones import Location, Zone
from hub.registry import Registry

PASSWORD = "correct horse battery"
HUE = Location(16.4637, 107.5909)


def quick_passwords() -> Passwords:
    """Passwords that are checked at once."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def furnish(registry: Registry) -> None:
    """Put everything into an empty registry."""
    kept = quick_passwords().hash(PASSWORD)
    created = time.time()
    for role in Role:
        registry.users.add(User(role.value, role, kept, created=created))
    registry.users.add(User("ward-one", Role.OPERATOR, kept, ("ward-1",), created=created))
    for zone in (
        Zone("hue", "Huế", "city", location=HUE),
        Zone("ward-1", "Phường 1", "ward", "hue"),
        Zone("ward-2", "Phường 2", "ward", "hue"),
        Zone("le-loi", "Lê Lợi", "street", "ward-1", path=(HUE, Location(16.465, 107.592))),
        Zone("dong-ba", "Đông Ba", "street", "ward-2"),
    ):
        registry.zones.add(zone)
    streets = ("le-loi", "dong-ba")
    lamps = [
        Device(
            f"lamp-{number}",
            f"Đèn {number}",
            DeviceKind.LIGHT,
            zone=streets[number % 2],
            location=Location(16.46 + number / 1e4, 107.59),
            rated_power=80.0,
            address="gate-1",
        )
        for number in range(10)
    ]
    registry.devices.add_many(
        [
            Device("gate-1", "Gateway", DeviceKind.GATEWAY, zone="hue"),
            Device("air-1", "Air", DeviceKind.ENVIRONMENT, zone="le-loi", location=HUE),
            *lamps,
        ]
    )
