"""Writing lines: whole, in parts when they are too many, and without those that the server will never take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.ports import StoreUnavailable
from hub.store.influx.http import Answer, message
from hub.store.influx.lines import joined
from hub.store.influx.refusals import refusal

Post = Callable[[bytes], Answer]


class NoDatabase(Exception):
    """The server does not know the database (yet, or any more)."""


def write(post: Post, lines: Sequence[str]) -> dict[int, str]:
    """Store `lines`; returns those that the server can never take: {index: reason}. All others are stored on return.

    Writing a line twice is harmless, so lines are found by writing the rest again: those that the answer names first,
    then by halves. Raises StoreUnavailable, and NoDatabase before anything is stored.
    """
    refused: dict[int, str] = {}
    _write(post, lines, list(range(len(lines))), refused)
    return refused


def _write(post: Post, lines: Sequence[str], places: list[int], refused: dict[int, str]) -> None:
    while places:
        part = [lines[place] for place in places]
        answer = post(joined(part))
        if answer.ok:
            return
        if answer.status == 413:
            if len(places) == 1:
                refused[places[0]] = "one row is larger than the server takes in a request (its max-body-size)"
                return
            _halves(post, lines, places, refused)
            return
        said = message(answer)
        if answer.status == 404 or "database not found" in said:
            raise NoDatabase(said)
        if answer.status not in (400, 422):
            raise StoreUnavailable(f"InfluxDB answers {answer.status} to a write: {said[:300]}")
        found = refusal(answer, part)
        if found.named:
            refused.update({places[n]: reason for n, reason in found.named.items()})
            places = [place for n, place in enumerate(places) if n not in found.named]
            continue
        if len(places) == 1 or found.dropped == len(places):
            refused.update(dict.fromkeys(places, found.reason))
            return
        if found.suspects and len(found.suspects) < len(places):
            suspects = frozenset(found.suspects)
            _write(post, lines, [place for n, place in enumerate(places) if n in suspects], refused)
            places = [place for n, place in enumerate(places) if n not in suspects]
            continue
        places.sort(key=lambda place: int(lines[place].rsplit(" ", 1)[1]))  # what is too old lies together then
        _halves(post, lines, places, refused)
        return


def _halves(post: Post, lines: Sequence[str], places: list[int], refused: dict[int, str]) -> None:
    half = len(places) // 2
    _write(post, lines, places[:half], refused)
    _write(post, lines, places[half:], refused)
