"""What only the extra `lamplighter[sumo]` brings: SUMO itself and SciPy."""

from __future__ import annotations

import importlib
import subprocess
from functools import cache
from pathlib import Path
from typing import Any


class NotInstalled(Exception):
    """A part of the extra is missing; the message says how to install it."""


class SumoFailed(Exception):
    """A program of SUMO ended with an error; the message is its own."""


@cache
def load(module: str) -> Any:
    """A module of the extra, which has no types; NotInstalled where it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise NotInstalled(_missing(module.split(".")[0])) from error


def program(name: str) -> Path:
    """The path of one of SUMO's programs, such as `netconvert`; NotInstalled where it is missing."""
    try:
        home = Path(str(importlib.import_module("sumo").SUMO_HOME))
    except ImportError as error:
        raise NotInstalled(_missing("SUMO")) from error
    path = home / "bin" / name
    if not path.exists():
        raise NotInstalled(f"{_missing('SUMO')}: there is no {path}")
    return path


def run(name: str, *arguments: str) -> str:
    """Run one of SUMO's programs to its end; what it said on standard error. SumoFailed when it did not end well."""
    path = program(name)
    home = {"SUMO_HOME": str(path.parent.parent)}
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False, env=home)
    if done.returncode:
        wrong = [line for line in done.stderr.splitlines() if line.startswith("Error")]
        raise SumoFailed(f"{name}: {' '.join(wrong) or done.stderr.strip()[-500:]}")
    return done.stderr


def _missing(what: str) -> str:
    return f"{what} is not installed: pip install 'lamplighter[sumo]' (from a clone: make .venv/.sumo)"
