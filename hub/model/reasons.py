"""Why a target of a command did not follow, as far as the hub says so: a code, values, and a sentence in English.

The sentence is what is kept (`Target.detail`); code and values are read back from it, so that the page can say the same in its
own language. What a device says itself is kept as it said it and has no code; one that says such a sentence is taken at its word.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub.model.sentences import Reason, Sentences

NO_ANSWER = "no answer: "
"""Before the reason for which a device that was asked could not answer."""

# Where two could be the same sentence the plainer one stands first.
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "superseded": "superseded by {command}",
        "held-higher": "an order of higher priority holds it",
        "online-silent": "no answer although it is online",
        "never-says": "sent; devices of this type never say what they do",
        "other-level": "it reports {reported} %, not the {told} % that it was told",
        "received": "received by the device, which has not said yet what it did",
        "not-delivered": "the network could not deliver it",
        "offline": "it is offline",
        "gateway-offline": "its gateway {gateway} is offline",
        "unreachable": "its gateway {gateway} cannot reach it",
        "silent": "it has been silent for three report intervals",
        "never-heard": "it has never been heard of",
        "no-power": "it has no power",
        "no-power-breaker": "it has no power: the breaker of {cabinet} is open",
        "no-power-segment": "it has no power: segment {segment} of {cabinet} is dead",
        "breaker-open": "the contactor is closed, but the breaker of {cabinet} is open",
        "cabinet-local": (
            "{cabinet} is on local: a technician switches it there; order again when its switch is back on remote"
        ),
        "feeds-another": "segment {segment} of {cabinet} feeds another light: order the segment or its zone",
        "feeds-others": "segment {segment} of {cabinet} feeds {others} other lights: order the segment or its zone",
        "broker-busy": "not sent: too many orders waited for the broker, which is given {rate} a second",
        "gateway-busy": "not sent: too many orders waited for {gateway}, which is given {rate} a second",
        "not-registered": "it is not registered any more",
        "unknown-profile": "its profile {profile} is not known to this hub",
        "no-profile": "profile {profile} is unknown: set it to one of {profiles}",
        "cannot": "devices of type {type} know no {operation}: they take {able}",
        "device-refused": "the device refused it: {answer}",
        "beyond-range": "{level} % would be {value} there, and its profile allows {low} to {high}",
        "address-unknown": (
            "{parts} of the device is not known before it has reported: wait for it, or write its address in full"
        ),
        "not-asked": "the hub does not ask it while it is {status}: set its status to active",
        "bad-line": "the hub cannot ask it at {address}: write its line and unit, e.g. tcp://10.0.0.5:502/17",
        "no-contactor": "{type} has no contactor for segment {segment}: its map has {able}",
        "write-refused": "the write to {place} was refused with exception {exception}: {meaning}",
        "read-back": "written, but it reads back {read}, not {wanted} ({place}) after {seconds} s",
        "read-back-silent": "written, but the read-back was not answered ({place}) after {seconds} s",
        "read-back-refused": "written, but the read-back ({place}) was refused with exception {exception}: {meaning}",
        "line-ended": "written, and then {line} went down before it showed",
    }
)

_SENTENCES = Sentences(SENTENCES)
sentence = _SENTENCES.say


def read_reason(detail: str) -> Reason | None:
    """The reason that a sentence is; None for what is no sentence of the hub's."""
    return _SENTENCES.read(detail.removeprefix(NO_ANSWER))
