"""What to do without a server: skip on a person's machine, saying why; fail in CI, which runs every test."""

from __future__ import annotations

import os

import pytest


def need(name: str, found: bool, how: str = "install it") -> None:
    """Go on when the server `name` was `found`; otherwise skip the test, or fail it where the environment says CI=true.

    `how` tells a person how to get it. The skip's reason is `NAME was not found: HOW`, the same for every test, so that
    the last lines of a run can count them.
    """
    if found:
        return
    why = f"{name} was not found: {how}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{why} (with CI=true nothing is skipped)", pytrace=False)
    pytest.skip(why)
