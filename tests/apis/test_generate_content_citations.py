"""What an answer says of its text survives: the sources of each place, and how likely each token was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.apis.joined import join
from ext_proc.chat import Request, Text
from ext_proc.parts import (
    Citation,
    Finish,
    Logprobs,
    TextDelta,
    TokenLogprob,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage
from tests.apis.generate_content_streams import GEMINI_START, called, candidate, response
from tests.apis.streams import data_stream, pieces, read
from tests.apis.test_round_trips import words

GEMINI = APIS["generate_content"]
ROME, SUN = Citation(url="https://x/rome", title="Rome"), Citation("it shines", "Sun", "https://x/sun")
CHUNKS = [
    {"web": {"uri": "https://x/rome", "title": "Rome"}},
    {"retrievedContext": {"uri": "https://x/sun", "title": "Sun", "text": "it shines"}},
]


def support(start, end, *chunks, **segment):
    return {"segment": {"startIndex": start, "endIndex": end, **segment}, "groundingChunkIndices": list(chunks)}


def grounded(*supports, chunks=CHUNKS, **members):
    return {"groundingMetadata": {"groundingChunks": chunks, "groundingSupports": list(supports), **members}}


def about(citation, start, end):
    return Citation(citation.cited_text, citation.title, citation.url, span=(start, end))


def parts_of(*candidates, **members):
    return GEMINI.read_answer(json.dumps(response(*candidates, **members)).encode())[1:]


def written(parts):
    return json.loads(GEMINI.write_answer([GEMINI_START, *parts]))


def streamed(parts):
    writer = GEMINI.stream_writer(Request("m", (), stream=True))
    return b"".join([writer.write([part]) for part in [GEMINI_START, *parts]]) + writer.finish()


# (what, the candidate's parts, what is said beside them, the citations): places are bytes there and characters here
READ = {
    "two sources of one sentence": (
        [{"text": "Grüße. Sonne."}],
        grounded(support(0, 8, 0), support(9, 15, 0, 1)),
        [about(ROME, 0, 6), about(ROME, 7, 13), about(SUN, 7, 13)],
    ),
    "all of the text": ([{"text": "Grüße"}], grounded(support(0, 7, 0)), [ROME]),
    "a start that is left out, as it is 0": (
        [{"text": "Grüße"}],
        grounded({"segment": {"endIndex": 2}, "groundingChunkIndices": [0]}),
        [about(ROME, 0, 2)],
    ),
    "a place within a character": ([{"text": "Grüße"}], grounded(support(0, 3, 0)), [about(ROME, 0, 2)]),
    "a part of its own": (
        [{"text": "hm", "thought": True}, {"text": "So "}, {"text": "it is"}],
        grounded(support(0, 2, 0, partIndex=2)),
        [about(ROME, 3, 5)],
    ),
    "places that are not there": (
        [{"text": "a"}],
        grounded(support(5, 9, 0, 7, -1, "x"), support(3, 1, 1)),
        [about(ROME, 1, 1), about(SUN, 1, 1)],
    ),
    "sources of no part of it": ([{"text": "a"}], grounded(), [ROME, SUN]),
    "a source without an address": (
        [{"text": "a"}],
        grounded(support(0, 1, 0), chunks=[{"retrievedContext": {"title": "t"}}]),
        [],
    ),
    "a recitation": (
        [{"text": "abc"}],
        {"citationMetadata": {"citationSources": [{"startIndex": 1, "endIndex": 2, "uri": "https://x/rome"}]}},
        [Citation(url="https://x/rome", span=(1, 2))],
    ),
    "a recitation, as Vertex AI tells it": (
        [{"text": "abc"}],
        {"citationMetadata": {"citations": [{"endIndex": 3, "uri": "https://x/rome", "title": "Rome"}, {}]}},
        [ROME],
    ),
    "nothing of a known type": ([{"text": "a"}], {"groundingMetadata": 7, "citationMetadata": [], "index": 0}, []),
}


@pytest.mark.parametrize(("parts", "beside", "citations"), READ.values(), ids=READ)
def test_sources_are_read_with_the_text_that_they_are_about(parts, beside, citations):
    found = parts_of({**candidate(*parts, finish="STOP"), **beside})
    assert [part for part in found if isinstance(part, Citation)] == citations
    assert found[-1] == Finish("stop")


def test_a_stream_may_tell_its_sources_last_and_twice():
    beside = grounded(support(4, 6, 0))
    stream = data_stream(
        response(candidate({"text": "Grü"})),
        response({**candidate({"text": "ße"}), **beside}),
        response({**candidate({"text": ""}, finish="STOP"), **beside}),
        response({**candidate(), "groundingMetadata": {"groundingSupports": [support(0, 1, 1)]}}),
    )
    assert read(GEMINI, [stream]) == [
        GEMINI_START,
        TextDelta("Grü"),
        TextDelta("ße"),
        about(ROME, 3, 4),
        Finish("stop"),
        about(SUN, 0, 1),
    ]


def test_each_choice_has_its_own_sources():
    first, second = candidate({"text": "ab"}), candidate({"text": "cd"}, index=1)
    found = parts_of({**first, **grounded(support(0, 1, 0))}, {**second, **grounded(support(0, 1, 0))})
    assert [part.choice for part in found if isinstance(part, Citation)] == [0, 1]


def test_text_after_a_call_is_a_block_of_its_own():
    text = [{"text": "über"}, called(id="t"), {"text": "unter"}]
    found = parts_of({**candidate(*text), **grounded(support(5, 7, 0))})
    assert join(found).choices[0].blocks[2] == Text("unter", citations=(about(ROME, 0, 2),))


def test_sources_are_written_once_and_places_in_bytes():
    parts = [TextDelta("Grüße. Sonne."), about(ROME, 0, 6), about(ROME, 7, 13), about(SUN, 7, 13)]
    assert written(parts)["candidates"][0]["groundingMetadata"] == {
        "groundingChunks": CHUNKS,
        "groundingSupports": [
            support(0, 8, 0, text="Grüße."),
            support(9, 15, 0, 1, text="Sonne."),
        ],
    }


def test_places_count_from_the_beginning_of_all_the_text():
    parts = [
        TextDelta("Grüße"),
        ROME,
        TextDelta("!"),
        SUN,
        ToolUseStart(0, "t", "f"),
        ToolUseDelta(0, "{}"),
        TextDelta("Sonne"),
        about(SUN, 1, 2),
    ]
    whole = written(parts)["candidates"][0]["groundingMetadata"]
    assert [one["segment"] for one in whole["groundingSupports"]] == [
        {"startIndex": 0, "endIndex": 7, "text": "Grüße"},
        {"startIndex": 7, "endIndex": 8, "text": "!"},
        {"startIndex": 9, "endIndex": 10, "text": "o"},
    ]
    last = json.loads(streamed(parts).decode().strip().rpartition("data: ")[2])
    assert last["candidates"][0]["groundingMetadata"] == whole


def test_a_given_document_is_a_source_without_an_address():
    parts = [TextDelta("a"), Citation("quoted", "t", document=0, unit="char", start=0, end=6)]
    assert written(parts)["candidates"][0]["groundingMetadata"]["groundingChunks"] == [
        {"retrievedContext": {"title": "t", "text": "quoted"}}
    ]


def test_a_text_too_long_to_look_places_up_is_cited_as_a_whole():
    text = "a" * 300_000
    found = parts_of({**candidate({"text": text}), **grounded(support(5, 9, 0))})
    assert found[1] == ROME
    assert written([TextDelta(text), about(ROME, 5, 9)])["candidates"][0]["groundingMetadata"]["groundingSupports"] == [
        support(0, 300_000, 0, text="")
    ]


def test_searches_are_counted():
    found = parts_of({**candidate({"text": "a"}), **grounded(webSearchQueries=["a", "b"])})
    assert found[-1] == UsageReport(Usage(searches=2))


# Log probabilities

TOKENS = (
    TokenLogprob("Grü", -0.25, (TokenLogprob("Grü", -0.25), TokenLogprob("Hi", -1.5))),
    TokenLogprob("ße", -0.5, ()),
)
RESULT = {
    "chosenCandidates": [{"token": "Grü", "logProbability": -0.25}, {"token": "ße", "logProbability": -0.5}],
    "topCandidates": [
        {"candidates": [{"token": "Grü", "logProbability": -0.25}, {"token": "Hi", "logProbability": -1.5}]},
        {"candidates": []},
    ],
}


def test_log_probabilities_are_read_and_written():
    parts = [TextDelta("Grüße"), Logprobs(TOKENS), Finish("stop")]
    said = {**candidate({"text": "Grüße"}, finish="STOP"), "logprobsResult": RESULT}
    assert parts_of(said) == parts
    assert written(parts)["candidates"] == [said]
    assert join(read(GEMINI, pieces(streamed(parts), 7))).choices == join(parts).choices


def test_alternatives_are_left_out_where_there_are_none():
    result = written([TextDelta("a"), Logprobs((TokenLogprob("a", -1),))])["candidates"][0]["logprobsResult"]
    assert result == {"chosenCandidates": [{"token": "a", "logProbability": -1}]}


@pytest.mark.parametrize("result", [7, {"chosenCandidates": 7}, {"chosenCandidates": [7], "topCandidates": [7, 8]}])
def test_log_probabilities_of_another_type_do_no_harm(result):
    found = parts_of({**candidate({"text": "a"}), "logprobsResult": result})
    assert found[0] == TextDelta("a")
    assert all(part == Logprobs((TokenLogprob("", 0),)) for part in found[1:])


# Round trips

citations = st.builds(
    Citation,
    cited_text=st.none() | words,
    title=st.none() | words,
    url=words.map("https://x/".__add__),
    span=st.tuples(st.just(0), st.just(1)),
)
cited_texts = st.builds(
    lambda text, cited: Text(text, citations=tuple(dict.fromkeys(cited))),
    words.map("ü".__add__),
    st.lists(citations, max_size=3),
)
tokens = st.lists(
    st.builds(
        TokenLogprob,
        words,
        st.floats(-9, 0),
        st.lists(st.builds(TokenLogprob, words, st.floats(-9, 0)), max_size=2).map(tuple),
    ),
    max_size=3,
).map(tuple)


@settings(max_examples=100, deadline=None)
@given(text=cited_texts, rated=tokens, size=st.integers(1, 50))
def test_a_cited_and_rated_answer_survives(text, rated, size):
    logprobs = [Logprobs(rated)] if rated else []
    parts = [GEMINI_START, TextDelta(text.text), *logprobs, *text.citations, Finish("stop")]
    assert sets(join(GEMINI.read_answer(GEMINI.write_answer(parts)))) == sets(join(parts))
    assert sets(join(read(GEMINI, pieces(streamed(parts[1:]), size)))) == sets(join(parts))


def sets(whole):
    """In Gemini's table of sources their order is that of their first mention."""
    block = whole.choices[0].blocks[0]
    return block.text, set(block.citations), block.logprobs
