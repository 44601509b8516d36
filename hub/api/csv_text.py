"""CSV for people and their spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable


def lines(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV lines."""
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: object) -> object:
    """A spreadsheet shall not take what somebody wrote for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
