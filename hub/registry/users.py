"""Users in the database."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from hub.model.users import Role, User
from hub.registry import tables
from hub.registry.database import Database
from hub.registry.errors import Exists, Missing

_users = tables.users

RECENT = 1.0  # seconds; what another process changes is known after that


class Users:
    """Everyone who may sign in."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changes = 0
        self._recent: dict[str, tuple[User, float]] = {}  # (user, when read by the monotonic clock)

    def all(self) -> list[User]:
        """Every user, by name."""
        with self._database.read() as connection:
            return [_user(row) for row in connection.execute(select(_users).order_by(_users.c.name))]

    def get(self, name: str) -> User | None:
        """The user of that name."""
        with self._database.read() as connection:
            changes, now = self._changes, time.monotonic()
            row = connection.execute(select(_users).where(_users.c.name == name)).first()
        user = None if row is None else _user(row)
        if user is not None and changes == self._changes:
            self._recent[name] = user, now
        return user

    def recent(self, name: str) -> User | None:
        """The user of that name, when that was read less than a second ago and has not been changed here since; costs no read."""
        user, read = self._recent.get(name, (None, 0.0))
        return user if time.monotonic() - read < RECENT else None

    def count(self) -> int:
        """How many users there are."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(_users)) or 0

    def add(self, user: User) -> None:
        """Add a user; raises Exists."""
        with self._database.write() as connection:
            if connection.scalar(select(_users.c.name).where(_users.c.name == user.name)) is not None:
                raise Exists(f"user {user.name!r} exists already: choose another name, or change that user")
            connection.execute(insert(_users).values(_columns(user)))

    def update(self, user: User) -> None:
        """Replace the user of that name; raises Missing."""
        self._change(user.name, _columns(user))

    def set_password(self, name: str, hash: str) -> None:
        """Replace the password's hash; raises Missing."""
        self._change(name, {"password_hash": hash})

    def _change(self, name: str, values: dict[str, Any]) -> None:
        with self._database.write() as connection:
            if not connection.execute(update(_users).where(_users.c.name == name).values(values)).rowcount:
                raise Missing(f"no user {name!r}: add one first")
        self._changes += 1
        self._recent.pop(name, None)


def _user(row: Row[Any]) -> User:
    return User(
        name=row.name,
        role=Role(row.role),
        password_hash=row.password_hash,
        zones=tuple(row.zones),
        disabled=row.disabled,
        created=row.created,
    )


def _columns(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role.value,
        "password_hash": user.password_hash,
        "zones": list(user.zones),
        "disabled": user.disabled,
        "created": user.created,
    }
