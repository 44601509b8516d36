"""Every route, error code and event is described in docs/api.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from hub.model.reasons import SENTENCES
from hub.ports import Topic
from tests.api.hall import Hall
from tests.api.problem_codes import problem_codes
from tests.api.routes import operations

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/api.md").read_text("utf-8")


def test_every_route_is_documented(shared: Hall) -> None:
    missing = []
    for operation in operations(shared):
        short = operation.path.removeprefix("/api/v1")
        if f"`{operation.method} {short}`" not in TEXT:
            missing.append(operation.name)
    assert missing == []


def test_every_documented_route_exists(shared: Hall) -> None:
    known = {f"{each.method} {each.path.removeprefix('/api/v1')}" for each in operations(shared)}
    told = set(re.findall(r"^\| `((?:GET|POST|PATCH|PUT|DELETE) [^`]+)` \|", TEXT, re.MULTILINE))
    assert told <= known
    assert len(told) > 25


def test_every_error_code_is_documented() -> None:
    codes = problem_codes()
    assert {"key-reused", "bad-csv", "not-utf8", "no-token", "bad-parent", "unsupported-media-type"} <= codes
    assert [each for each in sorted(codes) if f"`{each}`" not in TEXT] == []


def test_every_reason_not_to_follow_is_documented() -> None:
    assert [each for each in sorted(SENTENCES) if f"`{each}`" not in TEXT] == []


def test_every_topic_of_the_stream_is_documented() -> None:
    assert [topic for topic in get_args(Topic) if f"| `{topic}` |" not in TEXT] == []
