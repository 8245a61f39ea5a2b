"""What Bedrock answers: Converse as Amazon documents it, whole and as an event stream, encoded here on its own.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

from tests.fakes import Received, Response
from tests.matrix.words import failed, word_of
from tests.sdks.scripts import SCENARIOS, USAGE, pieces

PATH = "/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/"
TYPES = {400: "ValidationException", 429: "ThrottlingException", 500: "InternalServerException"}
STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
COUNTS = {
    "inputTokens": USAGE["input"] - USAGE["cached"],
    "cacheReadInputTokens": USAGE["cached"],
    "cacheWriteInputTokens": 0,
    "outputTokens": USAGE["output"],
    "totalTokens": USAGE["input"] + USAGE["output"],
}


def converse_answer(received: Received) -> Response:
    assert received.path.startswith(PATH), received.path
    word = word_of(received.json["messages"][-1]["content"])
    if status := failed(word):
        headers = {"x-amzn-errortype": TYPES[status], **({"retry-after": "7"} if status == 429 else {})}
        return Response([json.dumps({"message": f"Bedrock says {status}."}).encode()], status=status, headers=headers)
    told = SCENARIOS.get(word, SCENARIOS["text"])
    stop = "guardrail_intervened" if word == "refused" else STOPS[told["stop"]]
    if received.path == PATH + "converse":
        message = {"role": "assistant", "content": _blocks(told)}
        whole = {"output": {"message": message}, "stopReason": stop, "usage": COUNTS, "metrics": {"latencyMs": 9}}
        return Response([json.dumps(whole).encode()])
    assert received.path == PATH + "converse-stream", received.path
    frames = [_event("messageStart", {"role": "assistant"})]
    for index, block in enumerate(_blocks(told)):
        frames += _block_events(index, block)
    if word == "broken":
        frames.append(_frame({"message": "It broke."}, exception="internalServerException"))
    else:
        frames.append(_event("messageStop", {"stopReason": stop}))
        frames.append(_event("metadata", {"usage": COUNTS, "metrics": {"latencyMs": 9}}))
    return Response(frames, content_type="application/vnd.amazon.eventstream")


def _blocks(told: dict[str, Any]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if "thinking" in told:
        text = {"text": told["thinking"], "signature": "c2lnbmVk"}
        blocks.append({"reasoningContent": {"reasoningText": text}})
    blocks.append({"text": told["text"]})
    uses = [{"toolUseId": i, "name": n, "input": json.loads(a)} for i, n, a in told.get("tools", [])]
    return blocks + [{"toolUse": use} for use in uses]


def _block_events(index: int, block: dict[str, Any]) -> list[bytes]:
    begin, deltas = [], []
    match block:
        case {"text": text}:
            deltas = [{"text": piece} for piece in pieces(text)]
        case {"reasoningContent": {"reasoningText": thought}}:
            deltas = [{"reasoningContent": {"text": piece}} for piece in pieces(thought["text"])]
            deltas.append({"reasoningContent": {"signature": thought["signature"]}})
        case {"toolUse": use}:
            begin = [{"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}]
            arguments = json.dumps(use["input"], ensure_ascii=False)
            deltas = [{"toolUse": {"input": piece}} for piece in pieces(arguments)]
    return [
        *[_event("contentBlockStart", {"contentBlockIndex": index, "start": start}) for start in begin],
        *[_event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}) for delta in deltas],
        _event("contentBlockStop", {"contentBlockIndex": index}),
    ]


def _event(kind: str, payload: dict[str, Any]) -> bytes:
    return _frame({**payload, "p": "abcdefgh"}, event=kind)


def _frame(payload: dict[str, Any], **kind: str) -> bytes:
    (type_, name), body = next(iter(kind.items())), json.dumps(payload, ensure_ascii=False).encode()
    told = {f":{type_}-type": name, ":content-type": "application/json", ":message-type": type_}
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for key, value in told.items()
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))
