"""Names that people give."""

from __future__ import annotations

import pytest

from hub.model.ids import BadId, check_slug


@pytest.mark.parametrize(
    ("written", "example"),
    [
        ("SDM630", "sdm630"),
        ("Feeder 1, north", "feeder-1-north"),
        ("-meter_2-", "meter-2"),
        ("đèn", "lamp-0042"),
        ("", "lamp-0042"),
        ("X" * 80, "x" * 63),
    ],
)
def test_what_is_no_id_is_said_with_one_that_is(written: str, example: str) -> None:
    assert check_slug(example) == example
    with pytest.raises(BadId) as refused:
        check_slug(written)
    assert str(refused.value).endswith(f"e.g. {example!r}")
