"""Changes to channels and routes: checked, the registry first, then the desk."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, NamedTuple

from hub.api.problems import Problem, bad_input, not_found
from hub.api.schemas.notify import EmailIn, RouteIn, TopicIn, WebhookIn
from hub.api.services import Services
from hub.api.versions import Versions, must_be
from hub.api.views.notify import users
from hub.model.audit import AuditEntry
from hub.model.notify import ChannelKind
from hub.notify.channels import Topic, secret_misfit
from hub.notify.sealing import SIGNING, Unreadable, new_signing_key
from hub.registry import ChannelRow, Exists, Missing, Written

Given = WebhookIn | EmailIn | TopicIn
_ABOUT_IT = {"id", "kind", "secrets"}


class Made(NamedTuple):
    """A channel that was written; `key` when a key was made with it, to be shown once."""

    row: ChannelRow
    key: str | None = None


def kind_of(given: Given) -> ChannelKind:
    """The kind of what was sent."""
    return ChannelKind.WEBHOOK if isinstance(given, WebhookIn) else ChannelKind(given.kind)


async def add_channel(hub: Services, given: Given, by: str) -> Made:
    """409 exists, 422."""
    if given.id is None:
        raise bad_input("body.id", "is missing: write an id such as 'duty-phone'")
    key = new_signing_key() if isinstance(given, WebhookIn) else None
    kept = {} if key is None else {SIGNING: key}
    row = _row(hub, given, given.id, kept, by)
    await _written(hub.notify.put_channel(row, _line(hub, by, "channel.added", row), new=True))
    return Made(row, key)


async def replace_channel(hub: Services, given: Given, id: str, by: str, wanted: Versions) -> Made:
    """404, 412, 422. Secrets that are not named stay."""
    before = channel(hub, id, {kind_of(given)})
    must_be("channel", written(before), wanted)
    if given.id not in (None, id):
        raise bad_input("body.id", f"is {given.id!r} and the address says {id!r}: write the same, or leave it out")
    row = _row(hub, given, id, _opened(hub, before), by)
    await _written(hub.notify.put_channel(row, _line(hub, by, "channel.replaced", row), new=False))
    return Made(row)


async def new_key(hub: Services, id: str, by: str) -> Made:
    """A new key for a webhook's signatures; the old one counts no more. 404."""
    before, key = channel(hub, id, {ChannelKind.WEBHOOK}), new_signing_key()
    sealed = hub.notify.seal.close(_opened(hub, before) | {SIGNING: key})
    row = before._replace(sealed=sealed, changed=hub.clock.now(), by=by)
    line = AuditEntry(hub.clock.now(), by, "channel.key-made", id)
    await _written(hub.notify.put_channel(row, line, new=False))
    return Made(row, key)


async def delete_channel(hub: Services, id: str, kinds: set[ChannelKind], by: str, wanted: Versions) -> None:
    """404, 409 in-use, 412. What waits for it is discarded."""
    before = channel(hub, id, kinds)
    must_be("channel", written(before), wanted)
    if routes := users(hub.notify, id):
        raise Problem(409, "in-use", f"route {routes[0]!r} tells {id!r}: take it out of there first")
    await _written(hub.notify.delete_channel(id, _line(hub, by, "channel.deleted", before)))


def channel(hub: Services, id: str, kinds: set[ChannelKind]) -> ChannelRow:
    """A channel of one of these kinds; 404."""
    known = hub.notify.channels.get(id)
    if known is None or known.kind not in kinds:
        instead = "" if known is None else f"it is of kind {known.kind}, see /api/v1/notifications/channels"
        raise not_found("channel", id, instead)
    return known


def written(row: ChannelRow) -> Written:
    """What a version is of: a new secret is a new version."""
    return Written(row.id, {"body": row.body, "sealed": row.sealed}, row.changed, row.by)


def _row(hub: Services, given: Given, id: str, kept: Mapping[str, str], by: str) -> ChannelRow:
    secrets = dict(kept)
    for name, value in given.secrets.items():
        if value is None:
            secrets.pop(name, None)
        else:
            secrets[name] = value
    if misfit := secret_misfit(given, set(secrets) - ({SIGNING} if kind_of(given) is ChannelKind.WEBHOOK else set())):
        raise bad_input("body.secrets", misfit, "bad-secret")
    if isinstance(given, Topic) and (given.topic + "/").startswith(hub.prefix + "/"):
        raise bad_input("body.topic", f"{hub.prefix}/ is for devices: write a topic outside of it, e.g. city/alarms")
    body: dict[str, Any] = given.model_dump(mode="json", exclude=_ABOUT_IT)
    return ChannelRow(id, kind_of(given), body, hub.notify.seal.close(secrets), hub.clock.now(), by)


def _opened(hub: Services, row: ChannelRow) -> dict[str, str]:
    try:
        return hub.notify.seal.open(row.sealed)
    except Unreadable:
        return {SIGNING: new_signing_key()} if row.kind is ChannelKind.WEBHOOK else {}


def _line(hub: Services, by: str, what: str, row: ChannelRow) -> AuditEntry:
    return AuditEntry(hub.clock.now(), by, what, row.id, {"kind": row.kind, "body": row.body})


async def put_route(hub: Services, given: RouteIn, id: str, by: str, *, new: bool, wanted: Versions = None) -> Written:
    """409 exists, 404, 412, 422."""
    if not new:
        must_be("route", route(hub, id), wanted)
        if given.id not in (None, id):
            raise bad_input("body.id", f"is {given.id!r} and the address says {id!r}: write the same, or leave it out")
    for name in sorted(given.channels):
        if name not in hub.notify.channels:
            known = ", ".join(sorted(hub.notify.channels)[:10]) or "none yet"
            raise bad_input("body.steps", f"no channel {name!r}: add it first (there are: {known})", "unknown-channel")
    for zone in sorted(given.when.zones):
        if zone not in hub.city.tree:
            raise bad_input("body.when.zones", f"no zone {zone!r}: add it first", "unknown-zone")
    made = Written(id, given.model_dump(mode="json", by_alias=True, exclude={"id"}), hub.clock.now(), by)
    line = AuditEntry(hub.clock.now(), by, "route.added" if new else "route.replaced", id, {"body": made.body})
    await _written(hub.notify.put_route(made, line, new=new))
    return made


async def delete_route(hub: Services, id: str, by: str, wanted: Versions) -> None:
    """404, 412."""
    before = route(hub, id)
    must_be("route", before, wanted)
    line = AuditEntry(hub.clock.now(), by, "route.deleted", id, {"body": before.body})
    await _written(hub.notify.delete_route(id, line))


def route(hub: Services, id: str) -> Written:
    """A route; 404."""
    known = hub.notify.routes.get(id)
    if known is None:
        raise not_found("route", id)
    return known


async def _written(work: Awaitable[None]) -> None:
    try:
        await work
    except Exists as error:
        raise Problem(409, "exists", str(error)) from None
    except Missing as error:
        raise Problem(404, "not-found", str(error)) from None
