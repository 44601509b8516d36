"""Why a notification was not sent or not delivered, as far as the hub says so. What others answer is kept in their own words."""

from __future__ import annotations

from hub.model.sentences import Sentences

UNTOLD = Sentences(
    {
        "channel-deleted": "its channel was deleted",
        "device-deleted": "its device was deleted",
        "beginning-untold": "its beginning was not told",
        "returned": "returned",
        "acknowledged": "acknowledged by {by}",
        "beneath": "it stands beneath its cause",
        "shelved": "shelved by {by}",
        "out-of-service": "out of service, by {by}",
        "too-old-silent": "not delivered within {hours} h: no whole answer within {seconds} s",
        "too-old": "not delivered within {hours} h: {answer}",
        "cut-short": "cut short before it ended: the message goes again",
        "no-answer": "no whole answer within {seconds} s",
        "no-puback": "the broker did not acknowledge within {seconds} s",
        "no-mqtt": "there is no MQTT driver: install it, or write a channel of another kind",
        "elsewhere": "it sends elsewhere ({place}): write that address into url, redirects are not followed",
        "no-json": "expected JSON in the answer, it says: {answer}",
        "unexpected": "expected {name} = {value} in the answer, it says: {answer}",
        "recipients": "refused for {who}: {answer}",
        "unforeseen": "unforeseen: {error}",
    }
)
