"""What must hold between devices, zones and gateways. Pure, but for the problems that are raised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from hub.api.imports import Line
from hub.api.problems import Problem, bad_input
from hub.model.devices import Device
from hub.registry.city import City

NATIVE = "native"
Find = Callable[[str], Device | None]


def has_own_connection(device: Device, find: Find) -> bool:
    """True when no registered device speaks for `device`: it signs in at the broker itself."""
    return device.address is None or find(device.address) is None


def check(device: Device, city: City, find: Find, children: Iterable[Device]) -> None:
    """422 when the zone or the gateway of `device` does not exist, or gateways would speak for gateways.

    `find` knows the devices as they will be; `children` are those that `device` speaks for.
    """
    if device.zone is not None and device.zone not in city.tree:
        raise bad_input("body.zone", f"no zone {device.zone!r}: add it first, or leave zone out", "unknown-zone")
    if device.profile != NATIVE or device.address is None:
        return
    if device.address == device.id:
        raise _bad_gateway("a device does not speak for itself: leave address out")
    gateway = find(device.address)
    if gateway is None:
        sentence = f"no device {device.address!r}: a native device's address is its gateway's id; add the gateway first"
        raise bad_input("body.address", sentence, "unknown-gateway")
    if not has_own_connection(gateway, find):
        raise _bad_gateway(f"{gateway.id!r} itself speaks through {gateway.address!r}: write {gateway.address!r}")
    for child in children:
        raise _bad_gateway(
            f"{device.id!r} speaks for {child.id!r} and needs a connection of its own: leave address out"
        )


def _bad_gateway(sentence: str) -> Problem:
    return bad_input("body.address", sentence, "bad-gateway-address")


def check_lines(lines: Sequence[Line], city: City) -> dict[str, Device]:
    """Refuse the lines that cannot be; returns the devices of the others as they will be, by id."""
    coming = {line.id: line.device for line in lines if line.device is not None}
    behind: dict[str, list[Line]] = {}
    for line in lines:
        if line.device is not None and line.device.address is not None:
            behind.setdefault(line.device.address, []).append(line)

    def find(name: str) -> Device | None:
        return coming.get(name) or city.device(name)

    waiting = list(lines)
    while waiting:
        line = waiting.pop()
        if line.device is None:
            continue
        try:
            check(line.device, city, find, (child for child in city.children(line.id) if child.id not in coming))
        except Problem as problem:
            line.fail(problem.detail)
            coming.pop(line.id, None)
            waiting += behind.get(line.id, ())  # a refused gateway takes those that it would speak for along
    return coming
