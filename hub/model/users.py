"""Users: the people and programs that sign in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a user may do; every role may read."""

    VIEWER = "viewer"
    OPERATOR = "operator"  # and switch lights
    TECHNICIAN = "technician"  # and look after devices
    ANALYST = "analyst"
    ADMIN = "admin"  # everything


@dataclass(frozen=True, slots=True)
class User:
    """A sign-in. `zones` limits orders to these zones and what lies below them; empty means the whole city."""

    name: str
    role: Role
    password_hash: str
    zones: tuple[str, ...] = ()
    disabled: bool = False
    created: float = 0.0
