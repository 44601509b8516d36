"""What programs are called at the controller: their own name, or one beside it while that is in use with other content."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count

LONGEST = 56


def wire_names(checksums: Mapping[str, str], stored: Mapping[str, str], in_use: Collection[str]) -> dict[str, str]:
    """{program: name at the controller}. `stored` is what it holds by name, `in_use` the names that run or may yet: a download
    never writes over one of these with other content."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for program, checksum in checksums.items():
        for number in count(1):
            name = program[:LONGEST] if number == 1 else f"{program[:LONGEST]}-{number}"
            if name in taken or (name in in_use and stored.get(name) != checksum):
                continue
            found[program] = name
            taken.add(name)
            break
    return found
