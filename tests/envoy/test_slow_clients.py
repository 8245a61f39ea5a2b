"""A client that reads nothing until its provider has ended does no harm: neither to its answer nor to Envoy."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager

import pytest

from tests.fakes import Response
from tests.gateway import gateway, poll
from tests.sdks.scripts import sse

MEBIBYTES = 6
PIECE = "x" * 1024
MODELS = {
    "observed": {"backends": [{"provider": "openai"}], "metering": "inline"},
    "translated": {"backends": [{"provider": "anthropic"}]},
}


def openai_answer(_received):
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas = [({"content": PIECE}, None)] * (MEBIBYTES * 1024) + [({}, "stop")]
    events = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]} for delta, end in deltas]
    return Response([*map(sse, events), b"data: [DONE]\n\n"], content_type="text/event-stream")


def anthropic_answer(_received):
    usage = {"input_tokens": 5, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": PIECE}}
    events = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *[delta] * (MEBIBYTES * 1024),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return Response([sse(event, event["type"]) for event in events], content_type="text/event-stream")


@contextmanager
def unread(gate, model):
    """A call whose answer nobody has read yet."""
    asked = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    body = json.dumps(asked).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {gate.key()}\r\nconnection: close\r\n"
    )
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(30)
        client.connect(("127.0.0.1", gate.port))
        client.sendall(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        yield client


@pytest.mark.parametrize("version", ["1.37", "1.40"])
def test_a_client_that_reads_late_gets_all_of_its_answer(tmp_path, version):
    with gateway(tmp_path, version, openai_answer, anthropic_answer, models=MODELS) as gate:
        for model, fake in (("observed", gate.openai), ("translated", gate.anthropic)):
            with unread(gate, model) as client:
                poll(lambda fake=fake: fake.delivered, 30)
                answer = b"".join(iter(lambda client=client: client.recv(1 << 20), b""))
            assert answer.count(PIECE.encode()) == MEBIBYTES * 1024
            assert answer.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
            assert gate.envoy.poll() is None
