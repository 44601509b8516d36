"""A register map's tables to plain data, every name, type, unit and range checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from drivers.modbus import schema, signals
from drivers.modbus.address import check_address
from drivers.modbus.codec import FLOATS, WIDTHS, WRITABLE, Order, RegisterType, span
from drivers.modbus.model import (
    BITS,
    HOLDING,
    MOST_BITS,
    MOST_REGISTERS,
    EventRule,
    ExpectRule,
    MetricRule,
    Point,
    Poll,
    ReadBack,
    RegisterMap,
    Rule,
    SignalRule,
    StateRule,
    Write,
)
from drivers.profiles.files import Problem
from drivers.profiles.model import Many
from drivers.senml.labels import Target
from hub.model.commands import Operation
from hub.model.devices import DeviceKind
from hub.model.fire import CONDITIONS
from hub.model.ids import SLUG
from hub.model.metrics import METRICS, UnknownMetric, metric
from hub.model.units import Conversion, UnknownUnit, conversion
from hub.ports import Confirmation, ProfileInfo

_PARTS = ("segments", "feedback", "door", "breaker", "remote")
_MEANINGS = ("metric", "state", "event", "expect")
_OF_METRICS = ("unit", "scale", "offset", "low", "high", "many", "missing", "counter")
_OF_EVENTS = ("point", "text")
_WRITES_BITS = (5, 15)


def build_map(name: str, table: schema.MapTable) -> RegisterMap:
    """The register map; raises Problem."""
    if not table.registers and not table.signals:
        raise Problem("registers", "there are none: describe at least one register of the device")
    points = tuple(
        chain.from_iterable(_points(f"registers[{place}]", each, table) for place, each in enumerate(table.registers))
    )
    if table.signals:
        points += _signals(table)
    _check_twice(points)
    writes = _writes(table, points)
    _check_states(table, points, writes)
    _check_panel(table, points)
    operations = {Operation.READ} | ({Operation.SET_LEVEL} if writes else set())
    operations |= {Operation.SIGNAL_PLAN, Operation.SIGNAL_MODE} if table.signals else set()
    info = ProfileInfo(
        name,
        table.title,
        frozenset(table.kinds),
        frozenset(operations),
        Confirmation.RESULT,
        check_address=check_address,
        segments=frozenset(writes),
    )
    every = {poll: seconds for poll in Poll if (seconds := getattr(table.poll, poll.value)) is not None}
    return RegisterMap(name, table.title, table.source, info, points, writes, every, table.gap, table.most, table.texts,
                       table.signals)  # fmt: skip


def _signals(table: schema.MapTable) -> tuple[Point, ...]:
    """The status of a signal controller each second, and its directory now and then (docs/signals-wire.md)."""
    if table.kinds != [DeviceKind.JUNCTION]:
        raise Problem("signals", "is of signal controllers: write kinds = ['junction'], or leave it out")
    entries = signals.ENTRIES_A_READ * signals.ENTRY_SIZE
    places = [(signals.STATUS, signals.STATUS_SIZE, Poll.FAST, SignalRule("status"))]
    whole = signals.MOST_STORED * signals.ENTRY_SIZE
    places += [
        (signals.DIRECTORY + at, entries, Poll.NORMAL, SignalRule("directory")) for at in range(0, whole, entries)
    ]
    return tuple(
        Point("signals", HOLDING, (start,), size, RegisterType.STRING, Order.BIG, poll, rule)
        for start, size, poll, rule in places
    )


# --- registers ----------------------------------------------------------------------------------------------------


def _points(key: str, table: schema.RegisterTable, whole: schema.MapTable) -> Iterator[Point]:
    function = table.function or whole.function
    kind = _type(key, table, function)
    size = _size(key, table, kind)
    count = 1 if table.count is None else table.count
    if count > 1 and (kind is not RegisterType.BIT or table.event is None or len(table.address) > 1):
        raise Problem(f"{key}.count", "is for bits that are events, one after the other: leave it out")
    if len(table.address) > 1 and (table.many is None or table.metric is None):
        raise Problem(f"{key}.many", "is missing: say what several addresses become: 'sum', 'mean', 'max' or 'first'")
    if table.many is not None and len(table.address) == 1:
        raise Problem(f"{key}.many", "is for several addresses, and there is one: leave it out")
    if max(table.address) + (size if function not in BITS else count) > 65536:
        raise Problem(f"{key}.address", "reaches beyond 65535: write the address as it is on the wire, from 0")
    rule = _rule(key, table, kind, count)
    order, poll = table.order or whole.order, Poll(table.poll)
    for number in range(count):
        first = table.bit or 0
        if function in BITS:
            places, bit = tuple(address + number for address in table.address), None
        elif kind is RegisterType.BIT:
            places, bit = (table.address[0] + (first + number) // 16,), (first + number) % 16
        else:
            places, bit = tuple(table.address), None
        each = rule
        if isinstance(rule, EventRule):
            each = EventRule(
                rule.type,
                rule.active,
                rule.point.replace("{n}", str(number + 1)),
                rule.text.replace("{n}", str(number + 1)),
            )
        yield Point(key, function, places, size, kind, order, poll, each, bit, table.many or Many.FIRST)


def _type(key: str, table: schema.RegisterTable, function: int) -> RegisterType:
    if function in BITS:
        if table.type not in (None, RegisterType.BIT):
            raise Problem(f"{key}.type", f"function {function} reads bits: leave type out, or write function = 3 or 4")
        if table.bit is not None:
            raise Problem(
                f"{key}.bit", f"function {function} reads single bits: leave bit out, and write its own address"
            )
        return RegisterType.BIT
    if table.bit is not None and table.type is None:
        return RegisterType.BIT
    if table.type is None:
        raise Problem(f"{key}.type", f"is missing: write one of {', '.join(RegisterType)}")
    if table.type is RegisterType.BIT and table.bit is None and table.count is None:
        raise Problem(f"{key}.bit", "is missing: say which bit of the register, 0 is the lowest; or count, for several")
    if table.type is not RegisterType.BIT and table.bit is not None:
        raise Problem(f"{key}.bit", f"is for type = 'bit', and not for {table.type.value!r}: leave one of them out")
    return table.type


def _size(key: str, table: schema.RegisterTable, kind: RegisterType) -> int:
    if kind is RegisterType.STRING:
        if table.length is None:
            raise Problem(f"{key}.length", "is missing: say how many registers the text has")
        return table.length
    if table.length is not None:
        raise Problem(f"{key}.length", f"is for type = 'string': {kind.value!r} has its own, leave it out")
    return WIDTHS.get(kind, 1)


def _rule(key: str, table: schema.RegisterTable, kind: RegisterType, count: int) -> Rule:
    given = [name for name in _MEANINGS if getattr(table, name) is not None]
    if len(given) != 1:
        raise Problem(key, f"says {' and '.join(given) or 'nothing'}: write one of {', '.join(_MEANINGS)}")
    _check_keys(key, table, given[0])
    if kind is RegisterType.STRING and table.expect is None:
        raise Problem(f"{key}.type", "a text can only be compared: write expect = 'what it holds'")
    if table.metric is not None:
        return _metric(key, table, kind)
    if table.state is not None:
        return _state(key, table)
    if table.event is not None:
        point = table.point or ""
        if count > 1 and "{n}" not in point:
            raise Problem(f"{key}.point", "needs {n} for the number of the bit, from 1, e.g. point = '1/{n}'")
        return EventRule(table.event, frozenset(map(float, table.active)), point, table.text or "")
    assert table.expect is not None
    return ExpectRule(tuple(str(each) for each in table.expect))


def _check_keys(key: str, table: schema.RegisterTable, meaning: str) -> None:
    for names, owner in ((_OF_METRICS, "metric"), (_OF_EVENTS, "event")):
        for name in names:
            if meaning != owner and name in table.model_fields_set:
                raise Problem(f"{key}.{name}", f"is for an entry with {owner}, and this has {meaning}: leave it out")
    if "active" in table.model_fields_set and meaning not in ("event", "state"):
        raise Problem(f"{key}.active", "is for an entry with event or state: leave it out")


def _metric(key: str, table: schema.RegisterTable, kind: RegisterType) -> MetricRule:
    assert table.metric is not None
    try:
        about = metric(table.metric)
    except UnknownMetric as error:
        raise Problem(f"{key}.metric", str(error)) from None
    if kind is RegisterType.BIT and about.name not in ("level", "switch_count"):
        raise Problem(f"{key}.metric", f"a bit is no {about.name}: write event or state, or another type")
    if table.scale == 0:
        raise Problem(f"{key}.scale", "is 0, which makes every value the same: write the factor")
    try:
        via = Conversion(about.unit) if table.unit in (None, about.unit) else conversion(
            "/100" if table.unit == "%" else table.unit or "", about.unit
        )  # fmt: skip
    except UnknownUnit as error:
        raise Problem(f"{key}.unit", str(error)) from None
    low = about.low if table.low is None else table.low
    high = about.high if table.high is None else table.high
    if not about.low <= low < high <= about.high:
        raise Problem(
            f"{key}.low", f"{low:g} to {high:g} is no part of {about.low:g} to {about.high:g} {about.unit}: narrow that"
        )
    target = Target(about.name, table.scale * via.factor, table.offset * via.factor + via.offset, low, high)
    return MetricRule(target, frozenset(map(float, table.missing)), _wrap(key, table, kind))


def _wrap(key: str, table: schema.RegisterTable, kind: RegisterType) -> float | None:
    if table.counter is None:
        return None
    assert table.metric is not None
    if METRICS[table.metric].behaviour != "counter":
        raise Problem(f"{key}.counter", f"{table.metric} is no counter: leave it out")
    if len(table.address) > 1:
        raise Problem(f"{key}.counter", "several registers do not begin at 0 together: leave it out")
    if (table.counter.width is None) == (table.counter.wrap is None):
        raise Problem(f"{key}.counter", "write width (bits) or wrap (the number that becomes 0), one of the two")
    wrap = table.counter.wrap if table.counter.width is None else 2.0**table.counter.width
    assert wrap is not None
    bits = WIDTHS.get(kind, 1) * 16
    if kind not in FLOATS and wrap > 2.0**bits:
        raise Problem(
            f"{key}.counter", f"{wrap:.0f} does not fit into {bits} bits of {kind.value}: write a smaller one"
        )
    return wrap


def _state(key: str, table: schema.RegisterTable) -> StateRule:
    assert table.state is not None
    part, _, segment = table.state.partition(".")
    named = part in ("segments", "feedback")
    if part not in _PARTS or (bool(segment) is not named) or (named and not SLUG.fullmatch(segment)):
        raise Problem(
            f"{key}.state",
            f"{table.state!r} is none: write segments.a, feedback.a (a: the segment), door, breaker or remote",
        )
    return StateRule(part, segment, frozenset(map(float, table.active)))


# --- writes -------------------------------------------------------------------------------------------------------


def _writes(table: schema.MapTable, points: Sequence[Point]) -> dict[str, Write]:
    if table.writes and DeviceKind.FIRE_PANEL in table.kinds:
        raise Problem("writes", "the hub never writes to a fire panel: leave them out")
    if table.writes and table.kinds != [DeviceKind.CABINET]:
        raise Problem("writes", "are the contactors of cabinets: write kinds = ['cabinet'], or leave them out")
    found: dict[str, Write] = {}
    for place, each in enumerate(table.writes):
        key = f"writes[{place}]"
        if each.segment in found:
            raise Problem(f"{key}.segment", f"{each.segment!r} has a write already: leave one of them out")
        if not any(isinstance(p.rule, StateRule) and p.rule.segment == each.segment for p in points):
            raise Problem(
                key, f"nothing is read of this segment: add a register with state = 'segments.{each.segment}'"
            )
        found[each.segment] = _write(key, each, table.order)
    return found


def _write(key: str, table: schema.WriteTable, order: Order) -> Write:
    bits = table.function in _WRITES_BITS
    if bits and "type" in table.model_fields_set:
        raise Problem(f"{key}.type", f"function {table.function} writes a bit: leave type out")
    if not bits and table.type not in WRITABLE:
        raise Problem(f"{key}.type", f"write one of {', '.join(WRITABLE)}")
    if table.function == 6 and WIDTHS[table.type] > 1:
        raise Problem(f"{key}.function", f"6 writes one register, and {table.type.value} has two: write 16")
    low, high = (0, 1) if bits else span(table.type) if table.type not in FLOATS else (-(2.0**24), 2.0**24)
    low, high = (low if table.low is None else table.low), (high if table.high is None else table.high)
    if not bits and table.values is None and (table.low is None or table.high is None):
        raise Problem(f"{key}.values", "is missing: list the values that may be written, or give low and high")
    back = table.read_back
    if back is not None and back.bit is not None and back.function in BITS:
        raise Problem(f"{key}.read_back.bit", f"function {back.function} reads single bits: leave it out")
    where = (
        ReadBack(1 if bits else 3, table.address, None, table.on, table.off)
        if back is None
        else ReadBack(back.function, back.address, back.bit, back.on, back.off)
    )
    if back is None and not bits and WIDTHS[table.type] > 1:
        raise Problem(f"{key}.read_back", "is missing: say in which single register or bit the write shows")
    if table.on == table.off or where.on == where.off:
        raise Problem(f"{key}.on", "is the same as off: write two values")
    write = Write(
        table.segment, table.function, table.address, RegisterType.BIT if bits else table.type, table.order or order,
        None if table.values is None else frozenset(table.values), int(low), int(high), table.on, table.off,
        where, table.within,
    )  # fmt: skip
    for name in ("on", "off"):
        if not write.allows(getattr(write, name)):
            raise Problem(
                f"{key}.{name}", f"{getattr(write, name)} is not among the values that may be written: add it there"
            )
    return write


# --- what must hold between them -------------------------------------------------------------------------------------


def _check_twice(points: Sequence[Point]) -> None:
    seen: dict[object, str] = {}
    for point in points:
        rule = point.rule
        if isinstance(rule, MetricRule):
            what: object = rule.target.metric
        elif isinstance(rule, StateRule):
            what = f"{rule.part}.{rule.segment}".rstrip(".")
        elif isinstance(rule, EventRule):
            what = f"{rule.type} {rule.point}".strip()
        else:
            continue
        if what in seen:
            raise Problem(
                point.key, f"{what} is said by {seen[what]} already: leave one of them out, or give events a point"
            )
        seen[what] = point.key


def _check_states(table: schema.MapTable, points: Sequence[Point], writes: dict[str, Write]) -> None:
    states = [point for point in points if isinstance(point.rule, StateRule)]
    if states and table.kinds != [DeviceKind.CABINET]:
        raise Problem(f"{states[0].key}.state", "is of cabinets: write kinds = ['cabinet']")
    if len({point.poll for point in states}) > 1:
        raise Problem(
            f"{states[0].key}.poll", "all parts of a cabinet's state are read together: give them the same poll"
        )
    for point in points:
        most = MOST_BITS if point.function in BITS else min(table.most, MOST_REGISTERS)
        if point.end - point.first > most:
            raise Problem(
                f"{point.key}.address", f"needs {point.end - point.first} in one read, and most is {most}: split it"
            )


def _check_panel(table: schema.MapTable, points: Sequence[Point]) -> None:
    said = [point for point in points if isinstance(point.rule, EventRule) and point.rule.type in CONDITIONS]
    if DeviceKind.FIRE_PANEL not in table.kinds:
        return
    if len({point.poll for point in said}) > 1:
        raise Problem(
            f"{said[0].key}.poll", "all that a fire panel says is read together: give all its events the same poll"
        )
    known = {point.rule.point for point in said if isinstance(point.rule, EventRule)}
    for name in table.texts:
        if name not in known:
            raise Problem(f"texts.{name}", f"no register is of point {name!r}: mend the name, or leave it out")
