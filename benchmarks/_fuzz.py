"""Payloads that no hub should understand: mutated, cut, spliced, structured wrong, noise. The same seed, the same payloads."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cbor2

from drivers.senml import Limits, PackDecoder
from hub.model.devices import Device, DeviceKind
from hub.registry.city import City

GATEWAY, GOOD, BAD = "gate-1", "meter-good", "meter-bad"
FUTURE = 300  # seconds: the hub's `store.future_seconds` has to be the same
LONGEST = 900.0  # seconds that the payloads can be sent; what would be judged otherwise then is left out
SOURCE = f"ll/d/{GATEWAY}/up/telemetry"
DEVICES = (
    Device(GATEWAY, "", DeviceKind.GATEWAY),
    Device(GOOD, "", DeviceKind.METER, address=GATEWAY),
    Device(BAD, "", DeviceKind.METER, address=GATEWAY),
)


class Fuzzed(NamedTuple):
    """A payload, and how many rows and refusals it must become: some have a good record among bad ones."""

    payload: bytes
    rows: int
    refusals: int


def payloads(count: int, seed: int, now: float) -> Iterator[Fuzzed]:
    """`count` of them. What a mutation leaves readable (the codec is asked) is not given: it would be stored."""
    chance = random.Random(seed)
    codec = PackDecoder(City(devices=DEVICES), Limits(future=FUTURE))
    given = 0
    while given < count:
        payload = chance.choice(_KINDS)(chance, now)
        if not payload:
            continue
        found = {_outcome(codec, payload, at) for at in (now, now + LONGEST)}
        if len(found) == 1 and (fuzzed := found.pop()).refusals:
            given += 1
            yield fuzzed


def _outcome(codec: PackDecoder, payload: bytes, now: float) -> Fuzzed:
    rows, refused = codec.decode(payload, DEVICES[0], SOURCE, now)
    return Fuzzed(payload, len(rows), len(refused))


def _pack(chance: random.Random, now: float) -> list[dict[str, Any]]:
    """A good pack."""
    base = {"bn": f"{BAD}/", "bt": round(now - chance.uniform(0, 3600), 3)}
    names = chance.sample([("power", "W"), ("voltage", "V"), ("current", "A"), ("energy", "Wh")], chance.randint(1, 4))
    records = [{"n": name, "u": unit, "v": round(chance.uniform(0, 300), 2)} for name, unit in names]
    return [base | records[0], *records[1:]]


def _encoded(chance: random.Random, now: float) -> bytearray:
    if chance.random() < 0.7:
        return bytearray(json.dumps(_pack(chance, now)).encode())
    labels = {"bn": -2, "bt": -3, "n": 0, "u": 1, "v": 2}
    return bytearray(cbor2.dumps([{labels[key]: value for key, value in each.items()} for each in _pack(chance, now)]))


def _mutated(chance: random.Random, now: float) -> bytes:
    raw = _encoded(chance, now)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(raw))
        match chance.randrange(3):
            case 0:
                raw[place] ^= 1 << chance.randrange(8)
            case 1:
                del raw[place : place + chance.randint(1, 4)]
            case _:
                raw[place:place] = chance.randbytes(chance.randint(1, 4))
        if not raw:
            break
    return bytes(raw)


def _cut(chance: random.Random, now: float) -> bytes:
    raw = _encoded(chance, now)
    return bytes(raw[: chance.randrange(len(raw))])


def _spliced(chance: random.Random, now: float) -> bytes:
    first, second = _encoded(chance, now), _encoded(chance, now)
    return bytes(first[: chance.randrange(len(first))] + second[chance.randrange(len(second)) :])


def _noise(chance: random.Random, now: float) -> bytes:
    return chance.randbytes(chance.randint(1, 300))


def _wrong(chance: random.Random, now: float) -> bytes:
    """Valid JSON that says something impossible."""
    pack = _pack(chance, now)
    record = chance.choice(pack)
    field, value = chance.choice(
        [
            ("u", chance.choice(["furlong", "", 7, None])), ("n", chance.choice(["charm", "", 3, [], "x" * 300])),
            ("v", chance.choice(["61.2", None, True, [], {}, 1e400])), ("t", chance.choice([4_102_444_800, "now", -1e300, {}])),
            ("bn", chance.choice(["nobody/", "/", 5, "\x00"])), ("bver", chance.choice([11, "10"])),
            ("v_", 1), ("vs", 5), ("vb", "yes"),
        ]
    )  # fmt: skip
    record[field] = value
    shapes: list[Any] = [pack] * 6 + [pack[0], {"pack": pack}, [pack], [], [[]], "pack", 7, None, _deep(chance)]
    return json.dumps(chance.choice(shapes)).encode()


def _deep(chance: random.Random) -> Any:
    found: Any = 1
    for _ in range(chance.randint(10, 200)):
        found = [found]
    return found


_KINDS: tuple[Callable[[random.Random, float], bytes], ...] = (
    _mutated,
    _mutated,
    _mutated,
    _cut,
    _spliced,
    _noise,
    _wrong,
)
