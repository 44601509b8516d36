"""Secrets of channels: passwords and keys that the hub must be able to use, and never shows.

They are kept encrypted (Fernet: AES-128-CBC with HMAC-SHA256) in the registry; the key is in `secrets.json`. Whoever reads the
registry or a copy of it has no secret, nor has whoever reads `secrets.json` alone.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from cryptography.fernet import Fernet, InvalidToken

SIGNING = "signing"  # the name of the key that signs a webhook's messages
_PREFIX = "whsec_"
_LEAST = 4  # characters of a secret that are cut out of texts


class Unreadable(Exception):
    """Secrets that this key does not open; one sentence for a person."""


class Seal:
    """Closes and opens secrets, {name: value}."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key.encode())

    def close(self, values: Mapping[str, str]) -> str:
        """Sealed, to be kept."""
        return self._fernet.encrypt(json.dumps(dict(values)).encode()).decode()

    def open(self, sealed: str) -> dict[str, str]:
        """What `close` was given; raises Unreadable."""
        try:
            found = json.loads(self._fernet.decrypt(sealed.encode()))
        except (InvalidToken, ValueError) as error:
            raise Unreadable(
                "its secrets were sealed with another secrets.json: restore that file, or write the secrets again"
            ) from error
        return {str(name): str(value) for name, value in found.items()}


def new_signing_key() -> str:
    """A key for signatures, as Standard Webhooks writes it: `whsec_` and 32 random bytes in Base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signing_bytes(key: str) -> bytes:
    """The bytes of such a key."""
    return base64.b64decode(key.removeprefix(_PREFIX))


def scrubbed(text: str, values: Iterable[str]) -> str:
    """`text` without any secret, as it is or as it was sent: others' error messages like to repeat what they were sent. The
    beginning of one at the very end, where `text` was cut, goes too."""
    written = {each for value in values for each in _written(value) if len(each) >= _LEAST}
    for each in sorted(written, key=len, reverse=True):
        text = text.replace(each, "***")
    for each in sorted(written, key=len, reverse=True):
        for length in range(min(len(each), len(text)), _LEAST - 1, -1):
            if text.endswith(each[:length]):
                text = text[:-length] + "***"
                break
    return text


def _written(value: str) -> Iterable[str]:
    """A secret as it may stand in an answer: in a URL, a form, JSON, a header of Base64, on one line."""
    yield from (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1])
    yield from (json.dumps(value, ensure_ascii=False)[1:-1], base64.b64encode(value.encode()).decode())
    yield " ".join(value.split())
