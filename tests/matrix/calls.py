"""One call of each official client, whole or streamed, and what its typed objects said in the end.

`Heard` has our words, so that one test can hold every client to every provider. `more` are members of the SDK's call,
in place of those that the case has.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from google.genai import types
from openai.types.responses import Response

from tests.matrix.clients import Clients
from tests.sdks.test_pairs import ANTHROPIC_TOOLS, OPENAI_TOOLS, WEATHER, joined

CAP = 2000


@dataclass(frozen=True, slots=True)
class Heard:
    text: str
    thinking: str
    tools: list[tuple[str, str, Any]]
    finish: str | None
    counts: tuple[int, int, int]
    """Input with what was cached, output, and what of the input was cached."""
    headers: Mapping[str, str]
    refusal: str = ""

    @property
    def decision(self) -> str:
        return self.headers["x-tollkeeper-decision"]


# --- OpenAI ---------------------------------------------------------------------------------------------------------


def chat_completions(clients: Clients, model: str, case: str, *, stream: bool, **more: Any) -> Heard:
    extra: dict[str, Any] = {"stream_options": {"include_usage": True}} if stream else {}
    extra |= {"tools": OPENAI_TOOLS} if case == "tools" else {}
    extra |= {"reasoning_effort": "low"} if case == "thinking" else {}
    extra |= {"messages": [{"role": "user", "content": case}]} | more
    raw = clients.openai.chat.completions.with_raw_response.create(
        model=model, max_completion_tokens=CAP, stream=stream, **extra
    )
    answer = raw.parse()
    if stream:
        with answer:
            chunks = list(answer)
        (usage,) = [chunk.usage for chunk in chunks if chunk.usage]
        message, finish = (whole := joined(chunks)), whole.finish_reason
        refusal = "".join(choice.delta.refusal or "" for chunk in chunks for choice in chunk.choices)
    else:
        message, finish, usage = answer.choices[0].message, answer.choices[0].finish_reason, answer.usage
        refusal = message.refusal or ""
    return Heard(
        message.content or "",
        getattr(message, "reasoning_content", ""),
        [(call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []],
        finish,
        (usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details.cached_tokens),
        raw.headers,
        refusal,
    )


def responses(clients: Clients, model: str, case: str, *, stream: bool, **more: Any) -> Heard:
    extra: dict[str, Any] = {"tools": [{"type": "function", "strict": False, **OPENAI_TOOLS[0]["function"]}]}
    extra = extra if case == "tools" else {}
    extra |= {"reasoning": {"effort": "low", "summary": "auto"}} if case == "thinking" else {}
    extra |= {"input": case} | more
    raw = clients.openai.responses.with_raw_response.create(model=model, max_output_tokens=CAP, stream=stream, **extra)
    answer = _streamed_response(raw.parse()) if stream else raw.parse()
    usage, thoughts = answer.usage, [item for item in answer.output if item.type == "reasoning"]
    return Heard(
        answer.output_text,
        "".join(part.text for item in thoughts for part in item.summary),
        [(i.call_id, i.name, json.loads(i.arguments)) for i in answer.output if i.type == "function_call"],
        answer.status,
        (usage.input_tokens, usage.output_tokens, usage.input_tokens_details.cached_tokens),
        raw.headers,
        "".join(p.refusal for i in answer.output if i.type == "message" for p in i.content if p.type == "refusal"),
    )


class AnswerFailedError(Exception):
    """The SDK raises nothing for a stream that ends so."""


def _streamed_response(events: Any) -> Response:
    """The last event's, which must have what the deltas had."""
    with events:
        told = list(events)
    assert [event.sequence_number for event in told] == list(range(len(told)))
    answer: Response = told[-1].response
    if answer.error:
        raise AnswerFailedError(answer.error.message)
    deltas = [event.delta for event in told if event.type == "response.output_text.delta"]
    assert "".join(deltas) == answer.output_text
    return answer


# --- Anthropic ------------------------------------------------------------------------------------------------------


def messages(clients: Clients, model: str, case: str, *, stream: bool, **more: Any) -> Heard:
    extra: dict[str, Any] = {"tools": ANTHROPIC_TOOLS} if case == "tools" else {}
    extra |= {"thinking": {"type": "enabled", "budget_tokens": 1024}} if case == "thinking" else {}
    asked = {"model": model, "max_tokens": CAP, "messages": [{"role": "user", "content": case}], **extra, **more}
    if stream:
        with clients.anthropic.messages.stream(**asked) as streamed:
            message, headers = streamed.get_final_message(), streamed.response.headers
    else:
        raw = clients.anthropic.messages.with_raw_response.create(**asked)
        message, headers = raw.parse(), raw.headers
    cached = message.usage.cache_read_input_tokens
    return Heard(
        "".join(block.text for block in message.content if block.type == "text"),
        "".join(block.thinking for block in message.content if block.type == "thinking"),
        [(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"],
        message.stop_reason,
        (message.usage.input_tokens + cached, message.usage.output_tokens, cached),
        headers,
    )


# --- Google ---------------------------------------------------------------------------------------------------------


def generate_content(clients: Clients, model: str, case: str, *, stream: bool, **more: Any) -> Heard:
    function = types.FunctionDeclaration(name="weather", description="Now.", parameters_json_schema=WEATHER)
    thinking = types.ThinkingConfig(include_thoughts=True, thinking_budget=1024)
    config: dict[str, Any] = {
        "max_output_tokens": CAP,
        "tools": [types.Tool(function_declarations=[function])] if case == "tools" else None,
        "thinking_config": thinking if case == "thinking" else None,
    }
    config |= more.get("config", {})
    call = clients.genai.models.generate_content_stream if stream else clients.genai.models.generate_content
    answer = call(model=model, contents=more.get("contents", case), config=types.GenerateContentConfig(**config))
    chunks = list(answer) if stream else [answer]
    candidates = [candidate for chunk in chunks for candidate in chunk.candidates or []]
    parts = [part for candidate in candidates for part in (candidate.content and candidate.content.parts) or []]
    usage, calls = chunks[-1].usage_metadata, [part.function_call for part in parts if part.function_call]
    return Heard(
        "".join(part.text for part in parts if part.text and not part.thought),
        "".join(part.text for part in parts if part.text and part.thought),
        [(call.id, call.name, call.args) for call in calls],
        candidates[-1].finish_reason.value if candidates else None,
        (
            usage.prompt_token_count,
            (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
            usage.cached_content_token_count or 0,
        ),
        chunks[0].sdk_http_response.headers,
    )


# --- Amazon ---------------------------------------------------------------------------------------------------------


def converse(clients: Clients, model: str, case: str, *, stream: bool, **more: Any) -> Heard:
    spec = {"name": "weather", "description": "Now.", "inputSchema": {"json": WEATHER}}
    extra: dict[str, Any] = {"toolConfig": {"tools": [{"toolSpec": spec}]}} if case == "tools" else {}
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    extra |= {"additionalModelRequestFields": thinking} if case == "thinking" else {}
    call = clients.bedrock.converse_stream if stream else clients.bedrock.converse
    extra |= {"messages": [{"role": "user", "content": [{"text": case}]}]} | more
    answer = call(modelId=model, inferenceConfig={"maxTokens": CAP}, **extra)
    blocks, finish, usage = _streamed(answer["stream"]) if stream else _whole(answer)
    thoughts = [block["reasoningContent"]["reasoningText"] for block in blocks if "reasoningContent" in block]
    uses = [block["toolUse"] for block in blocks if "toolUse" in block]
    cached = usage["cacheReadInputTokens"]
    return Heard(
        "".join(block["text"] for block in blocks if "text" in block),
        "".join(thought["text"] for thought in thoughts),
        [(use["toolUseId"], use["name"], use["input"]) for use in uses],
        finish,
        (usage["inputTokens"] + cached, usage["outputTokens"], cached),
        answer["ResponseMetadata"]["HTTPHeaders"],
    )


def _whole(answer: dict[str, Any]) -> tuple[list[dict[str, Any]], str, dict[str, Any]]:
    return answer["output"]["message"]["content"], answer["stopReason"], answer["usage"]


def _streamed(stream: Any) -> tuple[list[dict[str, Any]], str, dict[str, Any]]:
    with closing(stream):
        return _gathered(stream)


def _gathered(events: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], str, dict[str, Any]]:
    """The events in their order: every block ends before the next begins, and what counts comes last."""
    told = [next(iter(event.items())) for event in events]
    blocks: dict[int, dict[str, Any]] = {}
    for kind, event in told:
        if kind == "contentBlockStart":
            blocks[event["contentBlockIndex"]] = {"toolUse": {**event["start"]["toolUse"], "input": ""}}
        elif kind == "contentBlockDelta":
            _add(blocks.setdefault(event["contentBlockIndex"], {}), event["delta"])
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
    events_of = dict(told)
    return list(blocks.values()), events_of["messageStop"]["stopReason"], events_of["metadata"]["usage"]


def _add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta:
        case {"text": text}:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": piece}}:
            block["toolUse"]["input"] += piece
        case {"reasoningContent": {"text": text}}:
            thought = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})
            thought["reasoningText"]["text"] += text


CALLS: dict[str, Callable[..., Heard]] = {
    "chat_completions": chat_completions,
    "responses": responses,
    "messages": messages,
    "generate_content": generate_content,
    "converse": converse,
}
