"""One browser for all tests of pages; each has a context of its own, without the cookies and files of any other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.browser import left_open


@pytest.fixture(scope="package", autouse=True)
def one_browser() -> Iterator[None]:
    """It ends before tests of other folders, for Playwright has an event loop of its own in this thread."""
    with left_open():
        yield
