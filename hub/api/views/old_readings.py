"""What an answer says of readings that are kept as aggregates only. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hub.api.intervals import offset_of
from hub.api.times import format_time
from hub.ports import Tier
from hub.telemetry.kept import LENGTHS, Kept, answers, reaching


def form_and_note(kept: Kept, start: float, every: float | None, zone: ZoneInfo) -> tuple[str, str | None]:
    """(the finest form in which readings from `start` on are kept, what to ask instead when `every` is finer than that)."""

    def suits(form: Tier | None, wanted: float | None) -> bool:
        return answers(form, wanted, 0.0 if wanted is None else offset_of(start, wanted, zone))

    forms = reaching(kept, start)
    tiers = [form for form in forms if form is not None]
    if len(tiers) < len(forms) or not tiers:
        return "raw", None
    if any(suits(tier, every) for tier in tiers):
        return tiers[0].value, None
    instead = next((tier for tier in tiers if suits(tier, LENGTHS[tier])), Tier.DAY)
    whole = [time for each, time in kept.items() if suits(each, every)]
    before = f"before {format_time(min(whole))} " if whole else ""
    return tiers[0].value, f"{before}only aggregates are kept: ask with every={instead.value} or a multiple of it"
