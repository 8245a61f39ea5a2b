"""Whatever JSON arrives, readers return or raise our own errors; what they accept can be written or is refused by name."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.chat import Request
from ext_proc.errors import TollkeeperError
from tests.apis.examples import ANSWERS, EVENTS, REQUESTS

TRANSLATED = [APIS[name] for name in REQUESTS]
EACH = pytest.mark.parametrize("api", TRANSLATED, ids=list(REQUESTS))

# Words of both formats, so that what is made up comes past the first check.
WORDS = re.findall(
    r"\w+",
    """
    model messages role content type text user assistant system tool tool_calls tool_call_id function name
    arguments id image_url url image source base64 data media_type tool_use tool_result tool_use_id input
    thinking redacted_thinking signature tools tool_choice auto any none json_schema response_format
    output_config format schema effort high enabled adaptive budget_tokens max_tokens stream stream_options stop
    stop_sequences metadata user_id n choices delta index finish_reason usage prompt_tokens completion_tokens
    prompt_tokens_details cached_tokens message message_start message_delta content_block_start
    content_block_delta content_block text_delta input_json_delta partial_json stop_reason error code param
    refusal reasoning_content thinking_blocks function_call input_tokens output_tokens parallel_tool_calls
    temperature prompt suffix echo best_of logprobs
    contents parts inlineData inline_data mimeType fileData fileUri functionCall functionResponse args response
    output thought thoughtSignature functionDeclarations parameters generationConfig generation_config
    maxOutputTokens candidateCount topK responseSchema responseMimeType thinkingConfig nullable items anyOf
    candidates finishReason usageMetadata promptTokenCount promptFeedback blockReason status details
    toolConfig tools toolSpec inputSchema json toolChoice inferenceConfig maxTokens outputConfig textFormat structure
    jsonSchema toolUse toolUseId toolResult status reasoningContent reasoningText redactedContent cachePoint bytes
    citationsContent additionalModelRequestFields output stopReason inputTokens outputTokens
    instructions input_text input_image output_text function_call_output call_id summary encrypted_content
    reasoning safety_identifier background include output_index item incomplete_details
    documents data snippet title citation_options mode tool_plan citations sources document start end content_index
    strict_tools token_budget k p billed_units input_tokens logprobs token_ids finish_reason TOOL_CALL ERROR
    file file_data filename file_url input_file input_audio service_tier presence_penalty frequency_penalty
    top_logprobs annotations annotation url_citation file_citation start_index end_index title content_index
    token logprob tokens token_logprobs text_offset
    documents data snippet title citation_options mode tool_plan citations sources document start end content_index
    strict_tools token_budget k p billed_units input_tokens logprobs token_ids finish_reason TOOL_CALL ERROR
    """,
)

scalars = (
    st.none() | st.booleans() | st.integers(-5, 2**80) | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(WORDS), values, max_size=8)


def places(value, path=()):
    """Every place in a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def replaced(value, path, other):
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


def spoilt(value):
    """A valid value with one place of it, but not the whole, replaced by anything."""
    return st.builds(lambda path, other: replaced(value, path, other), st.sampled_from(places(value)[1:]), values)


def dumped(value):
    return json.dumps(value).encode()


def try_request(api, members):
    with contextlib.suppress(TollkeeperError):
        api.outline(members)
        api.limit_output(members, 5)
        api.ask_usage(members)
    with contextlib.suppress(TollkeeperError):
        request = api.read_request(members)
        for other in TRANSLATED:
            with contextlib.suppress(TollkeeperError):
                assert isinstance(json.loads(other.write_request(request)), dict)


@EACH
@settings(max_examples=150, deadline=None)
@given(members=objects)
def test_any_request_is_read_or_refused(api, members):
    try_request(api, members)


@EACH
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_request_with_one_thing_wrong_is_read_or_refused(api, data):
    try_request(api, data.draw(spoilt(REQUESTS[api.name])))


@EACH
def test_the_examples_that_are_spoilt_here_are_good(api):
    api.outline(REQUESTS[api.name])
    api.read_request(REQUESTS[api.name])
    assert len(api.read_answer(dumped(ANSWERS[api.name]))) > 5


@EACH
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_answer_is_read_or_blamed_on_the_provider(api, data):
    answer = data.draw(values | spoilt(ANSWERS[api.name]))
    with contextlib.suppress(TollkeeperError):
        parts = api.read_answer(dumped(answer))
        for other in TRANSLATED:
            assert isinstance(json.loads(other.write_answer(parts)), dict)


@EACH
@settings(max_examples=200, deadline=None)
@given(events=st.lists(values | st.sampled_from(EVENTS).flatmap(spoilt), max_size=6))
def test_any_events_are_read_and_can_be_written(api, events):
    """Streams raise nothing at all: it would be too late."""
    stream = b"".join(b"data: " + dumped(event) + b"\n\n" for event in events)
    reader, observer = api.stream_reader(), api.stream_observer(False)
    parts = reader.feed(stream) + reader.finish()
    assert observer.feed(stream)[1] == parts
    for other in TRANSLATED:
        writer = other.stream_writer(Request("m", (), include_usage=True))
        assert isinstance(writer.write(parts) + writer.finish(), bytes)


@EACH
@settings(max_examples=100)
@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=30) | values.map(dumped),
    headers=st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text()),
)
def test_any_error_is_read(api, status, body, headers):
    error = api.read_error(status, headers, body)
    assert error.status == status
    assert api.write_error(error, None)
