"""The mark that ends a cut stream is found however it is cut, and no other byte is lost or kept back for good."""

from __future__ import annotations

import pytest

from ext_proc.hosts.end_mark import END_MARK, EndMark
from ext_proc.hosts.envoy_cuts import answers
from ext_proc.pb import ext_proc_pb2 as pb

EVENTS = b'data: {"text": "\xe2\x80\xa8 and on"}\n\n'


@pytest.mark.parametrize("step", range(1, len(END_MARK) + 3))
def test_the_mark_ends_the_stream_wherever_it_is_cut(step):
    mark, sent = EndMark(), EVENTS + END_MARK + b"what the provider still sends"
    passed = b"".join(mark.feed(sent[at : at + step]) for at in range(0, len(sent), step))
    assert (passed, mark.found) == (EVENTS, True)


@pytest.mark.parametrize("size", range(1, len(END_MARK)))
def test_a_beginning_of_the_mark_is_none(size):
    mark, sent = EndMark(), END_MARK[:size] + EVENTS + END_MARK[:size]
    passed = b"".join(mark.feed(sent[at : at + 1]) for at in range(len(sent)))
    assert (passed + mark.finish(), mark.found) == (sent, False)


def body(data, *, ends=False):
    request = pb.ProcessingRequest()
    request.response_body.body, request.response_body.end_of_stream = data, ends
    return request


def streamed(responses):
    return [
        (one.response_body.response.body_mutation.streamed_response.body,
         one.response_body.response.body_mutation.streamed_response.end_of_stream)
        for one in responses
    ]  # fmt: skip


def test_the_filter_at_the_edge_ends_the_stream_at_the_mark():
    mark = EndMark()
    assert streamed(answers(mark, body(EVENTS))) == [(EVENTS, False)]
    assert streamed(answers(mark, body(EVENTS + END_MARK))) == [(EVENTS, True)]


def test_a_stream_that_ends_by_itself_passes_whole():
    assert streamed(answers(EndMark(), body(EVENTS + END_MARK[:3], ends=True))) == [(EVENTS + END_MARK[:3], True)]


def test_trailers_follow_what_was_held_back():
    mark, trailers = EndMark(), pb.ProcessingRequest()
    trailers.response_trailers.SetInParent()
    assert answers(mark, body(END_MARK[:2])) == []
    held, last = answers(mark, trailers)
    assert streamed([held]) == [(END_MARK[:2], False)]
    assert last.HasField("response_trailers")
