"""Short ways to say what the tests are about."""

from __future__ import annotations

from collections.abc import Sequence

from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.overrides import Override
from hub.model.readings import Rejected
from hub.model.reports import EventReport, ResultReport
from hub.registry import Registry

NOW = 1_763_750_000.123456


def add_lamps(registry: Registry, *ids: str) -> None:
    registry.devices.add_many([Device(id, f"Lamp {id}", DeviceKind.LIGHT) for id in ids], {})


def command(id: str, created: float = NOW, operation: Operation = Operation.SET_LEVEL) -> Command:
    return Command(
        id, operation, created, "huong", created + 60, level=60.0, ramp=5.0, until=created + 3600, override="o1"
    )


def override(id: str, start: float = NOW, until: float = NOW + 3600, command: str = "c1") -> Override:
    return Override(id, 60.0, 5.0, start, until, "lễ hội", "huong", command, ("le-loi", "ward-1"), ("a", "b"))


def state(device: str, level: float = 60.0, time: float = NOW, command: str | None = None) -> LightReport:
    return LightReport(device, level, Cause.OVERRIDE, time, time + 0.5, command)


def result(device: str, command: str, outcome: Outcome = Outcome.APPLIED, detail: str = "") -> ResultReport:
    return ResultReport(device, command, outcome, NOW + 1, NOW + 2, detail)


def event(
    device: str, active: bool | None, time: float = NOW, type: str = "lampFailure", point: str = ""
) -> EventReport:
    return EventReport(device, type, active, time, time + 0.5, point, "bóng đèn")


def rejected(device: str | None, code: str = "bad-json", raw: bytes = b"\x00\xff{", received: float = NOW) -> Rejected:
    return Rejected(received, f"ll/d/{device}/up/telemetry", device, code, "send JSON", raw)


def outcomes(registry: Registry, command: str) -> dict[str, str]:
    return {target.device: target.outcome.value for target in registry.orders.targets(command, limit=100_000)}


def devices_of(items: Sequence[LightReport | EventReport]) -> list[str]:
    return [item.device for item in items]
