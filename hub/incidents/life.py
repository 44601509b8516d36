"""The life of one incident: opened, held by alarms, quiet, over. Pure: every function takes `now` and gives the next state."""

from __future__ import annotations

from dataclasses import replace

from hub.model.incidents import Incident, Task, Why


class NotPossible(Exception):
    """What cannot be done to this incident; the message says why."""


def joined(incident: Incident, alarm: str, now: float) -> Incident:
    """Another alarm of its playbook began at its device, or one that had ended began anew."""
    if not incident.running or alarm in incident.holders:
        return incident
    held = replace(incident, holders=(*incident.holders, alarm), events=incident.events + 1, quiet=None)
    return _timed(held)


def left(incident: Incident, alarm: str, now: float) -> Incident:
    """One of the alarms that hold it ended."""
    if not incident.running or alarm not in incident.holders:
        return incident
    rest = tuple(each for each in incident.holders if each != alarm)
    return _timed(replace(incident, holders=rest, quiet=None if rest else now))


def passed(incident: Incident, alarm: str, now: float) -> Incident:
    """An alarm of its playbook began and was over before anybody looked."""
    return left(joined(incident, alarm, now), alarm, now)


def clock_set(incident: Incident, by: float) -> Incident:
    """The clock was set by `by` seconds (positive: forth) while it ran: it lasts as long as if nobody had set it."""
    if not incident.running:
        return incident
    quiet = None if incident.quiet is None else incident.quiet + by
    moved = replace(incident, opened=incident.opened + by, deadline=incident.deadline + by, quiet=quiet)
    return _timed(_waves_moved(moved, by))


def once(incident: Incident, now: float) -> Incident:
    """What has no end of its own happened, for the first time or again: an event of a moment, or a person says so. It lasts for
    `after` from now on, or as long as alarms hold it."""
    if not incident.running:
        return incident
    return _timed(replace(incident, quiet=None if incident.holders else now))


def looked_at(incident: Incident, now: float) -> Incident:
    """As it is at `now`: over when its time has come. Where the clock was set back while no
    hub ran that could tell by how much, it began just now."""
    if not incident.running:
        return incident
    if now < incident.opened:
        longest = incident.deadline - incident.opened
        quiet = None if incident.quiet is None else min(incident.quiet, now)
        moved = replace(incident, opened=now, deadline=now + longest, quiet=quiet)
        incident = _timed(_waves_moved(moved, now - incident.opened))
    elif incident.quiet is not None and now < incident.quiet:
        incident = _timed(replace(incident, quiet=now))
    if now < incident.until:
        return incident
    why = Why.LONGEST if incident.until >= incident.deadline else Why.OVER
    return replace(incident, ended=now, ended_why=why, holders=())


def ended(incident: Incident, now: float, who: str, reason: str) -> Incident:
    """A person ends it. Raises NotPossible."""
    if not incident.running:
        raise NotPossible("it has ended already: nothing of it holds any more")
    return replace(
        incident,
        until=min(incident.until, now),
        ended=now,
        ended_why=Why.PERSON,
        ended_by=who,
        reason=reason,
        holders=(),
    )


def ticked(incident: Incident, place: int, now: float, who: str, remark: str = "", *, done: bool = True) -> Incident:
    """A person did what was asked for at `place` (from 0), or takes that back. Raises NotPossible."""
    if not 0 <= place < len(incident.tasks):
        raise NotPossible(f"it asks for {len(incident.tasks)} things: there is no number {place + 1}")
    if incident.dry:
        raise NotPossible("it is a dry run: nothing is asked for")
    known = incident.tasks[place]
    if (known.done is not None) is done:
        return incident
    task = Task(known.text, now, who, remark) if done else Task(known.text)
    return replace(incident, tasks=(*incident.tasks[:place], task, *incident.tasks[place + 1 :]))


def _waves_moved(incident: Incident, by: float) -> Incident:
    return replace(incident, waves=tuple(replace(each, until=each.until + by) for each in incident.waves))


def _timed(incident: Incident) -> Incident:
    if incident.holders or incident.quiet is None:
        return replace(incident, until=incident.deadline)
    return replace(incident, until=min(incident.deadline, incident.quiet + incident.after))
