"""A profile's tables to plain data, every path, name, unit, template and range checked."""

from __future__ import annotations

from collections.abc import Sequence

from aiocoap.numbers.codes import Code

from drivers.coap.client.address import check_address
from drivers.coap.client.model import HostProfile, Resource, Write
from drivers.coap.client.schema import Body, HostTable, OrdersTable, ResourceTable, WriteTable
from drivers.coap.client.target import BadTarget, Target, parse_target
from drivers.profiles.build import level_scale, meaning, ramp_scale, templates
from drivers.profiles.files import Problem
from drivers.profiles.model import Form, Message, Profile, Scale
from drivers.profiles.patterns import Channel, TopicPattern
from hub.model.commands import Operation
from hub.model.devices import DeviceKind
from hub.model.metrics import UnknownMetric, metric
from hub.ports import Confirmation, ProfileInfo

TEXT, OCTETS, JSON, CBOR = 0, 42, 50, 60  # content formats
_METHODS = {"PUT": Code.PUT, "POST": Code.POST}


def build_host(name: str, table: HostTable) -> HostProfile:
    """The profile; raises Problem."""
    resources = tuple(_resource(f"resources[{place}]", each) for place, each in enumerate(table.resources))
    _check_twice(resources)
    for place, each in enumerate(resources):
        if each.body is Body.PANEL and table.kinds != [DeviceKind.FIRE_PANEL]:
            raise Problem(f"resources[{place}].format", "is the state of a fire panel: write kinds = ['fire_panel']")
    operations = {Operation.READ} | ({Operation.SET_LEVEL} if table.commands is not None else set())
    patience = 0.0 if table.commands is None else table.commands.patience
    info = ProfileInfo(
        name,
        table.title,
        frozenset(table.kinds),
        frozenset(operations),
        Confirmation.STATE,
        patience,
        check_address=check_address,
    )
    if table.commands is None:
        return HostProfile(info, resources, Profile(name, table.title, info, ()))
    if DeviceKind.LIGHT not in table.kinds:
        raise Problem("commands", "are for lights: add 'light' to kinds, or leave commands out")
    return _with_orders(info, resources, table.commands)


def _target(key: str, text: str, accept: int | None = None) -> Target:
    try:
        return parse_target(text, accept)
    except BadTarget as error:
        raise Problem(key, str(error)) from None


# --- resources ----------------------------------------------------------------------------------------------------


def _resource(key: str, table: ResourceTable) -> Resource:
    target = _target(f"{key}.path", table.path, table.accept)
    names = _names(key, table)
    if table.format in (Body.SENML, Body.PANEL):
        remedy = ", or write names" if table.format is Body.SENML else ""
        what = "a SenML pack" if table.format is Body.SENML else "a panel's state"
        for name in ("fields", "events", "clock", "cause", "ignore", "kinds", "unknown", "nothing"):
            if name in table.model_fields_set:
                raise Problem(f"{key}.{name}", f"{what} says itself what it holds: leave it out{remedy}")
    elif not (table.fields or table.events):
        raise Problem(key, "says nothing: add fields or events")
    if table.format is Body.TEXT and (table.clock or table.events):
        raise Problem(f"{key}.format", "a text has no keys for clock or events: leave those out, or write 'json'")
    for place, event in enumerate(table.events):
        if event.active is None:
            raise Problem(
                f"{key}.events[{place}].active", "is missing: a resource is read again and again, so say which words "
                "begin and end it, e.g. { true = true, false = false }"
            )  # fmt: skip
    message = _message(key, table)
    level = any(rule.target.metric == "level" for rule in message.fields) or (
        table.format is Body.SENML and "level" in (["level"] if names is None else names.values())
    )
    return Resource(target, table.observe, table.every, table.format, names, message, level)


def _names(key: str, table: ResourceTable) -> dict[str, str] | None:
    if table.names is None:
        return None
    if table.format is not Body.SENML:
        raise Problem(f"{key}.names", "is for format = 'senml' alone: leave it out")
    for name, about in table.names.items():
        try:
            metric(about)
        except UnknownMetric as error:
            raise Problem(f"{key}.names.{name}", str(error)) from None
    return table.names


def _message(key: str, table: ResourceTable) -> Message:
    """What stands there, as of a message of a topic: what a light says of its level, and events, wait behind nothing."""
    urgent = bool(table.events) or any(each.metric == "level" for each in table.fields)
    channel = Channel.STATE if urgent else Channel.TELEMETRY
    pattern = TopicPattern(table.path, channel, tuple(table.path.split("/")))
    return meaning(key, table, pattern, Form.TEXT if table.format is Body.TEXT else Form.JSON)


def _check_twice(resources: Sequence[Resource]) -> None:
    for place, each in enumerate(resources):
        for before, other in enumerate(resources[:place]):
            if each.target == other.target:
                raise Problem(f"resources[{place}].path", f"'{each}' is resources[{before}] already: write one of them")


# --- orders -------------------------------------------------------------------------------------------------------


def _with_orders(info: ProfileInfo, resources: tuple[Resource, ...], table: OrdersTable) -> HostProfile:
    key = "commands.set_level"
    level, ramp = level_scale(table.level), ramp_scale(table.ramp)
    keys = [f"{key}[{place}]" if len(table.set_level) > 1 else key for place in range(len(table.set_level))]
    targets = [_target(f"{at}.path", each.path) for at, each in zip(keys, table.set_level, strict=True)]
    made = templates(key, [(each.path, each) for each in table.set_level], Operation.SET_LEVEL, ())
    writes = tuple(
        Write(template, target, _METHODS[each.method], _format(at, each), *_range(at, each, level))
        for template, target, at, each in zip(made, targets, keys, table.set_level, strict=True)
    )
    orders = Profile(info.name, info.title, info, (), {Operation.SET_LEVEL: made}, level, ramp)
    return HostProfile(info, resources, orders, writes, _read_back(resources, table.read_back), table.within)


def _format(key: str, table: WriteTable) -> int:
    if table.format is not None:
        if table.format == CBOR and table.json_ is None:
            raise Problem(f"{key}.format", f"{CBOR} is CBOR, made from json: write json = {{ .. }}, or another format")
        return table.format
    return JSON if table.json_ is not None else OCTETS if table.hex is not None else TEXT


def _range(key: str, table: WriteTable, level: Scale) -> tuple[float, float]:
    full = level.most or 100.0
    low, high = 0.0 if table.low is None else table.low, full if table.high is None else table.high
    if not 0 <= low <= high <= full:
        raise Problem(
            f"{key}.low", f"{low:g} to {high:g} is no part of 0 to {full:g}, commands.level.full: narrow that"
        )
    return low, high


def _read_back(resources: Sequence[Resource], path: str | None) -> Resource:
    key = "commands.read_back"
    able = [each for each in resources if each.level]
    if not able:
        raise Problem(key, "no resource holds a level, so that no order would show: add one with metric = 'level'")
    if path is None:
        return able[0]
    for each in able:
        if str(each) == path:
            return each
    raise Problem(key, f"{path[:60]!r} is no resource with a level: write one of {', '.join(map(str, able))}")
