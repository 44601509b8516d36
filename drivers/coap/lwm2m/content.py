"""What a client sends of an object, in any content format, as values by their paths."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Any, NamedTuple

from drivers.coap.lwm2m import tlv
from drivers.coap.lwm2m.objects import Objects
from drivers.coap.lwm2m.values import BadValue, Value, from_text, from_tlv
from drivers.senml.labels import RELATIVE_BELOW
from drivers.senml.parse import records
from drivers.senml.refusals import PackError, Refusals

TEXT, OPAQUE, OLD_TLV, OLD_TEXT = 0, 42, 1542, 1541
SENML_JSON, SENML_CBOR, TLV = 110, 112, 11542

Path = tuple[int, ...]
"""What was asked for: object, instance, and resource."""
Place = tuple[int, int, int]
"""Object, instance, resource."""


class Item(NamedTuple):
    """A value of a resource; `instance` is that of a multiple resource, `time` when it was measured, if it says so."""

    path: Place
    value: Value
    instance: int = 0
    time: float | None = None


def decode(
    data: bytes,
    content_format: int | None,
    path: Path,
    version: Callable[[int], str],
    objects: Objects,
    received: float,
    needed: Container[tuple[int, int]],
    refusals: Refusals,
) -> list[Item]:
    """The values in an answer to a request for `path`; what is `needed` ({object, resource}) and cannot be read goes to
    `refusals`. Raises PackError.

    `version` is that of an object as the client registered it. Resources that are not defined are passed over.
    """
    if content_format in (None, TEXT, OLD_TEXT) and len(path) == 3:
        found: Iterator[tuple[Place, int, Any, float | None]] = iter([((path[0], path[1], path[2]), 0, data, None)])
        read: Callable[[Any, str], Value] = from_text
    elif content_format == OPAQUE and len(path) == 3:
        return [Item((path[0], path[1], path[2]), data)]
    elif content_format in (TLV, OLD_TLV) or (content_format is None and data[:1] >= b"\x80"):
        try:
            found, read = iter(list(_from_tlv(tlv.decode(data), path))), from_tlv
        except tlv.BadTlv as error:
            raise PackError("bad-tlv", f"not TLV: {error}") from None
    elif content_format in (SENML_JSON, SENML_CBOR):
        found, read = iter(list(_from_senml(data, received))), _as_it_is
    else:
        raise PackError("bad-format", f"content format {content_format}: send 0, 42, 110, 112 or 11542")
    items = []
    for place, index, raw, time in found:
        known = objects.resource(place[0], version(place[0]), place[2])
        if known is None:
            continue
        try:
            items.append(Item(place, read(raw, known.type), index, time))
        except BadValue as error:
            if (place[0], place[2]) not in needed:
                items.append(Item(place, b"", index, time))
                continue
            refusals.add("bad-value", f"/{'/'.join(map(str, place))} ({known.name}): {error}")
    return items


def _from_tlv(
    entries: list[tlv.Entry] | tuple[tlv.Entry, ...], path: Path
) -> Iterator[tuple[Place, int, bytes, float | None]]:
    for entry in entries:
        if entry.kind is tlv.Kind.OBJECT_INSTANCE:
            if len(path) == 2 and entry.id != path[1]:
                raise tlv.BadTlv(f"instance {entry.id} instead of {path[1]}")
            yield from _from_tlv(entry.inner, (path[0], entry.id))
        elif entry.kind is tlv.Kind.RESOURCE_INSTANCE:
            if len(path) != 3:
                raise tlv.BadTlv("a resource instance outside its resource")
            yield (path[0], path[1], path[2]), entry.id, entry.value, None
        else:
            if len(path) < 2 or (len(path) == 3 and entry.id != path[2]):
                raise tlv.BadTlv("a resource where none was asked for")
            place = (path[0], path[1], entry.id)
            if entry.kind is tlv.Kind.RESOURCE:
                yield place, 0, entry.value, None
            else:
                yield from _from_tlv(entry.inner, place)


def _from_senml(data: bytes, received: float) -> Iterator[tuple[Place, int, Any, float | None]]:
    base, base_time = "", 0.0
    for record in records(data):
        base = record.get("bn", base)
        base_time = record.get("bt", base_time)
        value = next((record[label] for label in ("v", "vb", "vs", "vd") if label in record), None)
        if value is None:
            continue
        name = f"{base}{record.get('n', '')}"
        try:
            parts = [int(part) for part in name.strip("/").split("/")]
            time = float(base_time) + float(record.get("t", 0.0))
        except (ValueError, TypeError):
            raise PackError("bad-pack", f"{name[:60]!r} is no path: send /3416/0/3") from None
        if len(parts) not in (3, 4):
            raise PackError("bad-pack", f"{name[:60]!r} is no resource: send /3416/0/3")
        when = None if time == 0 else time + received if time < RELATIVE_BELOW else time
        yield (parts[0], parts[1], parts[2]), parts[3] if len(parts) == 4 else 0, value, when


def _as_it_is(value: Any, kind: str) -> Value:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind in ("Integer", "Float", "Time", "Unsigned Integer") and not number:
        raise BadValue(f"{str(value)[:40]!r} is no number")
    if kind == "Boolean" and not isinstance(value, bool):
        raise BadValue(f"{str(value)[:40]!r} is no boolean")
    if not isinstance(value, int | float | str | bytes):
        raise BadValue(f"{str(value)[:40]!r} is no value")
    return value
