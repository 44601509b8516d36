"""Users who may order only within some zones."""

from __future__ import annotations

from collections.abc import Iterable

from hub.model.zones import ZoneTree


def outside(tree: ZoneTree, allowed: Iterable[str], zones: Iterable[str | None]) -> list[str]:
    """Those of `zones` that lie outside `allowed`, each once; None (a device without a zone) is shown as `(no zone)`."""
    limits = frozenset(allowed)
    if not limits:
        return []
    return list(dict.fromkeys(zone or "(no zone)" for zone in zones if limits.isdisjoint(tree.path(zone))))
