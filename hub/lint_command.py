"""`lamplighter lint`: what the linter of signal plans says of a file. Talks to no hub."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from hub.clock import WallClock
from hub.remote import stop
from hub.settings import BadSettings, load_settings
from schedules.signals import BadPlanSet, PlanSet, errors, lint, lint_changes, read_plan_set


def lint_file(
    file: Annotated[Path, typer.Argument(help="a plan set, JSON or YAML (docs/signals.md)")],
    zone: Annotated[
        str | None, typer.Option(help="time zone of the day plans [the file's time_zone, else the city's]")
    ] = None,
    neighbour: Annotated[
        list[Path] | None,
        typer.Option("--with", help="plan set of a neighbour in the same green wave; may be repeated"),
    ] = None,
    active: Annotated[
        Path | None, typer.Option("--from", help="the plan set that it would replace: the change is linted too")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="findings as JSON")] = False,
    config: Annotated[Path | None, typer.Option(help="settings file (TOML); see docs/settings.md")] = None,
) -> None:
    """Lint the signal plans of a junction. Exit code 1 when there are errors."""
    plans = _read(file)
    clocks = _zone(zone or plans.time_zone or _city(config))
    year = datetime.fromtimestamp(WallClock().now(), clocks).year
    found = lint(plans, clocks, [_read(each) for each in neighbour or []], year=year)
    if active is not None:
        found += lint_changes(_read(active), plans)
    wrong = errors(found)
    if as_json:
        said = {"junction": plans.junction, "zone": clocks.key, "findings": [finding.written() for finding in found]}
        typer.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        for finding in found:
            typer.echo(str(finding))
        typer.echo(
            f"{plans.junction}: {len(wrong)} errors, {len(found) - len(wrong)} other findings (times: {clocks.key})"
        )
    raise typer.Exit(1 if wrong else 0)


def _read(path: Path) -> PlanSet:
    try:
        return read_plan_set(path.read_text("utf-8"))
    except UnicodeDecodeError:
        stop(f"{path} is not text in UTF-8: save it so")
    except OSError as error:
        stop(f"cannot read {path}: {error.strerror}")
    except BadPlanSet as error:
        stop(f"{path}: {error}")


def _city(config: Path | None) -> str:
    try:
        return load_settings(config, {}).lighting.time_zone
    except BadSettings as error:
        stop(str(error))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        stop(f"--zone {name!r}: use an IANA name such as 'Asia/Ho_Chi_Minh'")
