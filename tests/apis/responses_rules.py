"""What a request becomes in Responses, and from it, where two APIs do not say the same."""

from __future__ import annotations

from tests.apis.requests import HI, HI_BLOCKS, SCHEMA, chat, messages
from tests.apis.responses_requests import PNG, SEALED, call, items, output, responses, said, thought


def assistant(*blocks):
    return messages(messages=[*HI_BLOCKS, {"role": "assistant", "content": list(blocks)}])


def user(*parts):
    return [{"role": "user", "content": list(parts)}]


PDF = "data:application/pdf;base64,JVBERi0="
TEXT = {"type": "text", "text": "b"}
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "see"}, PICTURE]}

TITLED = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "hi"},
    "title": "a.txt",
    "context": "Of old.",
    "citations": {"enabled": True},
}
LINKED = {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}}

# (what, the source's name and body, what it becomes in Responses)
TO_RESPONSES = {
    "documents, and what is said about them": (
        "messages",
        messages(messages=user(TITLED, LINKED)),
        responses(
            input=user(
                {"type": "input_text", "text": "Of old."},
                {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,aGk="},
                {"type": "input_file", "file_url": "https://x/y.pdf"},
            )
        ),
    ),
    "a tool is not strict unasked": (
        "chat_completions",
        chat(tools=[{"type": "function", "function": {"name": "now"}}]),
        responses(tools=[{"type": "function", "name": "now", "parameters": None, "strict": False}]),
    ),
    "no limit": ("chat_completions", {"model": "m", "messages": HI}, {"model": "m", "input": HI, "store": False}),
    "hints without a word": (
        "chat_completions",
        chat(seed=1, n=1, logit_bias={}, store=True, presence_penalty=1, frequency_penalty=0.5, service_tier="scale"),
        responses(),
    ),
    "alternatives that nobody will see": ("chat_completions", chat(top_logprobs=2), responses()),
    "a text as a file": (
        "chat_completions",
        chat(messages=user({"type": "file", "file": {"file_data": "data:text/plain;base64,aGk=", "filename": "a.c"}})),
        responses(input=user({"type": "input_file", "filename": "a.c", "file_data": "data:text/plain;base64,aGk="})),
    ),
    "a file without a name, which OpenAI demands": (
        "chat_completions",
        chat(messages=user({"type": "file", "file": {"file_data": PDF}})),
        responses(input=user({"type": "input_file", "filename": "document.pdf", "file_data": PDF})),
    ),
    "a choice without tools": ("chat_completions", chat(tool_choice="auto"), responses()),
    "a system prompt alone": (
        "chat_completions",
        chat(messages=[{"role": "system", "content": "a"}]),
        responses(input=[{"role": "system", "content": "a"}]),
    ),
    "a refusal of before": (
        "chat_completions",
        chat(messages=[*HI, {"role": "assistant", "content": "a", "refusal": "no"}]),
        items(
            {
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "no"}],
            }
        ),
    ),
    "a budget": (
        "messages",
        messages(thinking={"type": "enabled", "budget_tokens": 8000}),
        responses(reasoning={"effort": "medium"}, **SEALED),
    ),
    "thinking as the model likes": ("messages", messages(thinking={"type": "adaptive"}), responses()),
    "a schema without a name": (
        "messages",
        messages(output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
        responses(text={"format": {"type": "json_schema", "name": "answer", "schema": SCHEMA}}),
    ),
    "thinking that a provider of Responses sealed, in its place": (
        "messages",
        assistant(
            {"type": "thinking", "thinking": "a", "signature": "responses:s"},
            TEXT,
            {"type": "thinking", "thinking": "", "signature": "responses:t"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ),
        items(thought("s", "a"), said("b"), thought("t"), call("t", "f", "{}")),
    ),
    "thinking that would be refused": (
        "messages",
        assistant(
            {"type": "thinking", "thinking": "a", "signature": ""},
            {"type": "thinking", "thinking": "a", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
            TEXT,
        ),
        items(said("b")),
    ),
    "an image that a tool returned": (
        "messages",
        messages(messages=[{"role": "user", "content": [TEXT, RESULT]}]),
        responses(
            input=[
                output("t", [{"type": "input_text", "text": "see"}, {"type": "input_image", "image_url": PNG}]),
                {"role": "user", "content": "b"},
            ]
        ),
    ),
}

# (what, Responses, the target's name, what it becomes there)
FROM_RESPONSES = {
    "a file and its data beside its URL": (
        responses(input=user({"type": "input_file", "file_data": PDF, "file_url": "https://x", "filename": "a.pdf"})),
        "chat_completions",
        chat(messages=user({"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}})),
    ),
    "sound, which only others hear": (
        responses(input=user({"type": "input_audio", "input_audio": {"data": "AA==", "format": "MP3"}})),
        "chat_completions",
        chat(messages=user({"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}})),
    ),
    "files that a tool returned": (
        items(
            call("t", "f", "{}"),
            output(
                "t",
                [{"type": "input_file", "filename": "a.pdf", "file_data": PDF}, {"type": "input_text", "text": "see"}],
            ),
        ),
        "chat_completions",
        chat(
            messages=[
                *HI,
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                },
                {"role": "tool", "tool_call_id": "t", "content": "see"},
                *user(
                    {"type": "text", "text": "The file that tool call t returned:"},
                    {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}},
                ),
            ]
        ),
    ),
    "a file of text, which Chat Completions takes as text": (
        responses(
            input=user(
                {"type": "input_file", "filename": "a.csv", "file_data": "data:text/csv;base64,YSxi"},
                {"type": "input_file", "file_data": "data:text/plain;base64,aGk="},
            )
        ),
        "chat_completions",
        chat(messages=user({"type": "text", "text": "a.csv:\n\na,b"}, {"type": "text", "text": "hi"})),
    ),
    "a string": ({"model": "m", "input": "hi", "max_output_tokens": 50_000}, "chat_completions", chat()),
    "named messages with ids": (
        items(
            {"type": "message", "id": "msg_1", "status": "completed", **said("a", "b")},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "and?"}]},
        ),
        "chat_completions",
        chat(
            messages=[
                *HI,
                {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                {"role": "user", "content": "and?"},
            ]
        ),
    ),
    "developer messages and instructions": (
        responses(instructions="a", input=[{"role": "developer", "content": "b"}, *HI]),
        "chat_completions",
        chat(
            messages=[
                {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                *HI,
            ]
        ),
    ),
    "hints without a word": (
        responses(
            store=True,
            metadata={"a": "b"},
            truncation="auto",
            prompt_cache_key="k",
            include=["web_search_call.results"],
            reasoning={"summary": "auto"},
            text={"verbosity": "low", "format": {"type": "text"}},
            background=False,
            previous_response_id=None,
            service_tier="ultrafast",
            top_logprobs=2,
            max_tool_calls=3,
            stream_options={"include_obfuscation": False},
        ),
        "chat_completions",
        chat(),
    ),
    "who asks, by the new name": (responses(safety_identifier="u"), "chat_completions", chat(user="u")),
    "cache points": (
        responses(
            input=[
                {
                    "role": "user",
                    "content": [{"type": "input_text", "text": "hi", "prompt_cache_breakpoint": {"mode": "explicit"}}],
                }
            ]
        ),
        "messages",
        messages(
            messages=[
                {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}
            ]
        ),
    ),
    "thinking signed elsewhere": (
        items(
            {"id": "rs_1", **thought("signature:s", "a")},
            thought("redacted_thinking:d"),
            said("b"),
            call("t", "f", "{}"),
        ),
        "messages",
        assistant(
            {"type": "thinking", "thinking": "a", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
            TEXT,
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ),
    ),
    "thinking that only OpenAI can read": (
        items(thought("gAAAA", "a"), said("b")),
        "messages",
        assistant(TEXT),
    ),
    "thinking of which only an id is left": (
        items({"id": "rs_1", "type": "reasoning", "summary": []}, said("b")),
        "messages",
        assistant(TEXT),
    ),
    "thinking as it is goes before its summary": (
        items(
            {
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": "s"}],
                "content": [{"type": "reasoning_text", "text": "a"}, {"type": "reasoning_text", "text": "b"}],
            },
            said("c"),
        ),
        "chat_completions",
        chat(messages=[*HI, {"role": "assistant", "content": "c", "reasoning_content": "a\n\nb"}]),
    ),
    "an image that a tool returned": (
        responses(
            input=[
                output("t", [{"type": "input_text", "text": "see"}, {"type": "input_image", "image_url": PNG}]),
                {"role": "user", "content": "b"},
            ]
        ),
        "messages",
        messages(messages=[{"role": "user", "content": [RESULT, TEXT]}]),
    ),
}
