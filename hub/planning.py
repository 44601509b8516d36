"""Commands that work out signal plans: they talk to no hub and send nothing.

What only they need is loaded in them: other commands shall not wait for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from hub.clock import WallClock
from hub.evaluation.aims import Aim
from hub.evaluation.extra import NotInstalled, SumoFailed
from hub.evaluation.maxband import SECONDS, Favour
from hub.evaluation.road import BadRoad
from hub.evaluation.road_reader import read_road, read_values
from hub.loading import loading
from hub.remote import stop
from hub.settings import BadSettings, load_settings
from schedules.signals import BadPlanSet
from schedules.signals.bands import BadCorridor

WRONG = (BadRoad, BadPlanSet, BadCorridor, NotInstalled, SumoFailed)

RoadFile = Annotated[Path, typer.Argument(help="the road (YAML or JSON), see docs/signals-evaluation.md")]
Folder = Annotated[Path, typer.Option(help="folder to write into, made when it is not there")]


def evaluate(
    road: RoadFile,
    out: Folder = Path("evaluation"),
    seeds: Annotated[int, typer.Option(min=2, max=50, help="how often each plan is run")] = 5,
    first_seed: Annotated[int, typer.Option(min=1, help="the seeds are this one and those after it")] = 1,
    margin: Annotated[
        float, typer.Option(min=0, max=60, help="seconds of mean delay that a movement may lose before it is worse")
    ] = 5.0,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="how many runs at a time")] = 2,
    language: Annotated[str, typer.Option(help="of report.html: en or vi")] = "en",
) -> None:
    """Run a road in SUMO under its old and new plans; write report.json and report.html. Exit code 1: worse or mixed."""
    with loading():
        from hub.evaluation.evaluate import evaluate as compare_plans
        from hub.evaluation.page import page
        from hub.evaluation.texts import TEXTS

    if language not in TEXTS:
        stop(f"--language {language!r}: use one of {', '.join(TEXTS)}")
    try:
        wanted = read_road(road)
        chosen = range(first_seed, first_seed + seeds)
        found, report = compare_plans(wanted, chosen, WallClock().now(), jobs, margin, _told)
    except WRONG as error:
        stop(str(error))
    _write(
        out,
        {"report.json": json.dumps(report, indent=2, ensure_ascii=False) + "\n", "report.html": page(report, language)},
    )
    change = found.whole.delay.change
    typer.echo(
        f"{found.verdict}: mean delay {found.whole.delay.old.mean:.1f} s before, {change.mean:+.1f} ± {change.half:.1f} s"
    )
    for line in found.because:
        typer.echo(f"  {line}")
    typer.echo(f"written to {out / 'report.json'} and {out / 'report.html'}")
    raise typer.Exit(1 if found.verdict in ("worse", "mixed") else 0)


def coordinate(
    road: RoadFile,
    out: Folder = Path("coordination"),
    aim: Annotated[
        Aim, typer.Option(help="bands: the widest green bands, proved; all: least delay with no movement worse")
    ] = Aim.BANDS,
    favour: Annotated[Favour, typer.Option(help="the direction whose band comes first")] = Favour.BOTH,
    splits: Annotated[
        bool, typer.Option("--splits", help="set the splits too: after Webster for bands, for all as it helps")
    ] = False,
    cycle: Annotated[
        str | None,
        typer.Option(help="with --aim all: another cycle, such as 60, the best of 50,60, or auto; frees splits"),
    ] = None,
    refine: Annotated[
        int, typer.Option(min=0, max=20, help="with --aim all: rounds of runs in SUMO by which it is mended")
    ] = 0,
    seconds: Annotated[
        float, typer.Option(min=1, max=3600, help="after which the best bands found are taken")
    ] = SECONDS,
    zone: Annotated[str | None, typer.Option(help="time zone of plan sets without one [lighting.time_zone]")] = None,
) -> None:
    """Propose offsets for a road, say who would pay, and write plan sets and a road to evaluate. Exit code 1: not safe."""
    with loading():
        from hub.evaluation.coordinate import Wish
        from hub.evaluation.coordinate import coordinate as propose
        from hub.evaluation.told import foreseen_rows, tell

    if refine and aim is not Aim.ALL:
        stop("--refine is for --aim all: the widest bands are proved, there is nothing to mend")
    wish = Wish(aim, favour, splits, _cycles(cycle, aim), refine, seconds)
    try:
        found = propose(read_values(road), road.parent, _zone(zone), wish, lambda line: typer.echo(line, err=True))
    except WRONG as error:
        stop(str(error))
    tell(found)
    for junction, findings in found.findings.items():
        for each in findings:
            if each.severity == "error":
                typer.echo(f"{junction}: {each}", err=True)
    if not found.clean:
        typer.echo("nothing is written: the linter refuses the proposal", err=True)
        raise typer.Exit(1)
    raw = dict(read_values(road))
    files = {
        f"{id}.json": json.dumps(each, indent=1, ensure_ascii=False) + "\n" for id, each in found.plan_sets.items()
    }
    rows = []
    for row in raw["junctions"]:
        before = row["old"]
        if isinstance(before, str):
            before = str((road.parent / before).resolve())
        rows.append({**row, "old": before, "new": f"{row['id']}.json", "new_program": row["program"]})
    files["road.json"] = json.dumps({**raw, "junctions": rows}, indent=1, ensure_ascii=False) + "\n"
    files["bands.json"] = json.dumps({"before": found.before.json(), "after": found.after.json()}, indent=1) + "\n"
    files["foreseen.json"] = json.dumps(foreseen_rows(found), indent=1) + "\n"
    _write(out, files)
    typer.echo(f"written to {out}: lamplighter evaluate {out / 'road.json'}")


def _cycles(text: str | None, aim: Aim) -> tuple[int, ...] | None:
    if text is None:
        return None
    if aim is not Aim.ALL:
        stop("--cycle is for --aim all: the widest bands are sought for the cycle that is there")
    if text == "auto":
        return ()
    try:
        return tuple(int(each) for each in text.split(","))
    except ValueError:
        stop(f"--cycle {text!r}: write seconds such as 60, several such as 50,60, or auto")


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or load_settings(None, {}).lighting.time_zone)
    except (BadSettings, ValueError, OSError, KeyError) as error:
        stop(f"--zone {name!r} is none ({error}): write one such as Asia/Ho_Chi_Minh")


def _told(done: int, all: int) -> None:
    typer.echo(f"run {done} of {all}", err=True)


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        stop(f"{folder} cannot be written: {error}")
