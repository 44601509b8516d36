"""What the registers of a fire panel say together, and when they cannot be believed to say that something is over. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from drivers.modbus.model import EventRule, RegisterMap
from hub.model.fire import CONDITIONS, PanelPoint
from hub.model.ids import SLUG

_TEXT = 200  # characters of a point's text


class BadTexts(ValueError):
    """A file of texts that cannot be used; the message says what to write instead."""


class Judged(NamedTuple):
    """What a poll of a panel says. `told` are events that may be believed; `torn` the types whose summary says that there is
    none while a point says that there is one: the panel changed between two reads, or the map is wrong. Nothing of such a type
    ends. `complete` when all of the panel was read, and agrees."""

    told: Sequence[tuple[EventRule, bool]]
    points: tuple[PanelPoint, ...]
    torn: Mapping[str, str]
    complete: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """The conditions that a map reads of a fire panel, and what is said of its points. A point without a name is the summary of
    its type."""

    rules: frozenset[EventRule]
    texts: Mapping[str, str]

    def text(self, rule: EventRule) -> str:
        """What is said of a point: the device's own, else the map's."""
        return self.texts.get(rule.point, rule.text)

    def judge(self, events: Sequence[tuple[EventRule, bool]]) -> Judged:
        """What a poll says, of which some may not have been answered."""
        said = {rule: active for rule, active in events if rule in self.rules}
        none = {rule.type for rule, active in said.items() if not rule.point and not active}
        torn = {rule.type: rule.point for rule, active in said.items() if active and rule.point and rule.type in none}
        told = [(rule, active) for rule, active in events if active or rule.type not in torn]
        standing = sorted((rule for rule, active in said.items() if active), key=lambda rule: (rule.type, rule.point))
        points = tuple(PanelPoint(rule.point, CONDITIONS[rule.type], self.text(rule)) for rule in standing)
        return Judged(told, points, torn, not torn and len(said) == len(self.rules))


def panel_of(map: RegisterMap, own: Mapping[str, str]) -> Panel | None:
    """What a map reads of a fire panel, None when it reads nothing of the kind; `own` are the device's texts."""
    rules = frozenset(
        point.rule for point in map.points if isinstance(point.rule, EventRule) and point.rule.type in CONDITIONS
    )
    return Panel(rules, {**map.texts, **own}) if rules else None


def point_texts(folder: Path, device: str) -> dict[str, str]:
    """The texts of a device's points, `"1/23" = "Lobby"` in `points/DEVICE.toml` of the maps' folder; none when there is no such
    file. Raises BadTexts."""
    file = folder / "points" / f"{device}.toml"
    if not SLUG.fullmatch(device) or not file.is_file():
        return {}
    try:
        content = tomllib.loads(file.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadTexts(f'{file}: {error}: write lines such as "1/23" = "Lobby", in UTF-8') from None
    wrong = next((point for point, text in content.items() if not isinstance(text, str)), None)
    if wrong is not None:
        raise BadTexts(f'{file}: {wrong}: the text of a point is text: write "{wrong}" = "Lobby"')
    return {point: text[:_TEXT] for point, text in content.items()}
