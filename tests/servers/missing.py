"""What to do without a server: skip on a person's machine and say so, fail in CI."""

from __future__ import annotations

import os

import pytest

SKIPPED = pytest.StashKey[dict[str, str]]()
"""On the pytest config: {server: why it was skipped}, for the last lines of the run."""


def need(name: str, found: bool, *, how: str = "install it", config: pytest.Config | None = None) -> None:
    """Go on when `found`; otherwise skip the test, or fail it where the environment says CI=true.

    With `config` the skipped server is kept under `config.stash[SKIPPED]`.
    """
    if found:
        return
    why = f"{name} was not found: {how}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{why} (CI runs every test)", pytrace=False)
    if config is not None:
        config.stash.setdefault(SKIPPED, {})[name] = why
    pytest.skip(why)


def skipped(config: pytest.Config) -> list[str]:
    """One line for every server that tests were skipped for."""
    return [f"skipped for want of {name}: {why}" for name, why in sorted(config.stash.get(SKIPPED, {}).items())]
