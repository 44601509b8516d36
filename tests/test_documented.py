"""Nothing that people can set, read or type is undocumented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import typer.main
from pydantic import BaseModel

from hub import measures
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
    source = Path(measures.__file__).read_text("utf-8")
    names = set(re.findall(r'PREFIX \+ "([a-z_]+)"', source)) | set(re.findall(r'\(\s*"([a-z_]+)", "[A-Z1]', source))
    text = (ROOT / "docs/metrics.md").read_text("utf-8")
    assert len(names) >= 10
    assert [name for name in sorted(names) if f"lamplighter_{name}" not in text] == []


def test_every_command_is_in_the_readme() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, click.Group)
    text = (ROOT / "README.md").read_text("utf-8")
    names = []
    for name, command in root.commands.items():
        names += [f"{name} {sub}" for sub in command.commands] if isinstance(command, click.Group) else [name]
    assert [name for name in names if f"lamplighter {name}" not in text] == []
