"""Bytes to records with every rule checked: the careful way, for CBOR and for JSON that the fast way will not vouch for."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any, NoReturn

import cbor2

from drivers.senml.labels import CBOR_LABELS, SECONDARY_UNITS, VERSION
from drivers.senml.refusals import PackError

EXAMPLE = '[{"n":"power","u":"W","v":61.2}]'
_DEPTH = 16


def records(payload: bytes) -> list[dict[str, Any]]:
    """The records of a pack, labels as text. Raises PackError."""
    pack = cbor(payload) if payload[:1] >= b"\x80" else _json(payload)
    if not isinstance(pack, list):
        raise PackError("bad-pack", f"the message is no SenML pack, which is an array of records: send {EXAMPLE}")
    if not pack:
        raise PackError("bad-pack", f"the pack is empty: send at least one record, e.g. {EXAMPLE}")
    found = [_record(record, place) for place, record in enumerate(pack, 1)]
    for place, record in enumerate(found, 1):
        _check_version(record, place)
    return found


def _record(record: Any, place: int) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise PackError("bad-pack", f"record {place} of the pack is no object: send {EXAMPLE}")
    named: dict[str, Any] = {}
    for key, value in record.items():
        label = CBOR_LABELS.get(key) if isinstance(key, int) and not isinstance(key, bool) else key
        if not isinstance(label, str):
            continue  # a label that RFC 8428 does not know: to be ignored (section 4.4)
        if label.endswith("_"):
            raise PackError(
                "bad-label",
                f"record {place}: label {label[:40]!r} must be understood and is not: leave it out (RFC 8428 section 4.4)",
            )
        if label in named:
            raise PackError("duplicate-label", f"record {place}: label {label[:40]!r} comes twice: send it once")
        named[label] = value
    return named


def _check_version(record: dict[str, Any], place: int) -> None:
    version = record.get("bver", VERSION)
    if (
        isinstance(version, bool)
        or not isinstance(version, int)
        or not (1 <= version <= VERSION or version == SECONDARY_UNITS)
    ):
        raise PackError(
            "bad-version",
            f"record {place}: bver {str(version)[:20]!r} is not supported: send {VERSION} or {SECONDARY_UNITS}, or leave it out",
        )


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise PackError(
            "bad-json", f"not UTF-8 at byte {error.start}: send JSON in UTF-8, e.g. {EXAMPLE}, or a CBOR array"
        ) from None
    except RecursionError:
        raise PackError("bad-json", f"nested too deeply: a pack is an array of flat records, e.g. {EXAMPLE}") from None
    except PackError:
        raise
    except ValueError as error:
        raise PackError("bad-json", f"not JSON ({str(error)[:100]}): send {EXAMPLE}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise PackError("duplicate-label", "a record has the same label twice: send each label once")
    return found


def _no_constant(word: str) -> NoReturn:
    raise PackError("bad-json", f"{word} is no JSON number: leave the record out when there is no value")


def _refuse_tag(*_: Any) -> NoReturn:
    raise PackError("bad-cbor", "a CBOR tag that SenML has no use for: send plain numbers and text")


# big floats, shared and cyclic values, rationals, regular expressions, MIME
_REFUSED_TAGS = dict.fromkeys((5, 25, 28, 29, 30, 35, 36, 256), _refuse_tag)


def cbor(payload: bytes) -> Any:
    """The value that the bytes of a CBOR message hold, all of them. Raises PackError."""
    source = BytesIO(payload)
    try:
        value = cbor2.load(source, max_depth=_DEPTH, allow_duplicate_keys=False, semantic_decoders=_REFUSED_TAGS)
    except (cbor2.CBORError, ValueError, ArithmeticError, TypeError, RecursionError) as error:
        raise PackError(
            "bad-cbor",
            f"neither JSON nor CBOR ({str(error)[:100]}): send {EXAMPLE}, or the same as CBOR (RFC 8428 section 6)",
        ) from None
    if source.tell() != len(payload):
        raise PackError(
            "bad-cbor", f"{len(payload) - source.tell()} bytes follow the CBOR array: send one array a message"
        )
    return value
