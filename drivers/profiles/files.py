"""Folders of TOML files to checked tables, with an error that says file, key and remedy for whatever is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hub.model.ids import BadId, check_slug

RESERVED = ("native", "feed", "lwm2m")

Table = TypeVar("Table", bound=BaseModel)
Built = TypeVar("Built")


class BadProfile(ValueError):
    """A profile that cannot be used; the message names the file, the key and the remedy."""


class Problem(ValueError):
    """What is wrong at `key`; the text says the remedy."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


def profile_files(folders: Collection[Path]) -> dict[str, Path]:
    """The `*.toml` in these folders, by name. A later folder's replaces one of the same name; one that does not exist holds
    none."""
    return {file.stem: file for folder in folders for file in sorted(folder.glob("*.toml"))}


def read_profile(
    file: Path, table: type[Table], build: Callable[[str, Table], Built], hints: Mapping[str, str] | None = None
) -> Built:
    """What `build` makes of a file that has the shape of `table`; raises BadProfile. `hints`: {key that is not of this shape:
    what to do about it}."""
    try:
        check_slug(file.stem, "profile name")
        content = tomllib.loads(file.read_text("utf-8-sig"))
        for key, hint in (hints or {}).items():
            if key in content:
                raise Problem(key, hint)
        checked = table.model_validate(content)
        if file.stem in RESERVED:
            raise BadProfile(f"{file}: the name {file.stem!r} is the hub's own: rename the file")
        return build(file.stem, checked)
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
        raise BadProfile(f"{file}: {_place(first['loc'])}: {_remedy(table, first)}") from None
    except Problem as problem:
        raise BadProfile(f"{file}: {problem.key}: {problem}") from None


def _place(loc: tuple[int | str, ...]) -> str:
    """A key as it is written: `messages[0].clock.form`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).removeprefix(".") or "file"


def _remedy(table: type[BaseModel], error: Any) -> str:
    kind, message = error["type"], str(error["msg"])
    if kind == "extra_forbidden":
        return f"no such key: use {', '.join(_keys(table, error['loc'][:-1]))}"
    if kind == "missing":
        return "is missing: add it"
    if kind == "list_type":
        return "must be a list: write it in brackets, [...], and one of several tables as [[...]]"
    if kind in ("model_type", "dict_type"):
        return "must be a table: write it in braces, { key = value }"
    if kind == "value_error":
        message = message.removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}, and not {str(error['input'])[:60]!r}"


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at `loc` may have."""
    for step in loc:
        if isinstance(step, str):
            name = next(name for name, field in model.model_fields.items() if step in (name, field.alias))
            model = next(tables_in(model.model_fields[name].annotation))
    return [field.alias or name for name, field in model.model_fields.items()]


def tables_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The tables that a field of this type holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from tables_in(part)
