"""Any official client, unmodified, on a provider of any format, through a real Envoy."""

from __future__ import annotations

import json

import pytest

from tests.matrix.by_client import CALLS
from tests.matrix.five_providers import FORMATS
from tests.sdks.scripts import SCENARIOS, USAGE

STOPS = {
    "chat_completions": {"stop": "stop", "tool_calls": "tool_calls"},
    "responses": {"stop": "completed", "tool_calls": "completed"},
    "messages": {"stop": "end_turn", "tool_calls": "tool_use"},
    "generate_content": {"stop": "STOP", "tool_calls": "STOP"},
    "converse": {"stop": "end_turn", "tool_calls": "tool_use"},
    "cohere_chat": {"stop": "COMPLETE", "tool_calls": "TOOL_CALL"},
}
OTEL_NAMES = {
    "chat_completions": "openai",
    "responses": "openai",
    "messages": "anthropic",
    "generate_content": "gcp.gemini",
    "converse": "aws.bedrock",
    "cohere_chat": "cohere",
}
SAID_OF_THINKING = {
    "chat_completions": '"reasoning_effort"',
    "responses": '"reasoning"',
    "messages": '"thinking"',
    "generate_content": '"includeThoughts"',
    "converse": '"budget_tokens"',
    "cohere_chat": '"token_budget"',
}
"""How each provider is asked to think."""


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("case", ["text", "tools", "thinking"])
def test_a_client_gets_in_its_own_types_what_the_provider_said(five, clients, client, provider, stream, case):
    told = SCENARIOS[case]
    heard = CALLS[client](clients, f"on-{provider}", case, stream=stream)
    assert (heard.text, heard.thinking) == (told["text"], told.get("thinking", ""))
    assert heard.tools == [(id_, name, json.loads(arguments)) for id_, name, arguments in told.get("tools", [])]
    assert heard.finish == STOPS[client][told["stop"]]
    assert heard.counts == (USAGE["input"], USAGE["output"], USAGE["cached"])
    if case == "thinking":
        assert SAID_OF_THINKING[provider] in five.sent(provider).replace("include_thoughts", "includeThoughts")
    check_entry(five.gate.entry(heard.decision), client, provider, stream=stream)


def check_entry(entry, client, provider, *, stream):
    assert (entry["api"], entry["operation"]) == (client, "chat")
    assert entry["request_model"].endswith(f"on-{provider}")
    assert entry["provider"] == OTEL_NAMES[provider]
    assert (entry["status"], entry["outcome"], entry["stream"], entry["attempts"]) == (200, "served", stream, 1)
    counted = (entry["input_tokens"], entry["output_tokens"], entry["cache_read_input_tokens"], entry["estimated"])
    assert counted == (USAGE["input"], USAGE["output"], USAGE["cached"], False), entry
    assert entry["cost_nano"] > 0
