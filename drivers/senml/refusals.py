"""What is wrong with a message, said so that its sender can mend it."""

from __future__ import annotations

from hub.model.readings import Rejected


class PackError(ValueError):
    """A message of which nothing can be used. `code` is short, to count by; the text says what to send instead."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class RecordError(PackError):
    """One record that cannot be used; the others of its pack can."""


class Refusals:
    """Everything wrong with one message: the first reason of each code, and how often it came."""

    def __init__(self) -> None:
        self._reasons: dict[str, tuple[str, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._reasons)

    def add(self, code: str, reason: str) -> None:
        """Note one thing that is wrong."""
        first, count = self._reasons.get(code, (reason, 0))
        self._reasons[code] = (first, count + 1)

    def rejected(self, received: float, source: str, device: str | None, raw: bytes) -> list[Rejected]:
        """One Rejected a code, each with the whole message, so that it can be replayed."""
        return [
            Rejected(
                received, source, device, code, f"{reason} (and {count - 1} more like it)" if count > 1 else reason, raw
            )
            for code, (reason, count) in self._reasons.items()
        ]
