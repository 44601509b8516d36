"""Halls: one of its own for tests that change things, one for all that only look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.hall import Hall, open_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """A hall of this test's own."""
    with open_hall(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A hall that the tests of a module share."""
    with open_hall(tmp_path_factory.mktemp("hall")) as opened:
        yield opened
