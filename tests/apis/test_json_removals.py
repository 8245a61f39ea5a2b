"""Members that a provider refuses go from a body; no byte of the others changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.apis.json_body import edited, edits, read_object
from ext_proc.edit import GONE

BODY = b'{ "a": 1 , "b" : [2, {"a": 3}],\n"c":"\xc3\xbc", "d":null }'
REMOVED = [
    ({"a": GONE}, b'{ "b" : [2, {"a": 3}],\n"c":"\xc3\xbc", "d":null }'),
    ({"b": GONE}, b'{ "a": 1,\n"c":"\xc3\xbc", "d":null }'),
    ({"d": GONE}, b'{ "a": 1 , "b" : [2, {"a": 3}],\n"c":"\xc3\xbc" }'),
    ({"a": GONE, "b": GONE, "c": GONE}, b'{ "d":null }'),
    ({"b": GONE, "d": GONE}, b'{ "a": 1,\n"c":"\xc3\xbc" }'),
    ({"a": GONE, "b": GONE, "c": GONE, "d": GONE}, b"{  }"),
    ({"a": GONE, "b": GONE, "c": GONE, "d": GONE, "e": 5}, b'{  "e":5}'),
    ({"a": GONE, "c": "x", "e": 5}, b'{ "b" : [2, {"a": 3}],\n"c":"x", "d":null ,"e":5}'),
    ({"z": GONE}, BODY),
]


def changed(body, changes):
    return edited(body, edits(body, changes, read_object(body)))


@pytest.mark.parametrize(("changes", "expected"), REMOVED)
def test_a_member_goes_with_one_comma(changes, expected):
    assert changed(BODY, changes) == expected


NAMES = st.text(alphabet="abcdef\u00fc", min_size=1, max_size=2)


@given(
    members=st.dictionaries(NAMES, st.none() | st.integers() | st.lists(st.text(max_size=3), max_size=2), max_size=6),
    changes=st.dictionaries(NAMES, st.just(GONE) | st.integers(), max_size=4),
    ascii_only=st.booleans(),
)
def test_what_is_left_are_the_other_members_and_those_that_were_set(members, changes, ascii_only):
    body = json.dumps(members, ensure_ascii=ascii_only).encode()
    left = {name: value for name, value in {**members, **changes}.items() if value is not GONE}
    assert json.loads(changed(body, changes)) == left
