"""The hub's own secrets, made once and kept in the data folder with mode 0600."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple


class Secrets(NamedTuple):
    """`token_key` signs bearer tokens; `client_id` names the hub's session at the broker and must not be guessed;
    `device_key` is what the keys of devices are made from, with what the registry holds of each; `channel_key` (Fernet) seals the
    secrets of notification channels that the registry holds."""

    token_key: str
    broker_password: str
    client_id: str
    device_key: str
    channel_key: str


def load_secrets(folder: Path) -> Secrets:
    """Read `secrets.json` of the data folder, making what is not in it yet."""
    path = folder / "secrets.json"
    made = {
        "token_key": secrets.token_urlsafe(48),
        "broker_password": secrets.token_urlsafe(24),
        "client_id": f"hub-{secrets.token_hex(12)}",
        "device_key": secrets.token_urlsafe(48),
        "channel_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if made.keys() - known.keys():
        write_private(path, json.dumps(made | known, indent=2))
    return Secrets(**made | known)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; the old one stays whole until the new one is on disk."""
    beside = path.with_name(path.name + ".new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
