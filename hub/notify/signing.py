"""Signatures of webhooks (Standard Webhooks 1.0): HMAC-SHA256 over `id.timestamp.body`. Pure."""

from __future__ import annotations

import base64
import hmac

from hub.notify.sealing import signing_bytes


def signed_headers(key: str, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`webhook-id`, `webhook-timestamp` (Unix seconds of this attempt) and `webhook-signature`."""
    content = b".".join((message.encode(), str(timestamp).encode(), body))
    digest = hmac.digest(signing_bytes(key), content, "sha256")
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
