"""Alarms: the list, and what people do to them (ISA-18.2 / IEC 62682)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from hub.alarms.book import Draft
from hub.alarms.causes import taken_along
from hub.alarms.lifecycle import Refused
from hub.alarms.listing import Choice, GroupBy, Listing, Show
from hub.api.guards import AlarmKeeper, Hub, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.routes.overrides import check_zones
from hub.api.schemas.alarms import (
    AcknowledgeIn,
    ActedShown,
    AlarmDetail,
    AlarmPage,
    CommentIn,
    GroupPage,
    LinePage,
    NoteIn,
    ReasonIn,
    ShelveIn,
)
from hub.api.schemas.common import PlainText, problems
from hub.api.services import Services
from hub.api.times import parse_duration, parse_time
from hub.api.views import alarms as views
from hub.model.alarms import HUB, Alarm, AlarmState, Severity
from hub.model.audit import AuditEntry
from hub.model.users import User

router = APIRouter(prefix="/alarms", tags=["alarms"])
MOST = 1000
_Text = Annotated[PlainText | None, Query(max_length=100)]


def _chosen(
    hub: Hub,
    show: Annotated[Show, Query(description="the operator's list, or what flags keep away from it")] = Show.LIST,
    state: Annotated[list[AlarmState] | None, Query(description="any of these; may be given more than once")] = None,
    severity: Annotated[list[Severity] | None, Query(description="likewise")] = None,
    class_: Annotated[PlainText | None, Query(alias="class", max_length=32)] = None,
    type: _Text = None,
    device: _Text = None,
    zone: Annotated[PlainText | None, Query(max_length=63, description="with all zones beneath it")] = None,
    beneath: Annotated[PlainText | None, Query(max_length=64, description="the id of the cause")] = None,
    q: Annotated[PlainText | None, Query(max_length=100, description="part of a device, name, type or text")] = None,
    by: Annotated[GroupBy | None, Query(description="with `key`: one group of these")] = None,
    key: _Text = None,
) -> Choice:
    return Choice(show, state, severity, class_, type, device, _zones(hub, zone), beneath, q, by, key)


def _zones(hub: Services, zone: str | None) -> set[str] | None:
    """A zone with all beneath it; None: anywhere."""
    if zone is None:
        return None
    if zone not in hub.city.tree:
        raise not_found("zone", zone)
    return set(hub.city.zones_below(zone))


Chosen = Annotated[Choice, Depends(_chosen)]


def _listing(hub: Services) -> Listing:
    return Listing(hub.alarms.book, hub.city)


def _frame(hub: Services) -> dict[str, Any]:
    counts = {name.replace("-", "_"): count for name, count in _listing(hub).counts().items()}
    return {"revision": hub.alarms.book.revision, "counts": counts}


@router.get("", response_model=AlarmPage, responses=problems(401, 403, 404, 422))
async def list_alarms(hub: Hub, user: Reader, chosen: Chosen, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Alarms that meet every condition: the most urgent first, of these what nobody has seen, then the newest."""
    listing, last = _listing(hub), read_cursor(cursor)
    found = listing.first(chosen, limit + 1, None if last is None else _place(last))
    return page(
        found, limit, lambda alarm: " ".join(map(str, listing.rank(alarm))),
        lambda alarm: views.alarm(alarm, hub.alarms.book, hub.city, len(hub.alarms.book.beneath(alarm.id)), listing),
        **_frame(hub),
    )  # fmt: skip


def _place(last: str) -> tuple[int, bool, float, str]:
    try:
        severity, seen, told, id = last.split(" ")
        return int(severity), seen == "True", float(told), id
    except ValueError:
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is") from None


@router.get("/groups", response_model=GroupPage, responses=problems(401, 403, 404, 422))
async def list_groups(
    hub: Hub,
    user: Reader,
    chosen: Chosen,
    group_by: Annotated[GroupBy, Query(description="what makes them belong together")] = GroupBy.CABINET,
) -> Response:
    """The same in groups, the most urgent first. `key` and `revision` acknowledge one group as it was seen."""
    groups = _listing(hub).groups(chosen, group_by)
    shown = [views.group(each, group_by, hub.alarms.book, hub.city) for each in groups[:MOST]]
    return answer({"items": shown, "next": None} | _frame(hub))


@router.post("/ack", response_model=ActedShown, responses=problems(401, 403, 404, 422))
async def acknowledge_many(hub: Hub, user: AlarmKeeper, body: AcknowledgeIn) -> Response:
    """Say that alarms were seen: those with these ids, or a group as its list showed it: up to its revision, and through its
    filters. Those beneath a cause go with it."""
    if (body.group is None) is (not body.ids):
        raise bad_input("body.ids", "give ids or a group, one of the two")
    if body.group is not None:
        group = body.group
        choice = Choice(
            Show.LIST, group.state, group.severity, group.class_, group.type, group.device, _zones(hub, group.zone), q=group.q,
            by=group.by, key=group.key, up_to=group.revision,
        )  # fmt: skip
        ids = [alarm.id for alarm in _listing(hub).chosen(choice)]
        if user.zones:
            allowed = {each for zone in user.zones if zone in hub.city.tree for each in hub.city.zones_below(zone)}
            ids = [id for id in ids if hub.city.zone_of(hub.alarms.book.alarms[id].key.device) in allowed]
    else:
        ids = [_known(hub, user, id).id for id in body.ids]
    return await _act(
        hub,
        user,
        ids,
        "acknowledged",
        lambda draft, alarm: draft.acknowledge(alarm, user.name, body.comment),
        body.comment,
    )


@router.get("/{alarm}", response_model=AlarmDetail, responses=problems(401, 403, 404))
async def one_alarm(hub: Hub, user: Reader, alarm: str) -> Response:
    """One alarm, with the devices that it takes along."""
    known = _of(hub, alarm)
    rule = hub.alarms.rules.of(known.key.type)
    devices = sorted(taken_along(known, rule, hub.alarms.street)) if known.state.raised else []
    return answer(views.event(alarm, hub.alarms.book, hub.city) | {"devices": devices[:MOST]})


@router.get("/{alarm}/log", response_model=LinePage, responses=problems(401, 403, 404, 422))
async def journal(hub: Hub, user: Reader, alarm: str, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """What happened to an alarm, the newest first."""
    _of(hub, alarm)
    last = read_cursor(cursor)
    if last is not None and not (last.isascii() and last.isdigit() and len(last) < 19):
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is")
    below = None if last is None else int(last)
    found = await asyncio.to_thread(hub.registry.alarms.log, alarm, below, limit + 1)
    return page(found, limit, lambda row: str(row.id), views.line)


_DONE = problems(401, 403, 404, 409, 422)


@router.post("/{alarm}/ack", response_model=ActedShown, responses=_DONE)
async def acknowledge(hub: Hub, user: AlarmKeeper, alarm: str, body: CommentIn | None = None) -> Response:
    """Say that an alarm was seen, and with it those beneath it."""
    comment = body.comment if body is not None else ""
    known = _known(hub, user, alarm)
    return await _act(
        hub,
        user,
        [known.id],
        "acknowledged",
        lambda draft, alarm: draft.acknowledge(alarm, user.name, comment),
        comment,
    )


@router.post("/{alarm}/reset", response_model=ActedShown, responses=_DONE)
async def reset(hub: Hub, user: AlarmKeeper, alarm: str, body: CommentIn | None = None) -> Response:
    """Let go of an alarm that is latched: over, seen, and kept until somebody resets it; or of a fire whose panel was retired
    or deleted (`source`), which nobody else will say is over."""
    comment = body.comment if body is not None else ""
    known = _known(hub, user, alarm)
    return await _act(
        hub, user, [known.id], "reset", lambda draft, alarm: draft.reset(alarm, user.name, comment), comment
    )


@router.post("/{alarm}/shelve", response_model=ActedShown, responses=_DONE)
async def shelve(hub: Hub, user: AlarmKeeper, alarm: str, body: ShelveIn) -> Response:
    """Take an alarm from the list for a time, with a reason; its rule says how long at most. It lives on meanwhile."""
    known = _known(hub, user, alarm)
    if (body.until is None) is (body.duration is None):
        raise bad_input("body.until", "give until or for, one of the two")
    now = hub.clock.now()
    until = parse_time(body.until) if body.until is not None else now + parse_duration(body.duration or "")
    return await _act(
        hub,
        user,
        [known.id],
        "shelved",
        lambda draft, alarm: draft.shelve(alarm, until, user.name, body.reason),
        body.reason,
    )


@router.post("/{alarm}/unshelve", response_model=ActedShown, responses=_DONE)
async def unshelve(hub: Hub, user: AlarmKeeper, alarm: str) -> Response:
    """Put an alarm back on the list."""
    known = _known(hub, user, alarm)
    return await _act(hub, user, [known.id], "unshelved", lambda draft, alarm: draft.unshelve(alarm, user.name))


@router.post("/{alarm}/out-of-service", response_model=ActedShown, responses=_DONE)
async def out_of_service(hub: Hub, user: AlarmKeeper, alarm: str, body: ReasonIn) -> Response:
    """Take an alarm out of service while somebody works there: it lives on, off the list, until it is put back."""
    known = _known(hub, user, alarm)
    if hub.alarms.rules.of(known.key.type).group == "fire":
        raise Problem(409, "alarm-refused", "a fire alarm cannot be taken out of service here: disable it at the panel")
    return await _act(
        hub, user, [known.id], "out-of-service",
        lambda draft, alarm: draft.out_of_service(alarm, user.name, body.reason), body.reason,
    )  # fmt: skip


@router.post("/{alarm}/in-service", response_model=ActedShown, responses=_DONE)
async def in_service(hub: Hub, user: AlarmKeeper, alarm: str) -> Response:
    """Put an alarm back into service."""
    known = _known(hub, user, alarm)
    return await _act(hub, user, [known.id], "in-service", lambda draft, alarm: draft.in_service(alarm, user.name))


@router.post("/{alarm}/comments", response_model=ActedShown, responses=_DONE)
async def comment(hub: Hub, user: AlarmKeeper, alarm: str, body: NoteIn) -> Response:
    """Add a remark to an alarm's journal."""
    known = _known(hub, user, alarm)
    return await _act(
        hub, user, [known.id], "comment", lambda draft, alarm: draft.comment(alarm, user.name, body.text), body.text
    )


def _of(hub: Services, id: str) -> Alarm:
    known = hub.alarms.book.alarms.get(id)
    if known is None:
        raise not_found("alarm", id)
    return known


def _known(hub: Services, user: User, id: str) -> Alarm:
    """The alarm, where the user may deal with it."""
    known = _of(hub, id)
    if known.key.device == HUB:
        if user.zones:
            detail = (
                f"{user.name} may deal with alarms in {', '.join(user.zones)} only, not with those of the hub itself"
            )
            raise Problem(403, "outside-your-zones", detail)
    else:
        check_zones(hub, user, [], [known.key.device])
    return known


async def _act(
    hub: Services,
    user: User,
    ids: Sequence[str],
    what: str,
    act: Callable[[Draft, Alarm], object],
    why: str = "",
) -> Response:
    def line(changed: Sequence[Alarm]) -> AuditEntry:
        about = changed[0].id if len(changed) == 1 else ""
        detail: dict[str, Any] = {"alarms": [alarm.id for alarm in changed[:20]], "count": len(changed)}
        if len(changed) == 1:
            detail = {"device": changed[0].key.device, "type": changed[0].key.type, "point": changed[0].key.point}
        return AuditEntry(hub.clock.now(), user.name, f"alarm.{what}", about, detail | ({"reason": why} if why else {}))

    try:
        changed = await hub.alarms.change(ids, act, line)
    except Refused as error:
        raise Problem(409, "alarm-refused", str(error)) from None
    shown = [views.event(alarm.id, hub.alarms.book, hub.city) for alarm in changed[:MOST]]
    return answer({"changed": len(changed), "items": shown})
