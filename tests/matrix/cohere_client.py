"""Cohere's official client: one call, whole or streamed; two turns of an agent; and what it can ask for in its words."""

from __future__ import annotations

import json
from typing import Any

from tests.matrix.calls import CAP, AnswerFailedError, Heard
from tests.matrix.clients import Clients
from tests.matrix.feature import SCHEMA, USER
from tests.matrix.turns import ASK, RESULT
from tests.sdks.test_pairs import OPENAI_TOOLS

THINKING = {"type": "enabled", "token_budget": 1024}


def call(clients: Clients, model: str, case: str, *, stream: bool, **more: Any) -> Heard:
    asked: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": case}], "max_tokens": CAP}
    asked |= {"tools": OPENAI_TOOLS} if case == "tools" else {}
    asked |= {"thinking": THINKING} if case == "thinking" else {}
    asked |= {"request_options": {"max_retries": 0}} | more
    if not stream:
        raw = clients.cohere.with_raw_response.chat(**asked)
        return _heard(raw.data.message, raw.data.finish_reason, raw.data.usage, raw.headers)
    with clients.cohere.with_raw_response.chat_stream(**asked) as raw:
        return _gathered(list(raw.data), raw.headers)


def _heard(message: Any, finish: str, usage: Any, headers: Any) -> Heard:
    content = message.content or []
    billed = usage.billed_units
    return Heard(
        "".join(block.text for block in content if block.type == "text") or message.tool_plan or "",
        "".join(block.thinking for block in content if block.type == "thinking"),
        [(one.id, one.function.name, json.loads(one.function.arguments)) for one in message.tool_calls or []],
        finish,
        (billed.input_tokens, billed.output_tokens, usage.cached_tokens),
        headers,
    )


def _gathered(events: list[Any], headers: Any) -> Heard:
    """A call's arguments come between its start and its end."""
    told: dict[str, list[Any]] = {}
    for event in events:
        told.setdefault(event.type, []).append(event)
    contents = [event.delta.message.content for event in told.get("content-delta", [])]
    plans = [event.delta.message.tool_plan for event in told.get("tool-plan-delta", [])]
    calls = [event.delta.message.tool_calls for event in told.get("tool-call-start", [])]
    arguments = [
        "".join(
            event.delta.message.tool_calls.function.arguments
            for event in told["tool-call-delta"]
            if event.index == index
        )
        for index in range(len(calls))
    ]
    end = told["message-end"][0].delta
    if end.error:
        raise AnswerFailedError(end.error)
    return Heard(
        "".join([*(content.text or "" for content in contents), *plans]),
        "".join(content.thinking or "" for content in contents),
        [(one.id, one.function.name, json.loads(said)) for one, said in zip(calls, arguments, strict=True)],
        end.finish_reason,
        (end.usage.billed_units.input_tokens, end.usage.billed_units.output_tokens, end.usage.cached_tokens),
        headers,
    )


def turns(clients: Clients, model: str) -> str:
    def ask(*messages: Any) -> Any:
        return clients.cohere.chat(
            model=model, messages=[ASK, *messages], tools=OPENAI_TOOLS, thinking=THINKING
        ).message

    said = ask()
    results = [{"role": "tool", "tool_call_id": one.id, "content": RESULT} for one in said.tool_calls]
    again = ask(said, *results)
    return "".join(block.text for block in again.content if block.type == "text")


_TOOL = {"tools": [{"type": "function", "function": {"name": "marked", "parameters": SCHEMA}}]}
_CALL = {"id": "call_mark", "type": "function", "function": {"name": "marked", "arguments": "{}"}}


def _image(url: str) -> dict[str, Any]:
    content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "text"}]
    return {"messages": [{"role": "user", "content": content}]}


def said(png: str, url: str) -> dict[str, dict[str, Any]]:
    """By the name of the feature."""
    return {
        "system prompt": {"messages": [{"role": "system", "content": "Be marked."}, USER]},
        "tools": _TOOL,
        "a tool must be called": {**_TOOL, "tool_choice": "REQUIRED"},
        "result of a tool": {
            "messages": [
                USER,
                {"role": "assistant", "tool_calls": [_CALL]},
                {"role": "tool", "tool_call_id": "call_mark", "content": "It was marked."},
            ],
            **_TOOL,
        },
        "thinking": {"thinking": THINKING},
        "JSON by a schema": {"response_format": {"type": "json_object", "json_schema": SCHEMA}},
        "any JSON": {"response_format": {"type": "json_object"}},
        "image as data": _image(f"data:image/png;base64,{png}"),
        "image by its URL": _image(url),
        "most output tokens": {"max_tokens": 2345},
        "stop sequences": {"stop_sequences": ["MARK"]},
        "`temperature`": {"temperature": 0.425},
        "`top_p`": {"p": 0.625},
        "`top_k`": {"k": 37},
        "`seed`": {"seed": 424242},
        "penalties": {"presence_penalty": 0.375, "frequency_penalty": 0.375},
        "log probabilities": {"logprobs": True},
        "document of text": {"documents": [{"data": {"text": "It is marked."}}]},
        "citations": {"documents": [{"data": {"text": "It is marked."}}], "citation_options": {"mode": "ACCURATE"}},
    }
