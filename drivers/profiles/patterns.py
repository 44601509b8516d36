"""Topic patterns: MQTT topics with named levels, `tele/{device}/STATE`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_NAMED = re.compile(r"\{([a-z_]+)\}")
DEVICE = "device"


class Channel(StrEnum):
    """What a topic carries. Telemetry is bulk; the others are urgent."""

    TELEMETRY = "telemetry"
    STATE = "state"
    PRESENCE = "presence"
    RESULT = "result"
    EVENT = "event"


class BadPattern(ValueError):
    """A topic pattern that cannot be used; the message says what to write instead."""


def parse_pattern(text: str) -> tuple[str, ...]:
    """The levels of a pattern; raises BadPattern. A level is plain text or one `{name}`; `{device}` is among them."""
    levels = tuple(text.split("/"))
    names = [found[1] for level in levels if (found := _NAMED.fullmatch(level))]
    plain = [level for level in levels if not _NAMED.fullmatch(level)]
    if any(sign in level for level in plain for sign in "+#{}\x00") or not text:
        raise BadPattern(f"{text!r}: write plain levels and whole levels in braces, e.g. 'tele/{{device}}/STATE'")
    if _NAMED.fullmatch(levels[0]) or levels[0].startswith("$"):
        raise BadPattern(
            f"{text!r} would hear everything on the broker: begin with a plain level, e.g. 'tele/{{device}}'"
        )
    if DEVICE not in names:
        raise BadPattern(f"{text!r} names no device: put {{device}} where its address stands")
    if len(set(names)) != len(names):
        raise BadPattern(f"{text!r} has a name twice: use each name once")
    return levels


@dataclass(frozen=True, slots=True)
class TopicPattern:
    """Where messages of one sort come from: `filter` is the MQTT topic filter, with `+` for every named level."""

    filter: str
    channel: Channel
    levels: tuple[str, ...]

    @classmethod
    def of(cls, text: str, channel: Channel) -> TopicPattern:
        """The pattern written as `text`; raises BadPattern."""
        levels = parse_pattern(text)
        return cls("/".join("+" if _NAMED.fullmatch(level) else level for level in levels), channel, levels)

    def match(self, topic: str) -> dict[str, str] | None:
        """What the named levels are in `topic`; None when the topic is another."""
        parts = topic.split("/")
        if len(parts) != len(self.levels):
            return None
        found: dict[str, str] = {}
        for level, part in zip(self.levels, parts, strict=True):
            named = _NAMED.fullmatch(level)
            if named:
                found[named[1]] = part
            elif level != part:
                return None
        return found

    def overlaps(self, other: TopicPattern) -> bool:
        """True when some topic is of both patterns."""
        ours, theirs = self.filter.split("/"), other.filter.split("/")
        return len(ours) == len(theirs) and all(
            a == b or a == "+" or b == "+" for a, b in zip(ours, theirs, strict=True)
        )


def sent_to(topic: str) -> TopicPattern:
    """The topics that a command's template may be sent to."""
    levels = tuple(topic.split("/"))
    return TopicPattern("/".join("+" if "{" in level else level for level in levels), Channel.RESULT, levels)


def addresses(levels: Mapping[str, str]) -> tuple[str, ...]:
    """What a device may have as its address to be meant: its level, or all named levels joined by `/`."""
    own = levels[DEVICE]
    return (own,) if len(levels) == 1 else (own, "/".join(levels.values()))


def fill(pattern: str, known: Mapping[str, str]) -> str:
    """`pattern` with what is known of its named levels, and `+` for the rest."""
    return _NAMED.sub(lambda name: known.get(name[1], "+"), pattern)


def names(pattern: str) -> list[str]:
    """The names in braces of `pattern`, in order."""
    return _NAMED.findall(pattern)
