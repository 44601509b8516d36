"""TOML files to profiles, with an error that says file, key and remedy for whatever is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from drivers.profiles.build import Problem, build_profile
from drivers.profiles.model import Profile
from drivers.profiles.patterns import TopicPattern, sent_to
from drivers.profiles.schema import ProfileTable
from hub.model.ids import BadId, check_slug

SHIPPED = Path(__file__).parent
"""The folder of the profiles that come with the hub."""

RESERVED = ("native", "feed")


class BadProfile(ValueError):
    """A profile that cannot be used; the message names the file, the key and the remedy."""


def load_profiles(*folders: Path, prefix: str = "ll") -> dict[str, Profile]:
    """The profiles of all `*.toml` in these folders, by name. A later folder replaces a profile of the same name.

    `prefix` is the first level of the topics of native devices, which no profile may have. A folder that does not exist holds
    none. Raises BadProfile.
    """
    found: dict[str, Profile] = {}
    files: dict[str, Path] = {}
    for folder in folders:
        for file in sorted(folder.glob("*.toml")):
            found[file.stem], files[file.stem] = _read(file), file
    _check_native(found, files, prefix)
    _check_overlaps(found, files)
    _check_echoes(found, files)
    return found


def _read(file: Path) -> Profile:
    try:
        check_slug(file.stem, "profile name")
        text = file.read_text("utf-8-sig")
        table = ProfileTable.model_validate(tomllib.loads(text))
        if file.stem in RESERVED:
            raise BadProfile(f"{file}: the name {file.stem!r} is the hub's own: rename the file")
        return build_profile(file.stem, table)
    except (OSError, UnicodeDecodeError) as error:
        raise BadProfile(
            f"{file}: cannot be read ({error}): make it a text file in UTF-8 that the hub may read"
        ) from None
    except BadId as error:
        raise BadProfile(f"{file}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadProfile(f"{file}: not TOML ({error}): mend that place") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadProfile(f"{file}: {_place(first['loc'])}: {_remedy(first)}") from None
    except Problem as problem:
        raise BadProfile(f"{file}: {problem.key}: {problem}") from None


def _place(loc: tuple[int | str, ...]) -> str:
    """A key as it is written: `messages[0].clock.form`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).removeprefix(".") or "file"


def _remedy(error: Mapping[str, Any]) -> str:
    kind, message = error["type"], str(error["msg"])
    if kind == "extra_forbidden":
        return f"no such key: use {', '.join(_keys(error['loc'][:-1]))}"
    if kind == "missing":
        return "is missing: add it"
    if kind == "list_type":
        return "must be a list: write it in brackets, [...], and one of several tables as [[...]]"
    if kind in ("model_type", "dict_type"):
        return "must be a table: write it in braces, { key = value }"
    if kind == "value_error":
        message = message.removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}, and not {str(error['input'])[:60]!r}"


def _keys(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at `loc` may have."""
    model: type[BaseModel] = ProfileTable
    for step in loc:
        if isinstance(step, str):
            name = next(name for name, field in model.model_fields.items() if step in (name, field.alias))
            model = next(_models(model.model_fields[name].annotation))
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


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
