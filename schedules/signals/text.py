"""A plan set as text: JSON, or YAML of which only what JSON has too is read."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

import yaml

from schedules.signals.guard import MOST_TEXT, BadPlanSet
from schedules.signals.plan_set import PlanSet
from schedules.signals.reader import parse_plan_set


def read_plan_set(text: str) -> PlanSet:
    """A plan set from JSON or YAML; BadPlanSet says where it is wrong and what to write instead."""
    return parse_plan_set(read_text(text))


def read_text(text: str) -> Any:
    """The values that a JSON or YAML text holds; BadPlanSet when it is neither, too long, or says a key twice."""
    if len(text) > MOST_TEXT:
        raise BadPlanSet(f"{len(text)} characters: a plan set has at most {MOST_TEXT}")
    try:
        if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
            return json.loads(text.lstrip("\ufeff"), object_pairs_hook=_once, parse_constant=_no_number)
        return yaml.load(text, _Loader)
    except json.JSONDecodeError as error:
        raise BadPlanSet(f"line {error.lineno}, column {error.colno}: {error.msg}: this is not JSON") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        raise BadPlanSet(f"{where}{error.problem}: this is not YAML") from None
    except yaml.YAMLError as error:
        raise BadPlanSet(f"{error}: this is neither JSON nor YAML") from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, BadPlanSet):
            raise
        raise BadPlanSet("nested too deep, or a number too long: see docs/signals.md for the form") from None


def write_text(raw: Mapping[str, Any]) -> str:
    """YAML that `read_text` reads as the same values; what was written as JSON can be kept so."""
    text: str = yaml.safe_dump(raw, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)
    return text


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadPlanSet(f"{key!r:.60} comes twice in one table: keep one of them")
        found[key] = value
    return found


def _no_number(name: str) -> float:
    raise BadPlanSet(f"{name} is no number of JSON: write a number")


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core: 22:00 is text and not 1320, no is text and not false; no references, no key twice."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise BadPlanSet("a reference (*name): write the values out, a plan is read by people")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(self.construct_object(key, deep=True))
            if name in seen:
                raise BadPlanSet(f"line {key.start_mark.line + 1}: {name!r:.60} comes twice in one table: keep one")
            seen.add(name)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"true|false", "tf"),
    ("tag:yaml.org,2002:null", r"null|~|", "n~"),
    ("tag:yaml.org,2002:int", r"-?(0|[1-9][0-9]{0,17})", "-0123456789"),
    ("tag:yaml.org,2002:float", r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}", "-0123456789"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(f"(?:{_pattern})\\Z"), [*_first, *([""] if "null" in _tag else [])])
