"""What a channel must be able to do, and how a try to send ended."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from hub.notify.wording import Json, Text


class Letter(NamedTuple):
    """A message as every kind of channel needs it. `to`: the recipients that have not got it; empty where all go together.

    `values` fill in templates; `secrets` are the channel's, {name: value}.
    """

    message: str
    own: Json
    text: Text
    values: dict[str, str]
    secrets: dict[str, str]
    to: tuple[str, ...] = ()


class Sent(NamedTuple):
    """How it ended. `away`: the other side as a whole takes nothing now; `left` are recipients that have not got it;
    `retry_after` seconds that it asks to be left alone."""

    delivered: bool
    status: str = ""
    detail: str = ""
    away: bool = False
    left: tuple[str, ...] | None = None
    retry_after: float | None = None


class Carrier(Protocol):
    """Sends the letters of one kind of channel."""

    async def send(self, letter: Letter) -> Sent:
        """One try; raises nothing that is the other side's fault."""
