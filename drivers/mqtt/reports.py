"""States, events, results and presence as they are on the wire, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from drivers.reporting import clean, report_time
from drivers.senml.refusals import PackError, RecordError
from hub.model.cabinets import CabinetReport
from hub.model.commands import Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.fire import CONDITIONS
from hub.model.ids import SLUG
from hub.model.light import Cause, LightReport
from hub.model.reports import OWN, EventReport, PlanReport, ResultReport

_TEXT = 500  # characters of free text that are kept
_ID = 200
_PLANS = 1000
_SEGMENTS = 100  # that a cabinet may have
_CAUSES = {cause.value: cause for cause in Cause}
_OUTCOMES = {outcome.value: outcome for outcome in (Outcome.APPLIED, Outcome.REJECTED, Outcome.FAILED)}
_EXAMPLES = {
    "state": '{"t":1763750000,"level":60,"cause":"override","command":"id"}',
    "cabinet": '{"t":1763750000,"segments":{"a":true},"feedback":{"a":true},"door":false,"breaker":true,"remote":true}',
    "event": '{"t":1763750000,"type":"lampFailure","active":true}',
    "result": '{"t":1763750000,"id":"command id","outcome":"applied"}',
}


class Report(msgspec.Struct, gc=False):
    """What every report may carry: its time, and the device meant when a gateway speaks."""

    t: float | None = None
    d: str | None = None


class State(Report, gc=False):
    """`up/state`: of a light, a cabinet, a fire panel. What a junction says has more (`junction_state.JunctionState`)."""

    level: Any = None
    cause: Any = None
    command: Any = None
    plan: Any = None
    plans: Any = None
    segments: Any = None
    feedback: Any = None
    door: Any = None
    breaker: Any = None
    remote: Any = None
    alarm: Any = None
    fault: Any = None
    supervisory: Any = None
    disabled: Any = None
    test: Any = None
    points: Any = None
    self_test: Any = None


class Event(Report, gc=False):
    """`up/event`."""

    type: str = ""
    active: bool | None = None
    point: str = ""
    text: str = ""


class Result(Report, gc=False):
    """`up/result`."""

    id: str = ""
    outcome: str = ""
    detail: str = ""


R = TypeVar("R", bound=Report)


def reader(kind: type[R], channel: str) -> Callable[[bytes], list[R]]:
    """A function from a payload to its reports, one or an array of them; it raises PackError."""
    decode = msgspec.json.Decoder(kind | list[kind]).decode  # type: ignore[valid-type]

    def read(payload: bytes) -> list[R]:
        try:
            found = decode(payload)
        except msgspec.ValidationError as error:
            raise PackError(
                f"bad-{channel}", f'{error}: send {_EXAMPLES[channel]}, or an array of them with "d"'
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise PackError("bad-json", f"not JSON ({str(error)[:100]}): send {_EXAMPLES[channel]}") from None
        except RecursionError:
            raise PackError("bad-json", f"nested too deeply: send {_EXAMPLES[channel]}") from None
        return found if isinstance(found, list) else [found]

    return read


def light(state: State, device: Device, received: float, future: float) -> LightReport:
    """What a light says of itself; raises RecordError."""
    level, cause = state.level, state.cause
    if isinstance(level, bool) or not isinstance(level, int | float):
        raise RecordError("bad-state", f"level must be a number from 0 to 100: send {_EXAMPLES['state']}")
    if not 0 <= level <= 100:
        raise RecordError(
            "out-of-range", f"level {str(level)[:20]} is outside 0 to 100: send per cent of full output, 0 = off"
        )
    known = _CAUSES.get(cause) if isinstance(cause, str) else None
    if known is None:
        raise RecordError(
            "bad-state", f"cause {str(cause)[:40]!r} is none of {', '.join(_CAUSES)}: send {_EXAMPLES['state']}"
        )
    if state.command is not None and not isinstance(state.command, str):
        raise RecordError(
            "bad-state", "command must be text: send the id of the last command that was applied, or leave it out"
        )
    command = clean(state.command, _ID) if state.command else None
    time, _ = report_time(state.t, received, future)
    return LightReport(device.id, float(level), known, time, received, command)


def plans(state: State, device: Device, received: float, future: float) -> PlanReport | None:
    """The plans that a connection says it holds, None when it speaks of none; raises RecordError. A light that names no plan
    holds none."""
    own = device.kind is DeviceKind.LIGHT and state.plans is None
    said = {OWN: state.plan or ""} if own else state.plans
    if said is None:
        return None
    if not isinstance(said, dict) or len(said) > _PLANS or not all(isinstance(each, str) for each in said.values()):
        raise RecordError(
            "bad-state",
            'plan must be the version that is held: send "plan":"0123456789abcdef", '
            f'for lamps behind a gateway "plans":{{"name":"0123456789abcdef"}} with at most {_PLANS} names',
        )
    time, _ = report_time(state.t, received, future)
    return PlanReport(device.id, {clean(key, _ID): clean(held, _ID) for key, held in said.items()}, time, received)


def cabinet(state: State, device: Device, received: float, future: float) -> list[CabinetReport]:
    """What a cabinet says of itself, nothing when it says none of that; raises RecordError."""
    said = (state.segments, state.feedback, state.door, state.breaker, state.remote)
    if said == (None,) * len(said):
        return []
    segments, feedback = _contactors("segments", state.segments), _contactors("feedback", state.feedback)
    for name in ("door", "breaker", "remote"):
        if not isinstance(getattr(state, name), bool | None):
            raise RecordError("bad-state", f"{name} must be true or false: send {_EXAMPLES['cabinet']}")
    time, _ = report_time(state.t, received, future)
    return [CabinetReport(device.id, time, received, segments, feedback, state.door, state.breaker, state.remote)]


def _contactors(name: str, said: Any) -> dict[str, bool]:
    if said is None:
        return {}
    if not isinstance(said, dict) or not all(SLUG.fullmatch(one) and isinstance(on, bool) for one, on in said.items()):
        raise RecordError(
            "bad-state",
            f"{name} must hold true or false for each segment, named by a-z, 0-9 and '-': send {_EXAMPLES['cabinet']}",
        )
    if len(said) > _SEGMENTS:
        raise RecordError("bad-state", f"{len(said)} {name}: a cabinet has at most {_SEGMENTS}")
    return said


def event(report: Event, device: Device, received: float, future: float) -> EventReport:
    """An event; raises RecordError."""
    if not report.type:
        raise RecordError("bad-event", f"no type: send {_EXAMPLES['event']}")
    time, _ = report_time(report.t, received, future)
    # A panel's event that does not say so is a beginning: a fire must not be taken for something that is over.
    of_panel = device.kind is DeviceKind.FIRE_PANEL and report.type in CONDITIONS
    return EventReport(
        device.id,
        clean(report.type, 64),
        True if of_panel and report.active is None else report.active,
        time,
        received,
        clean(report.point, _ID),
        clean(report.text, _TEXT),
    )


def result(report: Result, device: Device, received: float, future: float) -> ResultReport:
    """The answer to a command; raises RecordError."""
    outcome = _OUTCOMES.get(report.outcome)
    if not report.id or outcome is None:
        raise RecordError(
            "bad-result", f"id and outcome ({', '.join(_OUTCOMES)}) are needed: send {_EXAMPLES['result']}"
        )
    time, _ = report_time(report.t, received, future)
    return ResultReport(device.id, clean(report.id, _ID), outcome, time, received, clean(report.detail, _TEXT))


def online(payload: bytes) -> bool:
    """What a presence message says; raises PackError."""
    if payload == b"online":
        return True
    if payload == b"offline":
        return False
    raise PackError("bad-presence", "presence is the word online, or offline as the last will")
