"""How streams are built, cut, read and written in these tests."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Request
from ext_proc.parts import Start, UsageReport
from ext_proc.usage import Usage

CHAT, MESSAGES = APIS["chat_completions"], APIS["messages"]
BOTH = pytest.mark.parametrize("api", [CHAT, MESSAGES], ids=["chat_completions", "messages"])


def chunk(*choices, **members):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 7,
        "model": "gpt-5",
        "choices": list(choices),
        **members,
    }


def delta(index=0, finish=None, **members):
    return {"index": index, "delta": members, "finish_reason": finish}


def call(index, arguments=None, name=None, id_=None):
    function = {key: value for key, value in {"name": name, "arguments": arguments}.items() if value is not None}
    return {"index": index, "function": function, **({"id": id_, "type": "function"} if id_ else {})}


def data_stream(*events):
    return b"".join(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n" for event in events)


def named_stream(*events):
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode() for event in events
    )


def message_start(**usage):
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [], "usage": usage}
    return {"type": "message_start", "message": message}


def block_start(index, **block):
    return {"type": "content_block_start", "index": index, "content_block": block}


def block_delta(index, **delta_):
    return {"type": "content_block_delta", "index": index, "delta": delta_}


def block_stop(index):
    return {"type": "content_block_stop", "index": index}


def message_delta(reason, sequence=None, **usage):
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": sequence}, "usage": usage}


STOP = {"type": "message_stop"}
CHAT_USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 8,
    "total_tokens": 28,
    "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
USAGE = Usage(20, 8, 5, 3, 4)
CHAT_START = Start("chatcmpl-1", "gpt-5", 7)
START = Start("msg_1", "claude")


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def read(api, chunks):
    reader = api.stream_reader()
    parts = [part for piece in chunks for part in reader.feed(piece)]
    return parts + reader.finish()


def written(api, parts, request=None):
    writer = api.stream_writer(request or Request("m", (), stream=True, include_usage=True))
    return b"".join([writer.write([part]) for part in parts]) + writer.finish()


def merged(parts):
    """Usage as its consumer takes it: all reports as one."""
    usage, others = Usage(), []
    for part in parts:
        if isinstance(part, UsageReport):
            usage = usage.merged(part.usage)
        else:
            others.append(part)
    return others, usage
