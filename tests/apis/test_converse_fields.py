"""What Converse passes on to the model is said in the words of the model's family, and read from them."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Message, Request, Text, ThinkingConfig, Tool, ToolChoice
from ext_proc.errors import Unsupported
from tests.apis.converse_requests import converse

CONVERSE, MESSAGES = APIS["converse"], APIS["messages"]
TURN = Message("user", (Text("hi"),))
TOOLS = (Tool("f", parameters={"type": "object"}),)
NOVA = "us.amazon.nova-2-lite-v1:0"
OFF = ThinkingConfig(enabled=False)

# A model, how much to think, and the fields by which its family is told.
EFFORTS = [
    (NOVA, ThinkingConfig(effort="low"), {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
    (NOVA, ThinkingConfig(effort="high"), {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}),
    (NOVA, OFF, {"reasoningConfig": {"type": "disabled"}}),
    ("openai.gpt-oss-120b-1:0", ThinkingConfig(effort="medium"), {"reasoning_effort": "medium"}),
    ("us.openai.gpt-5.6-sol", ThinkingConfig(effort="max"), {"reasoning": {"effort": "max"}}),
    ("us.openai.gpt-5.6-sol", OFF, {"reasoning": {"effort": "none"}}),
]

# Efforts and budgets that a family does not know, and the nearest that it does.
NEAREST = [
    ("openai.gpt-oss-120b-1:0", OFF, {"reasoning_effort": "low"}),
    ("openai.gpt-oss-120b-1:0", ThinkingConfig(effort="max"), {"reasoning_effort": "high"}),
    ("us.openai.gpt-5.6-sol", ThinkingConfig(budget_tokens=8000), {"reasoning": {"effort": "medium"}}),
    ("us.openai.gpt-5.6-sol", ThinkingConfig(effort="minimal"), {"reasoning": {"effort": "low"}}),
    ("us.openai.gpt-5.6-sol", ThinkingConfig(), None),
    (NOVA, None, None),
    ("meta.llama4", ThinkingConfig(effort="high"), None),
]


@pytest.mark.parametrize(("model", "thinking", "fields"), EFFORTS + NEAREST)
def test_each_family_of_models_is_told_in_its_words_how_much_to_think(model, thinking, fields):
    wire = json.loads(CONVERSE.write_request(Request(model, (TURN,), thinking=thinking)))
    assert wire.get("additionalModelRequestFields") == fields


@pytest.mark.parametrize(("model", "thinking", "fields"), EFFORTS)
def test_the_words_of_each_family_are_read(model, thinking, fields):
    assert CONVERSE.read_request(converse(model, additionalModelRequestFields=fields)).thinking == thinking


def test_novas_highest_effort_gives_way_to_a_limit():
    request = Request(NOVA, (TURN,), thinking=ThinkingConfig(effort="high"), max_output_tokens=9)
    wire = json.loads(CONVERSE.write_request(request))
    assert wire["additionalModelRequestFields"]["reasoningConfig"]["maxReasoningEffort"] == "medium"


def test_claude_calls_one_tool_at_a_time_where_the_client_says_so():
    request = Request("anthropic.claude-x", (TURN,), tools=TOOLS, tool_choice=ToolChoice(parallel=False))
    wire = json.loads(CONVERSE.write_request(request))
    assert wire["additionalModelRequestFields"] == {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}
    assert CONVERSE.read_request({"model": "m", **wire}).tool_choice == ToolChoice(parallel=False)


@pytest.mark.parametrize(
    "fields",
    [{"tools": [{"type": "computer"}]}, {"output_config": {"format": {}}}, {"tool_choice": {"type": "none"}}],
)
def test_a_field_of_the_model_that_would_be_missed_is_refused(fields):
    with pytest.raises(Unsupported):
        MESSAGES.write_request(CONVERSE.read_request(converse(additionalModelRequestFields=fields)))
