"""Commands as devices of a profile read them: topic and payload from templates."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from drivers.profiles.model import Profile, Scale, Template
from drivers.profiles.patterns import DEVICE, fill
from hub import ports
from hub.model.commands import Command, Operation
from hub.model.reasons import sentence

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HEX = re.compile(r"(level|ramp):0([24])x")
_REFERENCES = uuid.UUID("5f0c1b52-1f0e-5a55-9b0d-6c6f1d7a1e31")  # the name space of our references
_NUMBERS = ("level", "ramp", "until")


class CannotCarry(ports.CannotCarry):
    """A command that this device type cannot be given; `reason` says why and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadTemplate(ValueError):
    """A template that cannot be filled; the message says what to write instead."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


@dataclass(frozen=True, slots=True)
class Publish:
    """A message to send, QoS 1, not retained. `reference` is what the network names it by, when it does (DeliveryReport)."""

    topic: str
    payload: bytes
    reference: str | None = None


def check_template(template: Template, operation: Operation, known: Iterable[str]) -> None:
    """Raise BadTemplate when it cannot be filled for a command of this operation, `known` being the named topic levels."""
    levels = set(known) | {DEVICE}
    given = [name for name in ("text", "json", "hex") if getattr(template, name) is not None]
    if given not in (["text"], ["json"], ["hex"], ["json", "hex"]):
        raise BadTemplate("", "needs text, json, hex, or json with {bytes} and hex: write one of them")
    if not template.topic or any(sign in _PLACEHOLDER.sub("", template.topic) for sign in "+#{}"):
        raise BadTemplate("topic", "must be a topic without + and #, e.g. 'cmnd/{device}/Dimmer'")
    for name in _PLACEHOLDER.findall(template.topic):
        if name not in levels:
            raise BadTemplate("topic", f"nothing is known as {{{name}}}: use {_braces(levels)}")
    if template.when is not None and operation is not Operation.SET_LEVEL:
        raise BadTemplate("when", "is for set_level alone: leave it out")
    numbers = set(_NUMBERS) if operation is Operation.SET_LEVEL else set()
    if template.hex is not None:
        _check_hex(template.hex, numbers)
    allowed = levels | numbers | {"id", "reference"} | ({"bytes"} if template.hex is not None else set())
    for key, texts in (("text", [template.text or ""]), ("json", list(_texts(template.json)))):
        for text in texts:
            for name in _PLACEHOLDER.findall(text):
                if name not in allowed:
                    raise BadTemplate(key, f"nothing is known as {{{name}}}: use {_braces(allowed)}")
    if template.json is not None and template.hex is not None and "{bytes}" not in list(_texts(template.json)):
        raise BadTemplate("hex", "has no place in json: write {bytes} there, e.g. data = '{bytes}'")


def _check_hex(text: str, numbers: set[str]) -> None:
    for name in _PLACEHOLDER.findall(text):
        if not _HEX.fullmatch(name) or name.partition(":")[0] not in numbers:
            raise BadTemplate(
                "hex", f"{{{name}}} is no number in bytes: write {{level:02x}} or {{level:04x}}, of set_level"
            )
    try:
        bytes.fromhex(_PLACEHOLDER.sub("00", text))
    except ValueError:
        raise BadTemplate("hex", f"{text[:60]!r} is not hexadecimal: write e.g. '01 {{level:02x}}'") from None


def _braces(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def _texts(value: Any) -> Iterable[str]:
    """Every text in a table."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def scaled(number: float, scale: Scale) -> int | float:
    """`number` as the device counts."""
    found = number * scale.factor
    if number > 0:
        found = max(found, scale.least)
    if scale.most is not None:
        found = min(found, scale.most)
    return int(found + 0.5) if scale.whole else float(f"{found:.12g}")


def reference_of(command: str, device: str) -> str:
    """The UUID by which a network names this command to this device; the same whenever it is asked for."""
    return str(uuid.uuid5(_REFERENCES, f"{command}/{device}"))


def put(profile: Profile, command: Command, device: str, levels: Mapping[str, str]) -> Publish:
    """The message that puts `command` to `device`, whose topic levels are known as `levels`; raises CannotCarry."""
    templates = profile.commands.get(command.operation)
    if templates is None:
        able = ", ".join(sorted(profile.commands)) or "no command at all"
        raise CannotCarry(sentence("cannot", type=profile.title, operation=command.operation.value, able=able))
    if command.operation is Operation.SET_LEVEL and command.level is None:
        raise CannotCarry("the command has no level: send one from 0 to 100")
    template = choose(templates, command)
    known: dict[str, Any] = {**levels, "id": command.id, "reference": reference_of(command.id, device)}
    known["level"] = scaled(command.level or 0.0, profile.level)
    known["ramp"] = scaled(command.ramp, profile.ramp)
    known["until"] = command.until
    topic = fill(template.topic, levels)
    if "+" in topic:
        missing = ", ".join(name for name in _PLACEHOLDER.findall(template.topic) if name not in levels)
        raise CannotCarry(sentence("address-unknown", parts=missing))
    raw = b"" if template.hex is None else bytes.fromhex(_PLACEHOLDER.sub(_hexadecimal(known), template.hex))
    known["bytes"] = base64.b64encode(raw).decode()
    used = "{reference}" in list(_texts(template.json)) or "{reference}" in (template.text or "")
    reference = known["reference"] if used else None
    if template.json is not None:
        return Publish(topic, msgspec.json.encode(_filled(template.json, known)), reference)
    if template.text is not None:
        return Publish(topic, str(_filled(template.text, known)).encode(), reference)
    return Publish(topic, raw, reference)


def choose(templates: Iterable[Template], command: Command) -> Template:
    """The template for this case of the command."""
    case = "off" if command.level == 0 else "ramp" if command.ramp > 0 else None
    return next(template for template in templates if template.when in (None, case))


def _hexadecimal(known: Mapping[str, Any]) -> Callable[[re.Match[str]], str]:
    def written(found: re.Match[str]) -> str:
        name, _, form = found[1].partition(":")
        width = int(form[1])
        number = min(int(known[name] + 0.5), 16**width - 1)
        return f"{number:0{width}x}"

    return written


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    """`value` with its placeholders replaced; a text that is nothing but one becomes the number it stands for."""
    if isinstance(value, Mapping):
        return {key: _filled(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, known) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _PLACEHOLDER.fullmatch(value)
    if whole is not None:
        return known[whole[1]]
    return _PLACEHOLDER.sub(lambda found: str(known[found[1]]), value)
