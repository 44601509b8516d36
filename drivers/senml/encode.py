"""Packs to bytes. A pack is a list of records; a record maps labels (`bn`, `n`, `u`, `v`, `t` ...) to values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cbor2
import msgspec

from drivers.senml.labels import CBOR_KEYS


def encode_json(pack: Sequence[Mapping[str, Any]]) -> bytes:
    """`application/senml+json` (RFC 8428 section 5)."""
    return msgspec.json.encode(pack)


def encode_cbor(pack: Sequence[Mapping[str, Any]]) -> bytes:
    """`application/senml+cbor` (RFC 8428 section 6): integer keys for the labels of the standard, text for others."""
    return cbor2.dumps([{CBOR_KEYS.get(label, label): value for label, value in record.items()} for record in pack])
