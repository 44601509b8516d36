"""What the bytes of a block mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct

from drivers.modbus.codec import DECIMALS, STRUCTS, BadDigits, Order, RegisterType, bit_reader, number_reader, text_of
from drivers.modbus.model import BITS, Block, EventRule, ExpectRule, MetricRule, Point, SignalRule, StateRule
from drivers.profiles.model import Many
from drivers.senml.labels import Target, converted

Count = Callable[[Point, float, float], float]
"""What a counter that began at 0 again really stands at: (point, its number, where it wraps) -> number."""

OUT_OF_RANGE, BAD_VALUE = "out-of-range", "bad-value"


@dataclass(slots=True)
class Found:
    """What a poll read. `wrong` are values that cannot be: {point: (code, reason)}; `right` the points that can."""

    values: dict[str, float] = field(default_factory=dict)
    states: list[tuple[StateRule, bool]] = field(default_factory=list)
    events: list[tuple[EventRule, bool]] = field(default_factory=list)
    signals: list[tuple[str, bytes]] = field(default_factory=list)  # of a signal controller: which part, its bytes
    unexpected: dict[Point, str | None] = field(default_factory=dict)
    wrong: dict[Point, tuple[str, str]] = field(default_factory=dict)
    raw: dict[Block, bytes] = field(default_factory=dict)  # the blocks in which something is wrong


class BlockReader:
    """Reads the data of one block's answers."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self._plain = _plain(block)
        self._metrics: list[tuple[Point, MetricRule, Callable[[bytes], float | None]]] = []
        self._others: list[tuple[Point, Callable[[bytes], float | None]]] = []
        for point in block.points:
            take = _taker(point, block)
            if isinstance(point.rule, MetricRule):
                self._metrics.append((point, point.rule, take))
            else:
                self._others.append((point, take))

    def read(self, data: bytes, into: Found, count: Count) -> None:
        """Add what `data`, of the block's size, means."""
        if self._plain is not None:
            values = into.values
            struct, targets = self._plain
            for number, target in zip(struct.unpack(data), targets, strict=True):
                name, factor, offset, low, high = target
                value = number if factor == 1.0 and offset == 0.0 else converted(number, factor, offset)
                if not low <= value <= high:  # or no number
                    break
                values[name] = float(value)
            else:
                return
        for point, rule, take in self._metrics:
            try:
                raw = take(data)
            except BadDigits as error:
                into.wrong[point] = BAD_VALUE, f"{_name(point)} {error}"
                continue
            if raw is None:
                continue
            target = rule.target
            if rule.wrap is not None:
                raw = count(point, raw, rule.wrap)
            plain = target.factor == 1.0 and target.offset == 0.0
            value = float(raw) if plain else converted(raw, target.factor, target.offset)
            if target.low <= value <= target.high:
                into.values[target.metric] = value
            else:
                into.wrong[point] = (
                    OUT_OF_RANGE,
                    (
                        f"{_name(point)}: {target.metric} {value:.6g} is outside {target.low:g} to {target.high:g}: "
                        "check type, order and scale"
                    ),
                )
        for point, take in self._others:
            self._other(point, take, data, into)
        if into.wrong and not into.wrong.keys().isdisjoint(self.block.points):
            into.raw[self.block] = data

    def _other(self, point: Point, take: Callable[[bytes], float | None], data: bytes, into: Found) -> None:
        rule = point.rule
        if isinstance(rule, SignalRule):
            start = (point.first - self.block.start) * 2
            into.signals.append((rule.part, data[start : start + point.size * 2]))
            return
        if isinstance(rule, ExpectRule) and point.type is RegisterType.STRING:
            text = text_of(data, (point.first - self.block.start) * 2, point.size)
            fits = any(word in text for word in rule.values)
            wanted = " or ".join(map(repr, rule.values))
            into.unexpected[point] = None if fits else f"{_name(point)} holds {text[:40]!r}, not {wanted}"
            return
        try:
            value = take(data)
        except BadDigits as error:
            into.wrong[point] = BAD_VALUE, f"{_name(point)} {error}"
            return
        if isinstance(rule, StateRule):
            into.states.append((rule, value in rule.true))
        elif isinstance(rule, EventRule):
            into.events.append((rule, value in rule.active))
        elif isinstance(rule, ExpectRule):
            text = "no number" if value is None else f"{value:g}"
            fits = text in rule.values
            into.unexpected[point] = None if fits else f"{_name(point)} holds {text}, not {' or '.join(rule.values)}"


def _plain(block: Block) -> tuple[Struct, list[Target]] | None:
    """How a block is read at once that holds nothing but plain numbers, as most do; None for another."""
    form, end, targets = ">", block.start, []
    for point in sorted(block.points, key=lambda each: each.first):
        rule = point.rule
        if (
            not isinstance(rule, MetricRule)
            or rule.missing
            or rule.wrap is not None
            or len(point.places) > 1
            or point.type not in STRUCTS
            or point.type in DECIMALS
            or (point.order is not Order.BIG and point.size > 1)
            or point.order in (Order.BIG_SWAPPED, Order.LITTLE_SWAPPED)
            or point.first < end
        ):
            return None
        form += f"{(point.first - end) * 2}x" + STRUCTS[point.type][1:]
        end = point.end
        targets.append(rule.target)
    whole = Struct(form)
    return (whole, targets) if whole.size == block.size else None


def _taker(point: Point, block: Block) -> Callable[[bytes], float | None]:
    parts = [_present(point, _part(point, place - block.start, block.function in BITS)) for place in point.places]
    if len(parts) == 1:
        return parts[0]
    many = point.many

    def together(data: bytes) -> float | None:
        each = [value for take in parts if (value := take(data)) is not None]
        if not each or (len(each) < len(parts) and many is Many.SUM):
            return None
        return {Many.SUM: sum(each), Many.MEAN: sum(each) / len(each), Many.MAX: max(each), Many.FIRST: each[0]}[many]

    return together


def _present(point: Point, take: Callable[[bytes], float | None]) -> Callable[[bytes], float | None]:
    """The same, None where the device says that there is no value."""
    if not isinstance(point.rule, MetricRule) or not point.rule.missing:
        return take
    missing = point.rule.missing

    def present(data: bytes) -> float | None:
        value = take(data)
        return None if value in missing else value

    return present


def _part(point: Point, distance: int, bits: bool) -> Callable[[bytes], float | None]:
    if bits:
        return bit_reader(distance // 8, distance % 8)
    if point.bit is not None:
        return bit_reader(distance * 2 + (0 if point.bit > 7 else 1), point.bit % 8)
    if point.type is RegisterType.STRING:
        return lambda data: None
    return number_reader(point.type, point.order, distance * 2)


def _name(point: Point) -> str:
    return f"{point.key} (function {point.function}, address {point.first})"
