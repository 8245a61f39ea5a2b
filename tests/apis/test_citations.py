"""What a citation is about survives every way of counting, and log probabilities stay with their text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis.citations import TextPlace, cited_pieces
from ext_proc.apis.joined import join, take_apart
from ext_proc.chat import Refusal, Text, Thinking, ToolUse
from ext_proc.parts import (
    Citation,
    Logprobs,
    RefusalDelta,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    TokenLogprob,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage

WEB = Citation(url="https://x/")
GIVEN = Citation(document=0, title="report.pdf", unit="page", start=1, end=2)


def spanned(citation, *span):
    return Citation(citation.cited_text, citation.title, citation.url, citation.document, span=span)


def test_text_after_a_citation_of_a_whole_block_begins_another_block():
    parts = [TextDelta("a"), GIVEN, TextDelta("b")]
    assert join(parts).choices[0].blocks == (Text("a", citations=(GIVEN,)), Text("b"))


def test_text_after_a_citation_with_a_span_goes_on():
    parts = [TextDelta("a"), spanned(WEB, 0, 1), TextDelta("b")]
    assert join(parts).choices[0].blocks == (Text("ab", citations=(spanned(WEB, 0, 1),)),)


def test_a_citation_that_comes_late_is_about_the_last_text():
    parts = [TextDelta("a"), ToolUseStart(0, "i", "f"), spanned(WEB, 0, 1)]
    assert join(parts).choices[0].blocks == (Text("a", citations=(spanned(WEB, 0, 1),)), ToolUse("i", "f", ""))


def test_a_cited_block_that_goes_on_another_keeps_what_it_is_about():
    blocks = [Text("It says: "), Text("yes", citations=(Citation(url="https://x/"),)), Text(".")]
    assert join(take_apart(blocks)).choices[0].blocks == (Text("It says: yes.", citations=(spanned(WEB, 9, 12),)),)


@pytest.mark.parametrize(
    ("text", "spans", "pieces"),
    [
        ("abcdef", [], [("abcdef", 0)]),
        ("abcdef", [(2, 4)], [("ab", 0), ("cd", 1), ("ef", 0)]),
        ("abcdef", [(0, 6)], [("abcdef", 1)]),
        ("abcdef", [(0, 2), (2, 4), (2, 4)], [("ab", 1), ("cd", 2), ("ef", 0)]),
        ("abcdef", [(0, 4), (2, 6)], [("ab", 0), ("cd", 1), ("ef", 1)]),
        ("abcdef", [(3, 3)], [("abc", 1), ("def", 0)]),
        ("abcdef", [(0, 0)], [("abcdef", 1)]),
        ("abcdef", [(4, 99), (-5, 2)], [("ab", 1), ("cd", 0), ("ef", 1)]),
    ],
)
def test_a_text_is_cut_to_pieces_that_are_cited_as_a_whole(text, spans, pieces):
    block = Text(text, citations=tuple(spanned(WEB, *span) for span in spans))
    assert [(piece.text, len(piece.citations)) for piece in cited_pieces(block)] == pieces


@settings(max_examples=200, deadline=None)
@given(text=st.text(min_size=1, max_size=9), data=st.data())
def test_no_character_and_no_citation_is_lost_among_the_pieces(text, data):
    places = st.integers(-2, 12)
    spans = data.draw(st.lists(st.tuples(places, places), max_size=5))
    pieces = cited_pieces(Text(text, citations=tuple(spanned(WEB, *span) for span in spans)))
    assert "".join(piece.text for piece in pieces) == text
    assert [one for piece in pieces for one in piece.citations] == [WEB] * len(spans)


tokens = st.lists(st.builds(TokenLogprob, st.text(max_size=2), st.floats(-9, 0)), max_size=2).map(tuple)
citations = st.lists(st.sampled_from([GIVEN, WEB, spanned(WEB, 0, 2), spanned(WEB, 1, 1)]), max_size=2).map(tuple)
texts = st.builds(Text, st.text(min_size=2, max_size=4), citations=citations, logprobs=tokens)
others = st.builds(Refusal, st.text(min_size=1, max_size=3), tokens) | st.just(ToolUse("i", "f", "{}"))


@settings(max_examples=200, deadline=None)
@given(blocks=st.lists(texts | others | st.just(Thinking("t", "s")), max_size=6), choice=st.integers(0, 2))
def test_what_is_joined_is_apart_what_it_was(blocks, choice):
    joined = join(take_apart(blocks, choice)).choices[-1].blocks
    assert join(take_apart(joined, choice)).choices[-1].blocks == joined


@settings(max_examples=200, deadline=None)
@given(blocks=st.lists(texts | others, max_size=6))
def test_a_place_in_all_text_is_found_again_in_its_block(blocks):
    place, said = TextPlace(), ""
    for part in take_apart(blocks):
        place.feed(part)
        said += part.text if isinstance(part, TextDelta) else ""
        if isinstance(part, Citation):
            start, end = place.in_all(part)
            assert 0 <= start <= end <= len(said)
            assert part.span in (None, place.in_block(start, end))


loose_parts = st.lists(
    st.sampled_from(
        [
            TextDelta("ab"),
            GIVEN,
            spanned(WEB, 0, 1),
            RefusalDelta("no"),
            ThinkingDelta("t"),
            ThinkingSignature("s"),
            ToolUseStart(0, "i", "f"),
            ToolUseDelta(0, "{}"),
            UsageReport(Usage()),
        ]
    ),
    max_size=9,
)


@settings(max_examples=300, deadline=None)
@given(parts=loose_parts)
def test_more_text_goes_on_the_block_whose_length_is_known(parts):
    place = TextPlace()
    for part in parts:
        place.feed(part)
    last = join([*parts, TextDelta("!")]).choices[0].blocks
    texts = [block.text for block in last if isinstance(block, Text)]
    assert texts[-1] == "ab" * (place.length // 2) + "!"


def test_log_probabilities_stay_with_what_they_rate():
    yes, no = TokenLogprob("yes", -0.1), TokenLogprob("no", -2.5)
    parts = [TextDelta("yes"), Logprobs((yes,)), TextDelta("no"), Logprobs((no,)), RefusalDelta("no"), Logprobs((no,))]
    assert join(parts).choices[0].blocks == (Text("yesno", logprobs=(yes, no)), Refusal("no", (no,)))
