"""Playbooks as TOML: one table each, named by its id."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

import tomli_w

from hub.incidents.playbook import BadPlaybook, Playbook, parse_playbook

MOST = 500


def written(playbook: Playbook) -> dict[str, Any]:
    """A playbook as plain data: only what differs from the defaults, `id` and `name`."""
    body: dict[str, Any] = playbook.model_dump(mode="json", exclude_defaults=True)
    return body


def to_toml(bodies: Iterable[dict[str, Any]]) -> str:
    """Playbooks as a file that `from_toml` reads."""
    tables = {
        body["id"]: {key: value for key, value in body.items() if key != "id" and value is not None} for body in bodies
    }
    return tomli_w.dumps({id: _without_none(each) for id, each in tables.items()}, multiline_strings=False)


def from_toml(text: str) -> list[Playbook]:
    """The playbooks of a file. Raises BadPlaybook for the first thing that is wrong."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPlaybook("toml", f"{error}: write one table a playbook, [fire-approach] ...") from None
    if len(content) > MOST:
        raise BadPlaybook("toml", f"has {len(content)} playbooks: at most {MOST} fit into one file")
    found = []
    for id, body in content.items():
        if not isinstance(body, dict):
            raise BadPlaybook(id[:60], f"is no table: write [{id[:60]}] with name, trigger and what to do")
        try:
            found.append(parse_playbook(body, id))
        except BadPlaybook as error:
            raise BadPlaybook(f"{id[:60]}.{error.place}", error.text) from None
    if not found:
        raise BadPlaybook("toml", "holds no playbook: write one table each, [fire-approach] ...")
    return found


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list) else value
