"""Commands and configurations as native devices read them (contract: `down/command`, `down/config`)."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.model.commands import Command
from hub.ports import DeviceConfig


def encode_command(command: Command, device: str | None = None, segment: str | None = None) -> bytes:
    """The payload of a command; `device` names the one meant when its gateway carries the message, `segment` a cabinet's
    contactor. What a junction is told besides is `command.signal`."""
    fields: dict[str, Any] = {
        "id": command.id,
        "t": command.created,
        "expires": command.expires,
        "op": command.operation.value,
    }
    if device is not None:
        fields["d"] = device
    if segment is not None:
        fields["segment"] = segment
    if command.level is not None:
        fields["level"] = command.level
        fields["ramp"] = command.ramp
    if command.until is not None:
        fields["until"] = command.until
    return msgspec.json.encode(fields if command.signal is None else {**command.signal, **fields})


def encode_config(config: DeviceConfig) -> bytes:
    """The payload of a configuration."""
    fields: dict[str, Any] = {"groups": config.groups, "report_every": config.report_every}
    if config.program is not None:
        fields["program"] = config.program
    if config.children:
        fields["children"] = config.children
    if config.plans:
        fields["plans"] = config.plans
    if config.plan is not None:
        fields["plan"], fields["position"] = config.plan, config.position
    if config.child_plans:
        fields["child_plans"] = config.child_plans
    return msgspec.json.encode(fields)
