"""Why lights of an incident are not ordered, in both languages."""

from __future__ import annotations

import re

import pytest

from hub.control.limits import TooSoon
from hub.model.refusals import REFUSED, VIETNAMESE, both, message_in_vietnamese


def _fields(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_every_refusal_has_vietnamese_words_with_its_values() -> None:
    assert VIETNAMESE.keys() == REFUSED.texts.keys()
    assert {code: _fields(text) for code, text in VIETNAMESE.items()} == {
        code: _fields(text) for code, text in REFUSED.texts.items()
    }


@pytest.mark.parametrize("code", REFUSED.texts)
def test_a_message_of_an_incident_says_it_in_vietnamese_behind_any_name(code: str) -> None:
    values = {name: f"<{name}>" for name in _fields(REFUSED.texts[code])}
    said = REFUSED.say(code, **values)
    wanted = VIETNAMESE[code].format(**values)
    assert both(said) == {"en": said, "vi": wanted}
    assert message_in_vietnamese(f"Cháy: lối vào: {said}") == f"Cháy: lối vào: {wanted}"
    assert message_in_vietnamese("Cháy: panel-1: over") == "Cháy: panel-1: đã hết"
    assert message_in_vietnamese("Cháy: 3: gọi 114") == "Cháy: 3: gọi 114"


def test_what_the_limits_of_the_city_say_is_known() -> None:
    """Their sentences are made where people's orders are judged."""
    soon = TooSoon([f"lamp-{n}" for n in range(5)], 20.0, 60.0)
    assert REFUSED.read(str(soon)) == (
        "just-now", {"lights": "lamp-0, lamp-1, lamp-2 and 2 more", "least": "60", "wait": "20"},
    )  # fmt: skip
