"""What is wrong in a request, or cannot be said in the other API, is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Audio, Document, Image, Message, Request, Text, Thinking, ToolUse
from ext_proc.errors import Malformed, Unsupported
from tests.apis.requests import HI, chat, messages
from tests.apis.responses_requests import responses

CHAT, MESSAGES, RESPONSES = APIS["chat_completions"], APIS["messages"], APIS["responses"]


EACH = pytest.mark.parametrize("api", [CHAT, MESSAGES, RESPONSES], ids=["chat_completions", "messages", "responses"])


def user(part):
    return [{"role": "user", "content": [part]}]


SOUND = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}

# (api, members, the member that the error names)
UNSUPPORTED = [
    (CHAT, chat(messages=user({"type": "video_url", "video_url": {}})), "messages[0].content[0].type"),
    (CHAT, chat(messages=user({"type": "file", "file": {"file_id": "f"}})), "messages[0].content[0].file.file_id"),
    (CHAT, chat(messages=user({"type": "file", "file": {"file_data": "AA"}})), "messages[0].content[0].file.file_data"),
    (CHAT, chat(messages=[{"role": "tool", "tool_call_id": "t", "content": [SOUND]}]), "messages[0].content[0].type"),
    (CHAT, chat(messages=[{"role": "function", "name": "f", "content": ""}]), "messages[0].role"),
    (CHAT, chat(messages=[{"role": "assistant", "function_call": {}}]), "messages[0].function_call"),
    (CHAT, chat(messages=[{"role": "assistant", "audio": {}}]), "messages[0].audio"),
    (
        CHAT,
        chat(messages=[{"role": "assistant", "tool_calls": [{"type": "custom"}]}]),
        "messages[0].tool_calls[0].type",
    ),
    (CHAT, chat(tools=[{"type": "custom"}]), "tools[0].type"),
    (CHAT, chat(tool_choice={"type": "allowed_tools"}), "tool_choice.type"),
    (MESSAGES, messages(messages=user({"type": "search_result", "source": ""})), "messages[0].content[0].type"),
    (
        MESSAGES,
        messages(messages=user({"type": "document", "source": {"type": "file", "file_id": "f"}})),
        "messages[0].content[0].source.type",
    ),
    (
        MESSAGES,
        messages(messages=user({"type": "document", "source": {"type": "content", "content": [{"type": "image"}]}})),
        "messages[0].content[0].source.content[0]",
    ),
    (
        MESSAGES,
        messages(messages=user({"type": "image", "source": {"type": "file"}})),
        "messages[0].content[0].source.type",
    ),
    (
        MESSAGES,
        messages(messages=user({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "search_result"}]})),
        "messages[0].content[0].content[0].type",
    ),
    (MESSAGES, messages(tools=[{"type": "web_search_20250305", "name": "web_search"}]), "tools[0].type"),
    (RESPONSES, responses(input=user({"type": "input_file", "file_id": "f"})), "input[0].content[0].file_id"),
    (RESPONSES, responses(input=user({"type": "input_file", "file_data": "AA"})), "input[0].content[0].file_data"),
    (RESPONSES, responses(input=user({"type": "input_image", "file_id": "f"})), "input[0].content[0].file_id"),
    (RESPONSES, responses(input=[{"type": "item_reference", "id": "msg_1"}]), "input[0]"),
    (RESPONSES, responses(input=[{"type": "web_search_call", "id": "ws_1"}]), "input[0].type"),
    (RESPONSES, responses(tool_choice={"type": "allowed_tools"}), "tool_choice.type"),
    (RESPONSES, responses(background=True), "background"),
]

MALFORMED = [
    (CHAT, chat(messages=[7]), "messages[0]"),
    (CHAT, chat(messages=[{"role": "tool", "content": ""}]), "messages[0].tool_call_id"),
    (CHAT, chat(messages=[{"role": "wizard"}]), "messages[0].role"),
    (CHAT, chat(messages=[{"role": []}]), "messages[0].role"),
    (CHAT, chat(messages=[*HI, {"role": "user", "content": 7}]), "messages[1].content"),
    (CHAT, chat(messages=[{"role": "user"}]), "messages[0].content"),
    (CHAT, chat(messages=user({"type": "text", "text": None})), "messages[0].content[0].text"),
    (CHAT, chat(messages=user({"type": "image_url", "image_url": "https://x"})), "messages[0].content[0].image_url"),
    (CHAT, chat(messages=user({})), "messages[0].content[0].type"),
    (
        CHAT,
        chat(messages=[{"role": "assistant", "tool_calls": [{"id": "t", "function": {"name": "f"}}]}]),
        "messages[0].tool_calls[0].function.arguments",
    ),
    (CHAT, chat(messages=user({"type": "file", "file": {}})), "messages[0].content[0].file.file_data"),
    (CHAT, chat(messages=user({"type": "file", "file": "x"})), "messages[0].content[0].file"),
    (CHAT, chat(messages=user({"type": "file", "file": {"filename": 7}})), "messages[0].content[0].file.filename"),
    (CHAT, chat(messages=user({"type": "input_audio"})), "messages[0].content[0].input_audio"),
    (
        CHAT,
        chat(messages=user({"type": "input_audio", "input_audio": {"format": "wav"}})),
        "messages[0].content[0].input_audio.data",
    ),
    (
        CHAT,
        chat(messages=user({"type": "input_audio", "input_audio": {"data": "AA=="}})),
        "messages[0].content[0].input_audio.format",
    ),
    (CHAT, chat(logprobs="yes"), "logprobs"),
    (CHAT, chat(top_logprobs="2"), "top_logprobs"),
    (CHAT, chat(presence_penalty="much"), "presence_penalty"),
    (CHAT, chat(frequency_penalty=[]), "frequency_penalty"),
    (CHAT, chat(service_tier=1), "service_tier"),
    (RESPONSES, responses(input=user({"type": "input_file"})), "input[0].content[0].file_data"),
    (RESPONSES, responses(input=user({"type": "input_file", "file_url": 7})), "input[0].content[0].file_url"),
    (RESPONSES, responses(include="message.output_text.logprobs"), "include"),
    (RESPONSES, responses(top_logprobs=True), "top_logprobs"),
    (CHAT, chat(tools={}), "tools"),
    (
        CHAT,
        chat(tools=[{"type": "function", "function": {"name": "f", "parameters": []}}]),
        "tools[0].function.parameters",
    ),
    (CHAT, chat(tool_choice="sometimes"), "tool_choice"),
    (CHAT, chat(tool_choice={"type": "function"}), "tool_choice.function"),
    (CHAT, chat(response_format={"type": "xml"}), "response_format.type"),
    (CHAT, chat(response_format={"type": "json_schema"}), "response_format.json_schema"),
    (CHAT, chat(reasoning_effort="very"), "reasoning_effort"),
    (CHAT, chat(temperature="hot"), "temperature"),
    (CHAT, chat(temperature=True), "temperature"),
    (CHAT, chat(stop=[1]), "stop[0]"),
    (CHAT, chat(user=1), "user"),
    (MESSAGES, messages(messages=[{"role": "tool", "content": ""}]), "messages[0].role"),
    (
        MESSAGES,
        messages(messages=user({"type": "tool_use", "id": "t", "name": "f", "input": "{}"})),
        "messages[0].content[0].input",
    ),
    (MESSAGES, messages(messages=user({"type": "thinking", "signature": "s"})), "messages[0].content[0].thinking"),
    (MESSAGES, messages(system=7), "system"),
    (MESSAGES, messages(system=[{"type": "text"}]), "system[0].text"),
    (MESSAGES, messages(tools=[{"name": "f"}]), "tools[0].input_schema"),
    (MESSAGES, messages(tool_choice={"type": "sometimes"}), "tool_choice.type"),
    (MESSAGES, messages(tool_choice={"type": "tool"}), "tool_choice.name"),
    (MESSAGES, messages(thinking={"type": "enabled"}), "thinking.budget_tokens"),
    (MESSAGES, messages(thinking={"type": "deep"}), "thinking.type"),
    (MESSAGES, messages(output_config={"effort": "minimal"}), "output_config.effort"),
    (MESSAGES, messages(output_config={"format": {"type": "json_object"}}), "output_config.format.type"),
    (MESSAGES, messages(metadata={"user_id": 1}), "metadata.user_id"),
    (MESSAGES, messages(stop_sequences="x"), "stop_sequences"),
    (RESPONSES, responses(input=7), "input"),
    (RESPONSES, responses(input=[7]), "input[0]"),
    (RESPONSES, responses(input=[{"type": 7}]), "input[0].type"),
    (RESPONSES, responses(input=[{"role": "wizard", "content": ""}]), "input[0].role"),
    (RESPONSES, responses(input=[{"role": "user", "content": 7}]), "input[0].content"),
    (RESPONSES, responses(input=user({"type": "input_text"})), "input[0].content[0].text"),
    (RESPONSES, responses(input=user({"type": "input_image"})), "input[0].content[0].image_url"),
    (RESPONSES, responses(input=[{"type": "function_call", "name": "f", "arguments": ""}]), "input[0].call_id"),
    (RESPONSES, responses(input=[{"type": "function_call_output", "call_id": "t"}]), "input[0].output"),
    (RESPONSES, responses(input=[{"type": "reasoning", "summary": [{}]}]), "input[0].summary[0].text"),
    (RESPONSES, responses(input=[{"type": "reasoning", "encrypted_content": 7}]), "input[0].encrypted_content"),
    (RESPONSES, responses(instructions=[]), "instructions"),
    (RESPONSES, responses(tools=[{"type": "function"}]), "tools[0].name"),
    (RESPONSES, responses(tool_choice={"type": "function"}), "tool_choice.name"),
    (RESPONSES, responses(tool_choice="sometimes"), "tool_choice"),
    (RESPONSES, responses(text={"format": {"type": "xml"}}), "text.format.type"),
    (RESPONSES, responses(text={"format": {"type": "json_schema", "name": "n"}}), "text.format.schema"),
    (RESPONSES, responses(reasoning={"effort": "very"}), "reasoning.effort"),
    (RESPONSES, responses(background="yes"), "background"),
    (RESPONSES, responses(safety_identifier=1), "safety_identifier"),
]


@pytest.mark.parametrize(("api", "members", "param"), UNSUPPORTED)
def test_content_that_is_not_known_is_refused_and_named(api, members, param):
    with pytest.raises(Unsupported) as caught:
        api.read_request(members)
    assert caught.value.param == param


@pytest.mark.parametrize(("api", "members", "param"), MALFORMED)
def test_a_wrong_type_is_refused_and_named(api, members, param):
    with pytest.raises(Malformed) as caught:
        api.read_request(members)
    assert caught.value.param == param
    assert f"`{param}`" in caught.value.message


def test_no_error_repeats_what_the_prompt_said():
    for api, members, _ in MALFORMED:
        with pytest.raises(Malformed) as caught:
            api.read_request(members)
        assert not any(word in caught.value.message for word in ("wizard", "sometimes", "very", "deep", "xml", "hot"))


# (api, request, the member that the error names)
INEXPRESSIBLE = [
    (MESSAGES, Request("m", (Message("user", (Text("hi"),)),), n=2), "n"),
    (MESSAGES, Request("m", (Message("user", (Text("hi"),)),), logprobs=True), "logprobs"),
    (MESSAGES, Request("m", (), system=(Text("s"),)), "messages"),
    (CHAT, Request("m", (Message("assistant", (Image(url="https://x"),)),)), "messages[0].content"),
    (CHAT, Request("m", (Message("user", (ToolUse("t", "f", "{}"),)),)), "messages[0].content[0]"),
    (RESPONSES, Request("m", (Message("user", (Text("hi"),)),), n=2), "n"),
    (RESPONSES, Request("m", (Message("user", (Text("hi"),)),), stop=("x",)), "stop"),
    (RESPONSES, Request("m", (Message("user", (Text("hi"),)),), max_output_tokens=15), "max_output_tokens"),
    (RESPONSES, Request("m", (Message("user", (Audio("AA==", "audio/wav"),)),)), "messages[0].content[0]"),
    (RESPONSES, Request("m", (Message("assistant", (Document(text="a"),)),)), "messages[0].content"),
    (CHAT, Request("m", (Message("user", (Document(url="https://x/y.pdf"),)),)), "messages[0].content[0]"),
    (CHAT, Request("m", (Message("assistant", (Audio("AA==", "audio/wav"),)),)), "messages[0].content"),
    (RESPONSES, Request("m", (Message("assistant", (Thinking("a"),)),)), "messages"),
    (RESPONSES, Request("m", (Message("assistant", (Image(url="https://x"),)),)), "messages[0].content"),
    (RESPONSES, Request("m", (Message("user", (ToolUse("t", "f", "{}"),)),)), "messages[0].content[0]"),
]


# Members that no other API knows, by whether they would be missed.
MISSED = [
    {"functions": [{"name": "f"}]},
    {"web_search_options": {}},
    {"modalities": ["text", "audio"]},
    {"container": "c"},
]
NOT_MISSED = [
    {"functions": []},
    {"modalities": ["text"]},
    {"logit_bias": {"1": 2}},
    {"store": True},
    {"new": [1]},
]


@pytest.mark.parametrize("unread", MISSED)
@EACH
def test_a_member_that_would_be_missed_is_refused(api, unread):
    with pytest.raises(Unsupported) as caught:
        api.write_request(Request("m", (Message("user", (Text("hi"),)),), unread=unread))
    assert [caught.value.param] == list(unread)


@pytest.mark.parametrize("unread", NOT_MISSED)
@EACH
def test_a_hint_that_no_other_api_knows_is_left_out(api, unread):
    request = Request("m", (Message("user", (Text("hi"),)),))
    assert api.write_request(replace(request, unread=unread)) == api.write_request(request)


@pytest.mark.parametrize(("api", "request_", "param"), INEXPRESSIBLE)
def test_what_would_change_the_meaning_is_refused_when_it_is_written(api, request_, param):
    with pytest.raises(Unsupported) as caught:
        api.write_request(request_)
    assert caught.value.param == param
