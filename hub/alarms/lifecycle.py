"""The life of one alarm (ISA-18.2 / IEC 62682), as a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hub.model.alarms import AlarmState


class Stimulus(StrEnum):
    """What can happen to an alarm."""

    RAISE = "raise"  # the condition began
    CLEAR = "clear"  # it ended
    CLEAR_BENEATH = "clear-beneath"  # it ended while the alarm stood beneath its cause: nobody was asked to see it
    ACKNOWLEDGE = "acknowledge"  # a person has seen it
    RESET = "reset"  # a person lets go of what is latched


class Refused(Exception):
    """What cannot happen in this state; the message says why."""


_NORMAL, _UNACKNOWLEDGED, _ACKNOWLEDGED = AlarmState.NORMAL, AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED
_RETURNED, _LATCHED = AlarmState.RETURNED, AlarmState.LATCHED
_S = Stimulus

TRANSITIONS: Mapping[tuple[AlarmState, Stimulus], tuple[AlarmState, AlarmState]] = MappingProxyType(
    {
        # from, by: to, and to when its rule latches
        (_NORMAL, _S.RAISE): (_UNACKNOWLEDGED, _UNACKNOWLEDGED),
        (_UNACKNOWLEDGED, _S.CLEAR): (_RETURNED, _RETURNED),
        (_UNACKNOWLEDGED, _S.CLEAR_BENEATH): (_NORMAL, _RETURNED),
        (_UNACKNOWLEDGED, _S.ACKNOWLEDGE): (_ACKNOWLEDGED, _ACKNOWLEDGED),
        (_ACKNOWLEDGED, _S.CLEAR): (_NORMAL, _LATCHED),
        (_ACKNOWLEDGED, _S.CLEAR_BENEATH): (_NORMAL, _LATCHED),
        (_RETURNED, _S.RAISE): (_UNACKNOWLEDGED, _UNACKNOWLEDGED),
        (_RETURNED, _S.ACKNOWLEDGE): (_NORMAL, _LATCHED),
        (_LATCHED, _S.RAISE): (_UNACKNOWLEDGED, _UNACKNOWLEDGED),
        (_LATCHED, _S.RESET): (_NORMAL, _NORMAL),
    }
)
"""Everything that moves an alarm. What is not here is a repeat (see REPEATS) or is refused."""

REPEATS: frozenset[tuple[AlarmState, Stimulus]] = frozenset(
    {
        (_UNACKNOWLEDGED, _S.RAISE),
        (_ACKNOWLEDGED, _S.RAISE),
        *((state, by) for state in (_NORMAL, _RETURNED, _LATCHED) for by in (_S.CLEAR, _S.CLEAR_BENEATH)),
        *((state, _S.ACKNOWLEDGE) for state in (_NORMAL, _ACKNOWLEDGED, _LATCHED)),
        (_NORMAL, _S.RESET),
    }
)
"""What says again what is so already: it changes nothing."""


def after(state: AlarmState, stimulus: Stimulus, *, latching: bool) -> AlarmState:
    """The state after `stimulus`; the same when it only repeats. Raises Refused."""
    if (state, stimulus) in REPEATS:
        return state
    found = TRANSITIONS.get((state, stimulus))
    if found is None:
        raise Refused(_WHY[state])
    return found[latching]


_WHY = {
    AlarmState.UNACKNOWLEDGED: "its condition still holds: it can be reset when that is over and somebody acknowledged it",
    AlarmState.ACKNOWLEDGED: "its condition still holds: it can be reset when that is over",
    AlarmState.RETURNED: "nobody has acknowledged it: acknowledge it first",
    AlarmState.NORMAL: "there is nothing to do: it is normal",
    AlarmState.LATCHED: "it is latched: reset it",
}
