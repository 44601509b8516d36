"""MQTT topic filters as NATS subjects, as nats-server itself translates them."""

from __future__ import annotations

from collections.abc import Iterable

from hub.ports import BrokerAccess


class BadTopic(ValueError):
    """A topic that nats-server refuses; the message says what to write instead."""


def subject(filter: str) -> str:
    """The subject of a filter: `/` becomes `.`, `+` `*`, `#` `>`, and a dot within a level `//`. Raises BadTopic."""
    return ".".join({"+": "*", "#": ">"}.get(level) or _token(level, filter) for level in filter.split("/"))


def _token(level: str, filter: str) -> str:
    if level and level.isprintable() and not any(sign in level for sign in " *>+#"):
        return level.replace(".", "//")
    raise BadTopic(
        f"the embedded broker cannot carry the topic {filter[:120]!r}: no level may be empty or hold a space, '*' or '>';"
        " rename the device where it gets its topic, or use a broker of your own (mqtt.url)"
    )


def publishing(filters: Iterable[str]) -> list[str]:
    """What an account may publish to: `a/#` is everything below `a`."""
    return [subject(each) for each in filters]


def subscribing(filters: Iterable[str]) -> list[str]:
    """What an account may subscribe to: MQTT's `a/#` is `a` too, so whoever may hear `a.>` must be allowed `a`."""
    found: list[str] = []
    for each in filters:
        if each.endswith("/#"):
            found.append(subject(each.removesuffix("/#")))
        found.append(subject(each))
    return found


def check(access: BrokerAccess) -> None:
    """Raise BadTopic when an account cannot be given that."""
    publishing(access.publish)
    subscribing(access.subscribe)
