"""JSON that comes in pieces is known to be whole when it is, and no sooner."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.apis.json_progress import JsonProgress

marks = st.text('"\\{}[],:a \u2028', max_size=6)
values = st.dictionaries(marks, st.recursive(marks, lambda inner: st.lists(inner) | st.dictionaries(marks, inner)))


@given(value=values, size=st.integers(1, 5), ascii_=st.booleans())
def test_an_object_is_whole_at_its_last_character_alone(value, size, ascii_):
    text, progress = json.dumps(value, ensure_ascii=ascii_), JsonProgress()
    for at in range(0, len(text), size):
        assert not progress.whole
        progress.feed(text[at : at + size])
    assert progress.whole


@pytest.mark.parametrize("text", ["", " \n", "{", '"', '"\\"', '["a', '{"a":[1}'])
def test_what_is_open_or_has_not_begun_is_not_whole(text):
    progress = JsonProgress()
    progress.feed(text)
    assert not progress.whole


@pytest.mark.parametrize("text", ["1", "null", '""', "[]", "]", "{}{}"])
def test_what_has_nothing_open_is_whole(text):
    progress = JsonProgress()
    progress.feed(text)
    assert progress.whole
