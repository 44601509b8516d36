"""In which form old readings are still there, and what to say when they are asked for in a finer one. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from hub.ports import Span, StoreSizes, Tier

LENGTHS: Mapping[Tier, float] = {Tier.QUARTER: 900.0, Tier.HOUR: 3600.0, Tier.DAY: 86400.0}
"""The interval of each in seconds, as people ask for it with `every`."""
LONGEST_DAY = 90_000.0
Kept = Mapping[Tier | None, float]
"""{None for readings, or a tier: the time of the oldest that answers}; what holds nothing is left out."""


def what_is_kept(sizes: StoreSizes, spans: Mapping[Tier, Span]) -> Kept:
    """By what the store says, and by what each tier is taken to hold (`spans`): a file may begin before it."""
    oldest = {None: sizes.oldest} | {tier: held.oldest for tier, held in sizes.tiers.items()}
    first: dict[Tier | None, float] = {tier: span.start for tier, span in spans.items()}
    return {form: max(time, first.get(form, time)) for form, time in oldest.items() if time is not None}


def reaching(kept: Kept, start: float) -> list[Tier | None]:
    """The forms that reach back to `start`, or as far as anything does, the finest first: a coarser one holds no whole interval
    of before, from `start` on."""
    forms = [form for form in (None, *Tier) if form in kept]
    return [
        form
        for place, form in enumerate(forms)
        if all(max(start, kept[coarser]) + _longest(coarser) > kept[form] for coarser in forms[place + 1 :])
    ]


def _longest(form: Tier | None) -> float:
    return 0.0 if form is None else LONGEST_DAY if form is Tier.DAY else LENGTHS[form]


def answers(form: Tier | None, every: float | None, offset: float) -> bool:
    """True when intervals of `every` can be made of that form without loss; intervals of whole days are civil days."""
    if form is None:
        return True
    length = LENGTHS[form]
    return every is not None and every % length == 0 and (form is Tier.DAY or offset % length == 0)
