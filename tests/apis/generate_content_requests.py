"""generateContent requests, beside what they say in Chat Completions, and those that say what it cannot."""

from __future__ import annotations

import json

from tests.apis.requests import CHAT_TOOL, HI, SCHEMA, chat

HI_CONTENTS = [{"role": "user", "parts": [{"text": "hi"}]}]
FUNCTION = {"name": "weather", "description": "Weather of a city", "parametersJsonSchema": SCHEMA}
PLAIN_TOOL = {"type": "function", "function": {**CHAT_TOOL["function"]}}
PLAIN_TOOL["function"].pop("strict")
TOOLS = [{"functionDeclarations": [FUNCTION]}]


def gemini(model="gemini-2.5-flash", **members):
    """As a reader finds it: model and stream come from the path."""
    return {"model": model, "contents": HI_CONTENTS, "generationConfig": {"maxOutputTokens": 50_000}, **members}


def configured(model="gemini-2.5-flash", **settings):
    return gemini(model, generationConfig={"maxOutputTokens": 50_000, **settings})


def body(members):
    return {key: value for key, value in members.items() if key not in ("model", "stream")}


def asked(model="gemini-2.5-flash", **members):
    usage = {"stream_options": {"include_usage": True}} if "stream" in members else {}
    return chat(model=model, **usage, **members)


def user(*parts):
    return {"role": "user", "parts": list(parts)}


def model(*parts):
    return {"role": "model", "parts": list(parts)}


def call(id_, name="weather", seal=None, **args):
    part = {"functionCall": {"id": id_, "name": name, "args": args}}
    return part if seal is None else {**part, "thoughtSignature": seal}


def response(id_, name="weather", **said):
    return {"functionResponse": {"id": id_, "name": name, "response": said}}


def chat_call(id_, arguments="{}"):
    return {"id": id_, "type": "function", "function": {"name": "weather", "arguments": arguments}}


def forced(**config):
    return {"functionCallingConfig": config}


CALLS = [
    *HI,
    {
        "role": "assistant",
        "content": "let me see",
        "tool_calls": [chat_call("t1", '{"city":"Rome"}'), chat_call("t2")],
    },
    {"role": "tool", "tool_call_id": "t1", "content": "sun"},
    {"role": "tool", "tool_call_id": "t2", "content": '{"sky":"blue"}'},
    {"role": "user", "content": "and?"},
]
CALLED = [
    *HI_CONTENTS,
    model({"text": "let me see"}, call("t1", city="Rome"), call("t2")),
    user(response("t1", output="sun"), response("t2", sky="blue"), {"text": "and?"}),
]
NAMED = {"type": "function", "function": {"name": "weather"}}

# Bodies that say the same: each is what the other is written as.
SAME = {
    "a text": (gemini(), asked()),
    "settings": (
        configured(temperature=0.5, topP=0.9, seed=7, stopSequences=["a", "b"], candidateCount=2),
        asked(temperature=0.5, top_p=0.9, seed=7, stop=["a", "b"], n=2),
    ),
    "a stream": (gemini(stream=True), asked(stream=True)),
    "a system prompt": (
        gemini(systemInstruction={"parts": [{"text": "be kind"}]}),
        asked(messages=[{"role": "system", "content": "be kind"}, *HI]),
    ),
    "images": (
        gemini(
            contents=[
                user(
                    {"text": "see"},
                    {"fileData": {"mimeType": "image/png", "fileUri": "https://x/y.png"}},
                    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                )
            ]
        ),
        asked(
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "see"},
                        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                    ],
                }
            ]
        ),
    ),
    "a function": (gemini(tools=TOOLS), asked(tools=[PLAIN_TOOL])),
    "a function of choice": (
        gemini(tools=TOOLS, toolConfig=forced(mode="ANY", allowedFunctionNames=["weather"])),
        asked(tools=[PLAIN_TOOL], tool_choice=NAMED),
    ),
    "some function": (
        gemini(tools=TOOLS, toolConfig=forced(mode="ANY")),
        asked(tools=[PLAIN_TOOL], tool_choice="required"),
    ),
    "no function": (
        gemini(tools=TOOLS, toolConfig=forced(mode="NONE")),
        asked(tools=[PLAIN_TOOL], tool_choice="none"),
    ),
    "parallel calls": (gemini(contents=CALLED), asked(messages=CALLS)),
    "any JSON": (configured(responseMimeType="application/json"), asked(response_format={"type": "json_object"})),
    "a schema": (
        configured(responseMimeType="application/json", responseJsonSchema=SCHEMA),
        asked(response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}),
    ),
    "an effort": (
        configured("gemini-3-pro-preview", thinkingConfig={"includeThoughts": True, "thinkingLevel": "HIGH"}),
        asked("gemini-3-pro-preview", reasoning_effort="high"),
    ),
    "no thinking": (configured(thinkingConfig={"thinkingBudget": 0}), asked(reasoning_effort="none")),
}

OWN_SCHEMA = {
    "type": "OBJECT",
    "propertyOrdering": ["city", "day"],
    "properties": {
        "city": {"type": "STRING", "nullable": True, "maxLength": "9"},
        "day": {"anyOf": [{"type": "INTEGER", "format": "int32"}, {"type": "STRING"}], "nullable": True},
        "sky": {"type": "STRING", "enum": ["a"], "nullable": True, "example": "a"},
    },
    "required": ["city"],
}
STANDARD_SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": ["string", "null"], "maxLength": 9},
        "day": {"anyOf": [{"type": "integer", "format": "int32"}, {"type": "string"}, {"type": "null"}]},
        "sky": {"type": ["string", "null"], "enum": ["a", None], "examples": ["a"]},
    },
    "required": ["city"],
}

# (what, generateContent, what it becomes in Chat Completions)
TO_CHAT = {
    "snake_case and lists of one without brackets": (
        {
            "model": "m",
            "system_instruction": {"parts": {"text": "be kind"}},
            "contents": {"parts": {"inline_data": {"mime_type": "image/png", "data": "-_-_"}}},
            "generation_config": {"max_output_tokens": 7, "top_k": 40.0},
            "tools": {"function_declarations": {"name": "now"}},
            "tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["now"]}},
        },
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "be kind"},
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,+/+/"}}],
                },
            ],
            "max_completion_tokens": 7,
            "tools": [{"type": "function", "function": {"name": "now"}}],
            "tool_choice": {"type": "function", "function": {"name": "now"}},
        },
    ),
    "hints without a word": (
        gemini(safetySettings=[{"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF"}], labels={"a": "b"}),
        asked(),
    ),
    "settings that are hints or say nothing": (
        configured(responseLogprobs=False, responseModalities=["TEXT"], mediaResolution="LOW"),
        asked(),
    ),
    "Gemini's own schemas": (
        gemini(tools=[{"functionDeclarations": [{"name": "f", "parameters": OWN_SCHEMA}]}]),
        asked(tools=[{"type": "function", "function": {"name": "f", "parameters": STANDARD_SCHEMA}}]),
    ),
    "an own schema of the output": (
        configured(responseMimeType="application/json", responseSchema=OWN_SCHEMA),
        asked(response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": STANDARD_SCHEMA}}),
    ),
    "calls without ids": (
        gemini(
            contents=[
                *HI_CONTENTS,
                model(*({"functionCall": {"name": "weather", "args": {"at": at}}} for at in (1, 2))),
                user(*({"functionResponse": {"name": "weather", "response": {"output": word}}} for word in "ab")),
            ]
        ),
        asked(
            messages=[
                *HI,
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        chat_call(f"call_{at}", json.dumps({"at": at + 1}).replace(" ", "")) for at in (0, 1)
                    ],
                },
                {"role": "tool", "tool_call_id": "call_0", "content": "a"},
                {"role": "tool", "tool_call_id": "call_1", "content": "b"},
            ]
        ),
    ),
    "a budget": (configured(thinkingConfig={"thinkingBudget": 8000}), asked(reasoning_effort="medium")),
    "thinking as the model likes": (configured(thinkingConfig={"thinkingBudget": -1}), asked()),
    "all functions to choose from": (
        gemini(tools=TOOLS, toolConfig=forced(mode="VALIDATED", allowedFunctionNames=["weather"])),
        asked(tools=[PLAIN_TOOL], tool_choice="auto"),
    ),
    "thoughts in the history": (
        gemini(contents=[*HI_CONTENTS, model({"text": "hm", "thought": True}, {"text": "a"}), *HI_CONTENTS]),
        asked(messages=[*HI, {"role": "assistant", "content": "a", "reasoning_content": "hm"}, *HI]),
    ),
}

# (what, Chat Completions, what it becomes in generateContent)
FROM_CHAT = {
    "hints without a word": (
        asked(user="u", parallel_tool_calls=False, logit_bias={}, tools=[CHAT_TOOL], tool_choice="auto"),
        gemini(tools=TOOLS, toolConfig=forced(mode="AUTO")),
    ),
    "a choice without tools": (asked(tool_choice="auto"), gemini()),
    "turns in a row and empty ones": (
        asked(messages=[*HI, {"role": "assistant", "content": ""}, {"role": "user", "content": "you"}]),
        gemini(contents=[user({"text": "hi"}, {"text": "you"})]),
    ),
    "arguments that are no object": (
        asked(messages=[*HI, {"role": "assistant", "content": None, "tool_calls": [chat_call("t", "{oops")]}]),
        gemini(contents=[*HI_CONTENTS, model(call("t", invalid_json="{oops"))]),
    ),
    "thinking that another signed": (
        asked(
            messages=[
                *HI,
                {
                    "role": "assistant",
                    "content": "a",
                    "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}],
                },
                *HI,
            ]
        ),
        gemini(contents=[*HI_CONTENTS, model({"text": "a"}), *HI_CONTENTS]),
    ),
    "thinking that Gemini signed": (
        asked(
            messages=[
                *HI,
                {
                    "role": "assistant",
                    "content": None,
                    "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "gemini:c2Vh"}],
                    "tool_calls": [chat_call("t")],
                },
            ]
        ),
        gemini(contents=[*HI_CONTENTS, model({"thought": True, "text": "hm"}, call("t", seal="c2Vh"))]),
    ),
    "a call that Gemini 3 did not sign": (
        asked("gemini-3-flash", messages=CALLS),
        gemini(
            "gemini-3-flash",
            contents=[
                *HI_CONTENTS,
                model(
                    {"text": "let me see"},
                    call("t1", seal="skip_thought_signature_validator", city="Rome"),
                    call("t2"),
                ),
                CALLED[2],
            ],
        ),
    ),
}
