"""TOML files to profiles, and what must hold between them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from drivers.profiles.build import build_profile
from drivers.profiles.files import BadProfile, profile_files, read_profile
from drivers.profiles.model import Profile
from drivers.profiles.patterns import TopicPattern, sent_to
from drivers.profiles.schema import ProfileTable

SHIPPED = Path(__file__).parent
"""The folder of the profiles that come with the hub."""

_HINTS = {
    "registers": "this is a register map (Modbus): put the file into the folder modbus beside it",
    "resources": "this is a profile of CoAP resources: put the file into the folder coap beside it",
}


def load_profiles(*folders: Path, prefix: str = "ll") -> dict[str, Profile]:
    """The profiles of all `*.toml` in these folders, by name. A later folder replaces a profile of the same name.

    `prefix` is the first level of the topics of native devices, which no profile may have. A folder that does not exist holds
    none. Raises BadProfile.
    """
    files = profile_files(folders)
    found = {name: read_profile(file, ProfileTable, build_profile, _HINTS) for name, file in files.items()}
    _check_native(found, files, prefix)
    _check_overlaps(found, files)
    _check_echoes(found, files)
    return found


def _check_native(found: Mapping[str, Profile], files: Mapping[str, Path], prefix: str) -> None:
    for name, profile in found.items():
        for place, pattern in enumerate(profile.topics):
            if f"{pattern.filter}/".startswith(f"{prefix}/"):
                raise BadProfile(
                    f"{files[name]}: messages[{place}].topic: {'/'.join(pattern.levels)!r} is among the topics of native "
                    f"devices, which begin with {prefix!r}: give it another first level"
                )


def _check_echoes(found: Mapping[str, Profile], files: Mapping[str, Path]) -> None:
    """A command that the hub hears itself would be taken for the device's own word: that it has obeyed."""
    heard = [(name, place, pattern) for name, each in found.items() for place, pattern in enumerate(each.topics)]
    for name, profile in found.items():
        for operation, templates in profile.commands.items():
            for template in templates:
                topic = sent_to(template.topic)
                for other, place, pattern in heard:
                    if pattern.overlaps(topic):
                        raise BadProfile(
                            f"{files[name]}: commands.{operation.value}.topic: {template.topic!r} is also "
                            f"messages[{place}].topic of {files[other]}, so the hub would take its own command for what "
                            "the device says: commands need a topic of their own"
                        )


def _check_overlaps(found: Mapping[str, Profile], files: Mapping[str, Path]) -> None:
    patterns: list[tuple[str, int, TopicPattern]] = [
        (name, place, pattern) for name, profile in found.items() for place, pattern in enumerate(profile.topics)
    ]
    for (name, place, ours), (other, there, theirs) in combinations(patterns, 2):
        if ours.overlaps(theirs):
            raise BadProfile(
                f"{files[other]}: messages[{there}].topic: {'/'.join(theirs.levels)!r} is also messages[{place}].topic "
                f"{'/'.join(ours.levels)!r} of {files[name]}: give one of them another first level, or leave one out"
            )
