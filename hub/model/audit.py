"""The audit: who did what, when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """At `time`, `who` did `what` (`order.placed`) to the thing with the id `about`; `detail` is plain JSON."""

    time: float
    who: str
    what: str
    about: str
    detail: dict[str, Any] = field(default_factory=dict)
