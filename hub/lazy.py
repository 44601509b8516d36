"""Commands that are loaded when they are called, or when help is asked of them: a hub that starts does not wait for them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Command, Context  # the click that typer carries with it

LAZY = {
    "lint": "hub.lint_command:lint_file",
    "evaluate": "hub.planning:evaluate",
    "coordinate": "hub.planning:coordinate",
}
"""By the name of the command: its module and function."""


class LazyGroup(TyperGroup):
    """The commands of its app, and those of `LAZY`."""

    def list_commands(self, ctx: Context) -> list[str]:
        """All names, in order."""
        return [*super().list_commands(ctx), *LAZY]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of that name; None when there is none."""
        if cmd_name not in LAZY:
            return super().get_command(ctx, cmd_name)
        module, _, function = LAZY[cmd_name].partition(":")
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(cmd_name)(getattr(import_module(module), function))
        return typer.main.get_command(alone)
