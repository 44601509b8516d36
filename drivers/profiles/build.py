"""A file's tables to a profile, every name, unit, path and template checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from zoneinfo import ZoneInfo

from drivers.profiles import schema
from drivers.profiles.commands import BadTemplate, check_template
from drivers.profiles.files import Problem
from drivers.profiles.model import (
    WILDCARD,
    CauseRule,
    Clock,
    ClockForm,
    Condition,
    DeliveryRule,
    EventRule,
    FieldRule,
    Form,
    Message,
    Profile,
    Scale,
    Template,
    WordRule,
)
from drivers.profiles.paths import BadPath, Path, parse_path
from drivers.profiles.patterns import BadPattern, Channel, TopicPattern, addresses, names
from drivers.senml.labels import Target
from hub.model.commands import Operation
from hub.model.devices import DeviceKind
from hub.model.metrics import METRICS, Metric, UnknownMetric, metric
from hub.model.units import Conversion, UnknownUnit, conversion
from hub.ports import BrokerAccess, Confirmation, ProfileInfo

_ORDERS = tuple(each for each in Operation if each.value in schema.CommandsTable.model_fields)
"""What a profile can be written for: the controllers of junctions speak the contract, or Modbus."""


def _addresses(message: Message) -> tuple[str, ...]:
    levels = names("/".join(message.pattern.levels))
    return addresses(dict(zip(levels, levels, strict=True)))


def build_profile(name: str, table: schema.ProfileTable) -> Profile:
    """The profile; raises Problem."""
    messages = tuple(_message(f"messages[{place}]", each) for place, each in enumerate(table.messages))
    level, ramp, commands = Scale(), Scale(), {}
    confirmation, patience = Confirmation.NONE, 0.0
    if table.commands is not None:
        confirmation, patience = table.commands.confirmation, table.commands.patience
        _check_confirmation(confirmation, messages)
        level, ramp = level_scale(table.commands.level), ramp_scale(table.commands.ramp)
        known = {each for message in messages for each in names("/".join(message.pattern.levels))}
        commands = {
            operation: templates(
                f"commands.{operation.value}", [(each.topic, each) for each in listed], operation, known
            )
            for operation in _ORDERS
            if (listed := getattr(table.commands, operation.value)) is not None
        }
        if not commands:
            raise Problem("commands", f"has no command: add one of {', '.join(_ORDERS)}, or leave the table out")
    info = ProfileInfo(
        name,
        table.title,
        frozenset(table.kinds),
        frozenset(commands),
        confirmation,
        patience,
        table.report_every,
        levels=frozenset(len(each.split("/")) for message in messages for each in _addresses(message)),
        small=table.address is not None and table.address.letters == "small",
    )
    return Profile(
        name,
        table.title,
        info,
        messages,
        commands,
        level,
        ramp,
        _access("access", table.access),
        _access("gateway", table.gateway),
    )


# --- messages -----------------------------------------------------------------------------------------------------


def _message(key: str, table: schema.MessageTable) -> Message:
    try:
        pattern = TopicPattern.of(table.topic, table.channel)
    except BadPattern as error:
        raise Problem(f"{key}.topic", str(error)) from None
    text = table.payload is Form.TEXT
    if text and (table.clock or table.events or table.delivery):
        raise Problem(f"{key}.payload", "a text has no keys for clock, events or delivery: leave those out")
    if not (table.fields or table.events or table.presence or table.delivery):
        raise Problem(key, "says nothing: add fields, events, presence or delivery")
    if table.events and table.channel is Channel.TELEMETRY:
        raise Problem(f"{key}.channel", "events must not wait behind telemetry: write channel = 'event' or 'state'")
    return meaning(
        key,
        table,
        pattern,
        table.payload,
        _presence(f"{key}.presence", table.presence, table.payload),
        _delivery(f"{key}.delivery", table.delivery),
    )


def meaning(
    key: str,
    table: schema.MeaningTable,
    pattern: TopicPattern,
    form: Form,
    presence: WordRule | None = None,
    delivery: DeliveryRule | None = None,
) -> Message:
    """What a message that comes by `pattern` means; raises Problem."""
    text = form is Form.TEXT
    fields = chain.from_iterable(_fields(f"{key}.fields[{n}]", each, text) for n, each in enumerate(table.fields))
    return Message(
        pattern,
        form,
        _clock(f"{key}.clock", table.clock),
        tuple(fields),
        tuple(_event(f"{key}.events[{n}]", each) for n, each in enumerate(table.events)),
        presence,
        delivery,
        _cause(f"{key}.cause", table.cause),
        _paths(f"{key}.ignore", table.ignore),
        table.unknown == "quarantine",
        table.nothing == "quarantine",
        _kinds(table),
    )


def _path(key: str, text: str) -> Path:
    try:
        return parse_path(text)
    except BadPath as error:
        raise Problem(key, str(error)) from None


def _paths(key: str, texts: Iterable[str]) -> tuple[Path, ...]:
    return tuple(_path(key, text) for text in texts)


def _clock(key: str, table: schema.ClockTable | None) -> Clock | None:
    if table is None:
        return None
    if table.form is ClockForm.ISO_LOCAL and table.trust != "near":
        raise Problem(
            f"{key}.trust", "a local time is ambiguous for an hour every autumn: write trust = 'near', or form = 'iso'"
        )
    zone = None
    if table.time_zone is not None:
        if table.form is not ClockForm.ISO_LOCAL:
            raise Problem(f"{key}.time_zone", "is for form = 'iso-local' alone: leave it out")
        try:
            zone = ZoneInfo(table.time_zone)
        except (ValueError, OSError, KeyError):
            raise Problem(
                f"{key}.time_zone", f"{table.time_zone[:60]!r} is no time zone: write e.g. 'Asia/Ho_Chi_Minh' or 'UTC'"
            ) from None
    within = table.within if table.trust == "near" else None
    if within is None and "within" in table.model_fields_set:
        raise Problem(f"{key}.within", "is for trust = 'near' alone: leave it out")
    return Clock(_path(f"{key}.field", table.field), table.form, within, zone)


def _conditions(key: str, table: schema.Case) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for name, negated in (("when", False), ("unless", True)):
        for text, words in getattr(table, name).items():
            found.append(Condition(_path(f"{key}.{name}", text), frozenset(words), negated))
    for name, negated in (("present", False), ("absent", True)):
        found += [Condition(path, None, negated) for path in _paths(f"{key}.{name}", getattr(table, name))]
    return tuple(found)


def _kinds(table: schema.Case | schema.MeaningTable) -> frozenset[DeviceKind] | None:
    return None if table.kinds is None else frozenset(table.kinds)


def _fields(key: str, table: schema.FieldTable, text: bool) -> list[FieldRule]:
    """The rules of one entry: one, or with `{metric}` in its field one for each metric."""
    if text and table.field is not None:
        raise Problem(f"{key}.field", "a text has no fields: leave it out")
    if not text and table.field is None:
        raise Problem(f"{key}.field", "is missing: name the key that holds the value, e.g. 'ENERGY.Power'")
    written = table.field or []
    if any(WILDCARD in each for each in written):
        for name in ("metric", "unit", "full", "values"):
            if getattr(table, name) is not None:
                raise Problem(f"{key}.{name}", f"does not go with {WILDCARD} in field: leave it out")
        return [_field(key, table, [each.replace(WILDCARD, m) for each in written], metric(m)) for m in METRICS]
    if table.metric is None:
        raise Problem(f"{key}.metric", f"is missing: write one of {', '.join(METRICS)}")
    try:
        about = metric(table.metric)
    except UnknownMetric as error:
        raise Problem(f"{key}.metric", str(error)) from None
    return [_field(key, table, written, about)]


def _field(key: str, table: schema.FieldTable, written: Sequence[str], about: Metric) -> FieldRule:
    factor, offset = _scaling(key, table, about)
    low = about.low if table.low is None else max(about.low, table.low)
    high = about.high if table.high is None else min(about.high, table.high)
    if low > high:
        raise Problem(
            f"{key}.low", f"nothing lies between {low:g} and {high:g}: {about.name} is {about.low:g} to {about.high:g}"
        )
    for name, value in (table.values or {}).items():
        if not low <= value <= high:
            raise Problem(f"{key}.values.{name}", f"{value:g} is outside {low:g} to {high:g}, in {about.unit}")
    return FieldRule(
        _paths(f"{key}.field", written),
        Target(about.name, factor, offset, low, high),
        table.values,
        _conditions(key, table),
        _kinds(table),
        table.many,
    )


def _scaling(key: str, table: schema.FieldTable, about: Metric) -> tuple[float, float]:
    """Factor and offset from what is on the wire to the stored unit."""
    scaled = table.model_fields_set & {"unit", "scale", "offset"}
    if table.values is not None:
        if extra := (scaled | table.model_fields_set & {"full", "many"}):
            raise Problem(f"{key}.{min(extra)}", "does not go with values, which are in the stored unit: leave it out")
        return 1.0, 0.0
    if table.full is not None:
        if scaled:
            raise Problem(f"{key}.{min(scaled)}", "does not go with full: leave one of them out")
        if about.unit != "%":
            raise Problem(f"{key}.full", f"is for metrics in %, and {about.name} is in {about.unit}: write scale")
        return 100.0 / table.full, 0.0
    if table.scale == 0:
        raise Problem(f"{key}.scale", "is 0, which makes every value the same: write the factor")
    try:
        via = _conversion(table.unit, about.unit)
    except UnknownUnit as error:
        raise Problem(f"{key}.unit", str(error)) from None
    return table.scale * via.factor, table.offset * via.factor + via.offset


def _conversion(unit: str | None, stored: str) -> Conversion:
    """Per cent are per cent here; SenML's `%`, an alias of the ratio, is not meant by who writes a profile."""
    if unit is None or unit == stored:
        return Conversion(stored)
    return conversion("/100" if unit == "%" else unit, stored)


def _event(key: str, table: schema.EventTable) -> EventRule:
    return EventRule(
        _path(f"{key}.field", table.field),
        table.type,
        table.active,
        None if table.text is None else _path(f"{key}.text", table.text),
        None if table.point is None else _path(f"{key}.point", table.point),
        _conditions(key, table),
        _kinds(table),
    )


def _yes_or_no(key: str, path: Path | None, yes: Sequence[str], no: Sequence[str]) -> WordRule:
    if both := set(yes) & set(no):
        raise Problem(key, f"{min(both)!r} cannot mean both: leave it out on one side")
    return WordRule(path, dict.fromkeys(yes, True) | dict.fromkeys(no, False))


def _presence(key: str, table: schema.PresenceTable | None, form: Form) -> WordRule | None:
    if table is None:
        return None
    if table.arrival:
        if table.model_fields_set != {"arrival"}:
            raise Problem(f"{key}.arrival", "says that the message itself means online: leave the other keys out")
        return WordRule(None, {})
    if not table.online or not table.offline:
        raise Problem(key, "write the words for both, e.g. online = 'Online', offline = 'Offline'")
    if (table.field is None) != (form is Form.TEXT):
        raise Problem(
            f"{key}.field",
            "name the key that holds the word; of payload = 'text' the whole text is it: leave it out there",
        )
    path = None if table.field is None else _path(f"{key}.field", table.field)
    return _yes_or_no(key, path, table.online, table.offline)


def _delivery(key: str, table: schema.DeliveryTable | None) -> DeliveryRule | None:
    if table is None:
        return None
    path, reference = _path(f"{key}.field", table.field), _path(f"{key}.reference", table.reference)
    return DeliveryRule(reference, path, frozenset(table.delivered))


def _cause(key: str, table: schema.CauseTable | None) -> CauseRule | None:
    return None if table is None else CauseRule(_path(f"{key}.field", table.field), table.values)


# --- commands -----------------------------------------------------------------------------------------------------


def _check_confirmation(confirmation: Confirmation, messages: Sequence[Message]) -> None:
    key = "commands.confirmation"
    if confirmation is Confirmation.RESULT:
        raise Problem(key, "'result' is for native devices: write 'state', 'delivery' or 'none'")
    if confirmation is Confirmation.STATE and not any(
        rule.target.metric == "level" for message in messages for rule in message.fields
    ):
        raise Problem(key, "no message holds a level: add a field with metric = 'level', or write 'none'")
    if confirmation is Confirmation.DELIVERY and not any(message.delivery for message in messages):
        raise Problem(key, "no message has a delivery table: add one, or write 'none'")


def templates(
    key: str, tables: Sequence[tuple[str, schema.PayloadTable]], operation: Operation, known: Iterable[str]
) -> tuple[Template, ...]:
    """The templates of one command, given as (where it is sent, what it says); raises Problem."""
    found: list[Template] = []
    for place, (topic, table) in enumerate(tables):
        at = f"{key}[{place}]" if len(tables) > 1 else key
        template = Template(topic, table.when, table.text, table.json_, table.hex)
        try:
            check_template(template, operation, known)
        except BadTemplate as error:
            raise Problem(f"{at}.{error.key}" if error.key else at, str(error)) from None
        found.append(template)
    if found[-1].when is not None:
        raise Problem(key, "no template is for all other cases: add a last one without when")
    if any(template.when is None for template in found[:-1]):
        raise Problem(key, "a template without when takes all cases: put it last")
    return tuple(found)


def level_scale(table: schema.LevelTable) -> Scale:
    """How a level is written; raises Problem."""
    if table.least > table.full:
        raise Problem("commands.level.least", f"{table.least:g} is above full, {table.full:g}: write a smaller one")
    return Scale(table.full / 100.0, table.least, table.full, table.whole)


def ramp_scale(table: schema.RampTable) -> Scale:
    """How a transition is written; raises Problem."""
    if table.most is not None and table.least > table.most:
        raise Problem("commands.ramp.least", f"{table.least:g} is above most, {table.most:g}: write a smaller one")
    return Scale(table.scale, table.least, table.most, table.whole)


def _access(key: str, table: schema.AccessTable | None) -> BrokerAccess | None:
    if table is None:
        return None
    for name in ("publish", "subscribe"):
        for filter in getattr(table, name):
            if filter in ("#", "+/#") or not filter or "#" in filter[:-1] or filter.startswith("$"):
                raise Problem(f"{key}.{name}", f"{filter!r} is too wide or no filter: write e.g. 'zigbee2mqtt/#'")
    return BrokerAccess(tuple(table.publish), tuple(table.subscribe))
