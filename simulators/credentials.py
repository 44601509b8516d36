"""Device credentials in a file that only its owner reads: `{"lamp-0001": {"username": .., "password": ..}}`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


class BadCredentials(ValueError):
    """A file that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Credential:
    """How a device signs in at the broker; both None at a broker that asks for nothing."""

    username: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, wire: Any) -> Credential | None:
        """From the hub's or the file's JSON; None when it is neither."""
        if isinstance(wire, dict) and isinstance(wire.get("username"), str) and isinstance(wire.get("password"), str):
            return cls(wire["username"], wire["password"])
        return None


def load_credentials(file: Path, *, must_exist: bool = True) -> dict[str, Credential]:
    """What the file holds; empty when it is not there and need not be. BadCredentials otherwise."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise BadCredentials(f"credentials {file}: there is no such file") from None
        return {}
    except OSError as error:
        raise BadCredentials(f"credentials {file}: {error.strerror}") from error
    except ValueError as error:
        raise BadCredentials(f"credentials {file}: not JSON") from error
    if not isinstance(content, dict):
        raise BadCredentials(f'credentials {file}: write {{"device": {{"username": .., "password": ..}}}}')
    found = {}
    for device, wire in content.items():
        credential = Credential.parse(wire)
        if credential is None:
            raise BadCredentials(f"credentials {file}: {device} needs a username and a password")
        found[device] = credential
    return found


def save_credentials(file: Path, credentials: Mapping[str, Credential]) -> None:
    """Replace the file as a whole, mode 0600."""
    write_private(file, json.dumps({device: asdict(c) for device, c in sorted(credentials.items())}, indent=0))


def write_private(file: Path, text: str) -> None:
    """Replace `file` by `text` in one step; readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
