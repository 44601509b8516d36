"""Playbooks to begin with, as they come with Lamplighter: a file each, texts in both languages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from hub.incidents.playbook import parse_playbook

LANGUAGES = ("en", "vi")


@cache
def templates() -> tuple[dict[str, Any], ...]:
    """Each as {"id", "name": {en, vi}, "en": the playbook, "vi": the playbook}, by id."""
    found = []
    for path in files(__name__).iterdir():
        if not path.name.endswith(".toml"):
            continue
        raw = tomllib.loads(path.read_text("utf-8"))
        bodies = {language: _in(raw, language) for language in LANGUAGES}
        for body in bodies.values():
            parse_playbook(body)
        found.append({"id": raw["id"], "name": raw["name"], **bodies})
    return tuple(sorted(found, key=lambda each: str(each["id"])))


def _in(value: Any, language: str) -> Any:
    """The same with every text in one language."""
    if isinstance(value, dict):
        if value.keys() == set(LANGUAGES):
            return value[language]
        return {key: _in(each, language) for key, each in value.items()}
    return [_in(each, language) for each in value] if isinstance(value, list) else value
