"""What programs are called at the controller: their own name, or one beside it while that is taken by other content. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count

LONGEST = 56


def wire_names(checksums: Mapping[str, str], stored: Mapping[str, str], in_use: Collection[str]) -> dict[str, str]:
    """{program: name at the controller}. `stored` is what it holds by name, `in_use` the names that run or may yet.

    A name that holds the same content is kept. A bare name that holds other content may be the controller's own, which nobody
    replaces; a numbered one is ours, and is written over unless it is in use.
    """
    taken: set[str] = set()
    found: dict[str, str] = {}
    for program, checksum in checksums.items():
        bare = program[:LONGEST]
        for number in count(1):
            name = bare if number == 1 else f"{bare}-{number}"
            held = stored.get(name)
            free = held == checksum or (held is None and name not in in_use) or (number > 1 and name not in in_use)
            if free and name not in taken:
                found[program] = name
                taken.add(name)
                break
    return found
