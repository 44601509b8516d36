"""What the registry can refuse. Every message is one sentence that a person can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.registry.records import IdempotencyKey


class RegistryUnavailable(Exception):
    """The database cannot be opened or reached now; nothing of the call was kept (unless the connection broke while
    the database was confirming it)."""


class Exists(Exception):
    """Something of that id is there already."""


class Missing(Exception):
    """Nothing of that id is there."""


class NotEmpty(Exception):
    """It cannot be deleted while other things hang on it; the message names them."""


class NotWaiting(Exception):
    """The request was approved, refused or withdrawn before, or its time has passed."""


class KeyTaken(Exception):
    """This user gave the same idempotency key within the last 24 hours; `stored` is what was kept then."""

    def __init__(self, stored: IdempotencyKey) -> None:
        super().__init__(
            f"idempotency key {stored.key!r} was used before by {stored.user!r}: send a new key for a new order"
        )
        self.stored = stored
