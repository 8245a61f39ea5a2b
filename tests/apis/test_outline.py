"""What money and routing depend on is validated before anything else, and cheaply."""

from __future__ import annotations

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.apis.paths import find
from ext_proc.errors import Malformed

CHAT, MESSAGES, RESPONSES = APIS["chat_completions"], APIS["messages"], APIS["responses"]

TURNS = [{"role": "user", "content": "hi"}]
CHAT_BODY = {"model": "gpt-5", "messages": TURNS}
MESSAGES_BODY = {"model": "claude", "messages": TURNS, "max_tokens": 9}
RESPONSES_BODY = {"model": "gpt-5", "input": "hi"}

PNG = "data:image/png;base64,AAAA"
CHAT_IMAGES = [
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}} for url in (PNG, "https://x/y.png")]}
]
BLOCK = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
MESSAGES_IMAGES = [
    {"role": "user", "content": [BLOCK, {"type": "tool_result", "tool_use_id": "t", "content": [BLOCK]}]}
]
INPUT_IMAGES = [{"type": "input_image", "image_url": url} for url in (PNG, "https://x/y.png")]
RESPONSES_IMAGES = [
    {"role": "user", "content": INPUT_IMAGES},
    {"type": "function_call_output", "call_id": "t", "output": INPUT_IMAGES},
]

OUTLINES = [
    (CHAT, CHAT_BODY, Outline("gpt-5")),
    (CHAT, {**CHAT_BODY, "stream": True}, Outline("gpt-5", stream=True)),
    (CHAT, {**CHAT_BODY, "stream": None, "n": None, "max_tokens": None, "stream_options": None}, Outline("gpt-5")),
    (CHAT, {**CHAT_BODY, "stream_options": {"include_usage": True}}, Outline("gpt-5", include_usage=True)),
    (CHAT, {**CHAT_BODY, "max_tokens": 5}, Outline("gpt-5", max_output_tokens=5)),
    (CHAT, {**CHAT_BODY, "max_tokens": 5, "max_completion_tokens": 7}, Outline("gpt-5", max_output_tokens=7)),
    (CHAT, {**CHAT_BODY, "n": 3, "tools": [{}]}, Outline("gpt-5", n=3, tools=True)),
    (CHAT, {**CHAT_BODY, "messages": CHAT_IMAGES}, Outline("gpt-5", images=2, image_bytes=len(PNG))),
    (MESSAGES, MESSAGES_BODY, Outline("claude", include_usage=True, max_output_tokens=9)),
    (
        MESSAGES,
        {**MESSAGES_BODY, "messages": MESSAGES_IMAGES},
        Outline("claude", include_usage=True, max_output_tokens=9, images=2, image_bytes=8),
    ),
    (RESPONSES, RESPONSES_BODY, Outline("gpt-5", include_usage=True)),
    (
        RESPONSES,
        {**RESPONSES_BODY, "stream": True, "max_output_tokens": 5, "tools": [{"type": "web_search"}]},
        Outline("gpt-5", stream=True, include_usage=True, max_output_tokens=5, tools=True, outside="tools"),
    ),
    (
        RESPONSES,
        {**RESPONSES_BODY, "input": RESPONSES_IMAGES},
        Outline("gpt-5", include_usage=True, images=4, image_bytes=2 * len(PNG)),
    ),
    (
        RESPONSES,
        {"model": "gpt-5", "previous_response_id": "r"},
        Outline("gpt-5", include_usage=True, windowed="previous_response_id"),
    ),
    (RESPONSES, {"model": "gpt-5", "prompt": {"id": "p"}}, Outline("gpt-5", include_usage=True, outside="prompt")),
]

# (api, members, the member that the error names)
MISTAKES = [
    (CHAT, {**CHAT_BODY, "model": ""}, "model"),
    (CHAT, {**CHAT_BODY, "model": 7}, "model"),
    (CHAT, {"messages": TURNS}, "model"),
    (CHAT, {"model": "m"}, "messages"),
    (CHAT, {**CHAT_BODY, "messages": []}, "messages"),
    (CHAT, {**CHAT_BODY, "messages": {}}, "messages"),
    (CHAT, {**CHAT_BODY, "stream": 1}, "stream"),
    (CHAT, {**CHAT_BODY, "n": 0}, "n"),
    (CHAT, {**CHAT_BODY, "n": 129}, "n"),
    (CHAT, {**CHAT_BODY, "n": True}, "n"),
    (CHAT, {**CHAT_BODY, "n": 1.0}, "n"),
    (CHAT, {**CHAT_BODY, "max_tokens": True}, "max_tokens"),
    (CHAT, {**CHAT_BODY, "max_tokens": 0}, "max_tokens"),
    (CHAT, {**CHAT_BODY, "max_completion_tokens": 10_000_001}, "max_completion_tokens"),
    (CHAT, {**CHAT_BODY, "max_completion_tokens": "5"}, "max_completion_tokens"),
    (CHAT, {**CHAT_BODY, "stream_options": []}, "stream_options"),
    (CHAT, {**CHAT_BODY, "stream_options": {"include_usage": "yes"}}, "stream_options.include_usage"),
    (MESSAGES, {"model": "m", "messages": TURNS}, "max_tokens"),
    (MESSAGES, {**MESSAGES_BODY, "max_tokens": None}, "max_tokens"),
    (MESSAGES, {**MESSAGES_BODY, "max_tokens": -1}, "max_tokens"),
    (MESSAGES, {**MESSAGES_BODY, "max_tokens": False}, "max_tokens"),
    (MESSAGES, {**MESSAGES_BODY, "stream": "true"}, "stream"),
    (RESPONSES, {"input": "hi"}, "model"),
    (RESPONSES, {"model": "m"}, "input"),
    (RESPONSES, {"model": "m", "input": []}, "input"),
    (RESPONSES, {"model": "m", "input": {}}, "input"),
    (RESPONSES, {"model": "m", "input": 7, "previous_response_id": "r"}, "input"),
    (RESPONSES, {**RESPONSES_BODY, "stream": 1}, "stream"),
    (RESPONSES, {**RESPONSES_BODY, "max_output_tokens": 0}, "max_output_tokens"),
    (RESPONSES, {**RESPONSES_BODY, "max_output_tokens": "5"}, "max_output_tokens"),
]

THINKING = {"type": "enabled", "budget_tokens": 4000, "display": "omitted"}

# (api, members, cap, the members to set)
CAPS = [
    (CHAT, {}, 100, {"max_completion_tokens": 100}),
    (CHAT, {"max_tokens": None}, 100, {"max_completion_tokens": 100}),
    (CHAT, {"max_tokens": 50}, 100, {}),
    (CHAT, {"max_tokens": 500}, 100, {"max_tokens": 100}),
    (CHAT, {"max_tokens": 500, "max_completion_tokens": 50}, 100, {"max_tokens": 100}),
    (MESSAGES, {"max_tokens": 50}, 100, {}),
    (MESSAGES, {"max_tokens": 100}, 100, {}),
    (MESSAGES, {"max_tokens": 500}, 100, {"max_tokens": 100}),
    (MESSAGES, {"max_tokens": 8000, "thinking": THINKING}, 5000, {"max_tokens": 5000}),
    (
        MESSAGES,
        {"max_tokens": 8000, "thinking": THINKING},
        4000,
        {"max_tokens": 4000, "thinking": {**THINKING, "budget_tokens": 3999}},
    ),
    (
        MESSAGES,
        {"max_tokens": 8000, "thinking": THINKING},
        1025,
        {"max_tokens": 1025, "thinking": {**THINKING, "budget_tokens": 1024}},
    ),
    (
        MESSAGES,
        {"max_tokens": 8000, "thinking": THINKING},
        1024,
        {"max_tokens": 1024, "thinking": {"type": "disabled"}},
    ),
    (MESSAGES, {"max_tokens": 8000, "thinking": {"type": "adaptive"}}, 10, {"max_tokens": 10}),
    (RESPONSES, {}, 100, {"max_output_tokens": 100}),
    (RESPONSES, {"max_output_tokens": 100}, 100, {}),
    (RESPONSES, {"max_output_tokens": 500}, 100, {"max_output_tokens": 100}),
]

USAGE_WISHES = [
    (CHAT, {"stream": True}, {"stream_options": {"include_usage": True}}),
    (CHAT, {"stream": True, "stream_options": None}, {"stream_options": {"include_usage": True}}),
    (
        CHAT,
        {"stream": True, "stream_options": {"include_usage": False, "x": 1}},
        {"stream_options": {"include_usage": True, "x": 1}},
    ),
    (CHAT, {"stream": True, "stream_options": {"include_usage": True}}, {}),
    (CHAT, {}, {}),
    (MESSAGES, {"stream": True}, {}),
    (RESPONSES, {"stream": True}, {}),
]


@pytest.mark.parametrize(("api", "members", "outline"), OUTLINES)
def test_an_outline_tells_what_the_edge_must_know(api, members, outline):
    assert api.outline(members) == outline


@pytest.mark.parametrize(("api", "members", "param"), MISTAKES)
def test_a_mistake_is_refused_and_its_member_named(api, members, param):
    with pytest.raises(Malformed) as caught:
        api.outline(members)
    assert caught.value.param == param
    assert f"`{param}`" in caught.value.message


@pytest.mark.parametrize(("api", "members", "cap", "changes"), CAPS)
def test_output_is_capped_with_as_few_changes_as_can_be(api, members, cap, changes):
    assert api.limit_output(members, cap) == changes


@pytest.mark.parametrize(("api", "members", "changes"), USAGE_WISHES)
def test_usage_is_asked_for_only_where_it_would_not_come(api, members, changes):
    assert api.ask_usage(members) == changes


PATHS = {
    "/v1/chat/completions": "chat_completions",
    "/v1/messages": "messages",
    "/v1/responses": "responses",
    "/v1/completions": "completions",
    "/model/{model}/converse": "converse",
    "/model/{model}/converse-stream": "converse",
    "/model/{model}/invoke": "invoke_model",
    "/model/{model}/invoke-with-response-stream": "invoke_model",
    "/v1beta/models/{model}:generateContent": "generate_content",
    "/v1beta/models/{model}:streamGenerateContent": "generate_content",
    "/v1/models/{model}:generateContent": "generate_content",
    "/v1/models/{model}:streamGenerateContent": "generate_content",
    "/v1/embeddings": "embeddings",
    "/v1/rerank": "rerank",
    "/v1beta/models/{model}:batchEmbedContents": "batch_embed_contents",
    "/v1/models/{model}:batchEmbedContents": "batch_embed_contents",
    "/v1beta/models/{model}:embedContent": "embed_content",
    "/v1/models/{model}:embedContent": "embed_content",
    "/v2/chat": "cohere_chat",
    "/v2/embed": "cohere_embed",
    "/v2/rerank": "cohere_rerank",
    "/v1/moderations": "moderations",
    "/v1/messages/count_tokens": "messages_count_tokens",
    "/v1/responses/input_tokens": "responses_input_tokens",
    "/v1beta/models/{model}:countTokens": "generate_content_count_tokens",
    "/v1/models/{model}:countTokens": "generate_content_count_tokens",
    "/model/{model}/count-tokens": "converse_count_tokens",
    "/v1/images/generations": "image_generations",
    "/v1/images/edits": "image_edits",
    "/v1/images/variations": "image_variations",
    "/v1/audio/speech": "speech",
    "/v1/audio/transcriptions": "transcriptions",
    "/v1/audio/translations": "translations",
}


@pytest.mark.parametrize(("path", "name"), PATHS.items())
def test_every_api_is_found_by_the_path_that_clients_call(path, name):
    assert find(path.replace("{model}", "m")).api.name == name


def test_no_path_is_left_untold():
    """What providers keep has tests of its own."""
    asking = [api for api in APIS.values() if api.keeps is None]
    assert {path for api in asking for path in (*api.paths, *api.stream_paths)} == PATHS.keys()
