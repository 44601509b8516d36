"""Quarantined bytes read again: by the driver that owns their source, or by us when store or registry had refused them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from hub.model.light import LightReport
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport, ResultReport
from hub.ports import Delivery
from hub.registry import QuarantineRow

_FAULT = "the hub failed to read it, see its log: replay it after an update"
_NOBODY = "nobody reads this source: install the driver that does, or write the prefix of the topics as it was"


class Reader(Protocol):
    """The part of `hub.ports.Driver` that reads quarantined bytes again."""

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """As `hub.ports.Driver.decode`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says now. `reasons`: what is wrong with it, None when nobody could read it; `said`: that in words,
    by code; `delivery`: what of it can be used, None when there is nothing."""

    reasons: tuple[Rejected, ...] | None
    said: dict[str, str]
    delivery: Delivery | None


def read_again(message: QuarantineRow, readers: Iterable[Reader], done: Callable[[], None]) -> Reading:
    """Read one message with its original time of receipt. Never raises, whatever the bytes.

    Its presence words are left out: whether a device was there then says nothing of now.
    """
    try:
        delivery = _decode(message, readers, done)
    except Exception as error:
        return Reading(None, {"decoder-fault": f"{_FAULT} ({type(error).__name__})"}, None)
    if delivery is None:
        return Reading(None, {"no-reader": _NOBODY}, None)
    reasons = tuple(delivery.rejected)
    delivery.rejected, delivery.presence = (), ()
    useful = delivery.rows or delivery.lights or delivery.results or delivery.events
    return Reading(reasons, {each.code: each.reason for each in reasons}, delivery if useful else None)


def _decode(message: QuarantineRow, readers: Iterable[Reader], done: Callable[[], None]) -> Delivery | None:
    if message.source == "store":
        return Delivery(done, rows=[msgspec.json.decode(message.raw, type=Row)])
    if message.source == "registry":
        return _report(msgspec.json.decode(message.raw), done)
    for reader in readers:
        delivery = reader.decode(message.source, message.raw, message.received, done)
        if delivery is not None:
            return delivery
    return None


def _report(fields: Any, done: Callable[[], None]) -> Delivery:
    """A report as `msgspec.json.encode` wrote it."""
    if "level" in fields:
        return Delivery(done, lights=[msgspec.convert(fields, LightReport)])
    if "outcome" in fields:
        return Delivery(done, results=[msgspec.convert(fields, ResultReport)])
    return Delivery(done, events=[msgspec.convert(fields, EventReport)])
