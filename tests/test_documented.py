"""Nothing that people can set, read or type is undocumented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel

from hub import measures, measures_alarms, measures_fire, measures_incidents, measures_notify, measures_orders
from hub.cli import app
from hub.settings import Settings

ROOT = Path(__file__).parent.parent


def _settings() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            for key, inner in type(field.default).model_fields.items():
                assert inner.description, f"{name}.{key} has no description"
                yield f"{name}.{key}"
        else:
            yield name


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs/settings.md").read_text("utf-8")
    assert [name for name in _settings() if f"`{name}`" not in text] == []


def test_every_metric_is_documented() -> None:
    sources = (measures, measures_alarms, measures_fire, measures_incidents, measures_notify, measures_orders)
    source = "".join(Path(each.__file__).read_text("utf-8") for each in sources)
    names = set(re.findall(r'PREFIX \+ "([a-z_]+)"', source)) | set(re.findall(r'\(\s*"([a-z_]+)", "[A-Z1]', source))
    text = (ROOT / "docs/metrics.md").read_text("utf-8")
    assert len(names) >= 10
    assert [name for name in sorted(names) if f"lamplighter_{name}" not in text] == []


def _commands(group: Any, before: str = "") -> Iterator[str]:
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    names = list(_commands(typer.main.get_command(app)))
    assert {"demo", "run", "user add", "device import", "lint"} <= set(names)
    assert [name for name in names if f"lamplighter {name}" not in text] == []


def test_every_link_between_the_pages_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("[dhs]*/**/README.md")]
    assert len(pages) > 15
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []
