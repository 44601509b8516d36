"""What a running hub says of its store at `/metrics`, while the files are its own."""

from __future__ import annotations

import httpx
from prometheus_client.parser import text_string_to_metric_families

from hub.ports import StoreSizes, Tier

_FIELDS = {
    "lamplighter_store_rows": "rows",
    "lamplighter_store_bytes": "bytes",
    "lamplighter_store_oldest_seconds": "oldest",
    "lamplighter_store_newest_seconds": "newest",
    "lamplighter_store_days": "days",
}


def ask_hub(url: str) -> StoreSizes | None:
    """The sizes by the hub at `url`; None when it does not answer with them."""
    try:
        answer = httpx.get(f"{url}/metrics", timeout=10)
        return read_sizes(answer.text) if answer.status_code == 200 else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None


def read_sizes(text: str) -> StoreSizes | None:
    """The sizes in a page of metrics; None when there are none. Raises ValueError for what is no such page."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        if family.name in _FIELDS:
            for sample in family.samples:
                found.setdefault(sample.labels.get("tier", ""), {})[_FIELDS[family.name]] = sample.value
    if "rows" not in found.get("raw", {}):
        return None
    sizes = {tier: _sizes(held) for tier, held in found.items()}
    return sizes["raw"]._replace(tiers={tier: sizes[tier.value] for tier in Tier if tier.value in sizes})


def _sizes(held: dict[str, float]) -> StoreSizes:
    rows, size = (int(held.get(name, 0)) for name in ("rows", "bytes"))
    return StoreSizes(rows, size, held.get("oldest"), held.get("newest"), days=held.get("days"))
