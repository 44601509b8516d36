"""Faults of signal controllers: what forbids orders, and that the documents say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.model.junctions import JunctionMode, JunctionReport
from hub.model.signal_faults import KINDS, fault_class, major, minor

WIRE = Path(__file__).parents[2] / "docs/signals-wire.md"


def test_the_documents_say_the_class_of_every_kind() -> None:
    section = WIRE.read_text("utf-8").split("### Faults")[1].split("Each state is kept")[0]
    rows = re.findall(r"^\| (`.*?`) \| (major|minor) \|", section, re.MULTILINE)
    said = {kind: its for names, its in rows for kind in re.findall(r"`([^`]+)`", names)}
    assert said == {kind: its.value for kind, its in KINDS.items()}


@pytest.mark.parametrize(
    ("faults", "takes"),
    [
        ((), True),
        (("lamp-single:n",), True),
        (("lamp-single:n", "detector:d1", "door"), True),
        (("lamp-single:n", "conflict:n/e"), False),
        (("lamp:n",), False),
        (("E-4711",), False),
        (("",), False),
        (("LAMP-SINGLE:n",), False),
        (("lamp-single-ish:n",), False),
    ],
)
def test_only_what_is_declared_minor_leaves_orders(faults: tuple[str, ...], takes: bool) -> None:
    report = JunctionReport("j-1", 0.0, 0.0, JunctionMode.PLAN, faults=faults)
    assert report.available is takes
    assert set(major(faults)) | set(minor(faults)) == set(faults) and not set(major(faults)) & set(minor(faults))
    assert not JunctionReport("j-1", 0.0, 0.0, JunctionMode.FAULT, faults=faults).available
    assert [fault_class(each) for each in faults].count("major") == len(major(faults))
