"""Why a target did not follow: sentences that are kept, and the codes and values that they are read back as."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.reasons import NO_ANSWER, SENTENCES, Reason, read_reason, sentence

NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)


@given(st.sampled_from(sorted(SENTENCES)), st.data())
def test_every_sentence_is_read_back_as_what_it_was_made_of(code: str, data: st.DataObject) -> None:
    values = {name: data.draw(NAMES, name) for name in re.findall(r"\{(\w+)\}", SENTENCES[code])}
    said = sentence(code, **values)
    assert read_reason(said) == Reason(code, values)
    assert read_reason(NO_ANSWER + said) == Reason(code, values)


@pytest.mark.parametrize(
    "said", ["", "lamp is dead", "bóng hỏng", "it is offline now", "superseded by ", "no answer: "]
)
def test_what_the_hub_does_not_say_has_no_code(said: str) -> None:
    assert read_reason(said) is None
