"""The store's findings: what readings and aggregates take, how they grow, and whether the disk will hold them."""

from __future__ import annotations

import shutil
from pathlib import Path

from hub.disk import amount
from hub.doctor.finding import Finding, moment, plural
from hub.doctor.scrape import ask_hub
from hub.open_store import influx_access
from hub.ports import StoreSizes, StoreUnavailable, Tier
from hub.settings import Settings
from hub.store.inspection import InUse, look_into
from hub.store.periods import DAY, FILES, RAW
from hub.telemetry.growth import FOR_EVER, Growth, growth, still_needed

_WHOLE: dict[Tier | None, float] = {
    tier: FILES[tier or RAW] / DAY for tier in (None, *Tier)
}  # days of a file, or of a server's shard


def store_findings(settings: Settings, hub: str) -> list[Finding]:
    """The store itself, then readings and each tier, then the room they will need. `hub`: address of a running hub."""
    found, sizes = _server(settings, hub) if settings.influx.url else _embedded(settings, hub)
    if sizes is None or not sizes.rows:
        return [*found, *_spool(settings)]
    grown = growth(sizes, settings.store.keep(), _WHOLE)
    rows = [Finding("raw" if each.tier is None else each.tier.value, True, _described(each)) for each in grown]
    room = [] if settings.influx.url else [_room(settings, grown)]
    return [*found, *rows, *room, *_spool(settings)]


def _embedded(settings: Settings, hub: str) -> tuple[list[Finding], StoreSizes | None]:
    folder = settings.data / "telemetry"
    files = sorted(folder.glob("*.duckdb*")) if folder.exists() else []
    damaged = [file.name for file in files if ".damaged-" in file.name]
    size = sum(file.stat().st_size for file in files if file.exists())
    detail = f"DuckDB, {plural(sum(file.suffix == '.duckdb' for file in files), 'file')}, {amount(size)}"
    if damaged:
        detail += f"; set aside as damaged: {', '.join(damaged)}"
    sizes: StoreSizes | None
    try:
        sizes = look_into(folder)
    except InUse:
        sizes = ask_hub(hub)
        detail += (
            "" if sizes else f"; in use by a hub that does not tell its sizes at {hub}: set http.port as it has it"
        )
    except StoreUnavailable as error:
        return [Finding("store", False, f"{detail}; {error}")], None
    return [Finding("store", not damaged, detail)], sizes


def _server(settings: Settings, hub: str) -> tuple[list[Finding], StoreSizes | None]:
    try:
        from hub.store.influx.inspection import look_at

        words, sizes = look_at(influx_access(settings))
    except StoreUnavailable as error:
        return [Finding("store", False, str(error))], ask_hub(hub)
    return [Finding("store", True, words)], sizes


def _described(grown: Growth) -> str:
    held = grown.held
    words = [f"{plural(held.rows, 'row')}, {amount(held.bytes)}"]
    if held.oldest is not None and held.newest is not None:
        words.append(f"{moment(held.oldest)} to {moment(held.newest)} UTC")
    if grown.a_day is None or grown.full is None:
        words.append("growth is not known yet" if held.bytes else "the server does not say its bytes")
    else:
        after = "in ten years" if grown.days == FOR_EVER else f"after {grown.days} days"
        words.append(f"{amount(grown.a_day)} a day: up to {amount(grown.full)} {after}")
    return ", ".join(words)


def _room(settings: Settings, grown: list[Growth]) -> Finding:
    needed = still_needed(grown)
    free = shutil.disk_usage(settings.data).free
    if needed is None:
        return Finding("room", True, f"{amount(free)} free; what will be needed is known after a day of readings")
    fits = needed <= free
    detail = f"{amount(needed)} more will be needed by then, {amount(free)} free"
    return Finding(
        "room", fits, detail + ("" if fits else ": make room, or keep less (store.raw_days, store.quarter_days ...)")
    )


def _spool(settings: Settings) -> list[Finding]:
    """What waits on disk for a server; nothing where there is neither a server nor a spool."""
    folder = settings.data / "spool"
    files = [path for path in _listed(folder) if path.is_file()]
    if not settings.influx.url and not files:
        return []
    size = sum(path.stat().st_size for path in files if path.exists())
    share = size / (settings.spool.megabytes * 1e6)
    damaged = [path.name for path in files if ".damaged-" in path.name]
    detail = f"{amount(size)} of {amount(settings.spool.megabytes * 1e6)} ({share:.0%})"
    if damaged:
        detail += f"; set aside as damaged: {', '.join(damaged)}"
    if share >= 0.9:
        detail += ": bring the server back, or raise spool.megabytes"
    return [Finding("spool", share < 0.9 and not damaged, detail)]


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
