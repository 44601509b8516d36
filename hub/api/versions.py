"""Which version of a thing somebody changes: `ETag` in answers, `If-Match` in requests (RFC 9110, sections 8.8.3 and 13.1.1)."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Annotated

import msgspec
from fastapi import Depends, Header

from hub.api.problems import Problem, bad_input
from hub.api.times import format_time
from hub.model.devices import Device
from hub.model.zones import Zone
from hub.registry import Written

Thing = Written | Zone | Device
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


def version(thing: Thing) -> str:
    """A word that is another one after every change."""
    return blake2b(msgspec.json.encode(thing, order="sorted"), digest_size=12).hexdigest()


def etag(thing: Thing) -> dict[str, str]:
    """The header of an answer that shows `thing`: a version of what people write of it, whatever it does now."""
    return {"ETag": f'"{version(thing)}"'}


async def _read(
    if_match: Annotated[str | None, Header(description="an ETag; 412 when it is another by now")] = None,
) -> Versions:
    if if_match is None or if_match.strip() == "*":
        return None
    tags = [tag.strip() for tag in if_match.split(",")]
    if not all(_TAG.fullmatch(tag) for tag in tags):
        raise bad_input(
            "header.If-Match", "is no ETag: send that of the GET as it is, in quotation marks, or leave it out"
        )
    return frozenset(tags)


Versions = frozenset[str] | None
"""The ETags of which one must be that of the thing; None: any."""
IfMatch = Annotated[Versions, Depends(_read)]


def must_be(what: str, thing: Thing, wanted: Versions) -> None:
    """412 changed-meanwhile when somebody changed it since it was read."""
    if wanted is None or etag(thing)["ETag"] in wanted:
        return
    who, when = "somebody", ""
    if isinstance(thing, Written):
        who, when = thing.by, f" at {format_time(thing.changed)},"
    raise Problem(
        412,
        "changed-meanwhile",
        f"{who} changed {what} {thing.id!r}{when} after you read it: read it again "
        "and send its new ETag in If-Match, or leave If-Match out to write over it",
        etag(thing),
    )
