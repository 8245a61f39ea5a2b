"""A provider that works through Message Batches, as Anthropic does."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.fakes import Received, Response

PATH = "/v1/messages/batches"
USAGE = {"input_tokens": 1000, "output_tokens": 100}
TIME = "2026-09-21T14:13:20Z"


@dataclass
class BatchMaker:
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: dict[str, list[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, received: Received) -> Response:
        with self._lock:
            batch_id, _, end = urlsplit(received.path).path.removeprefix(PATH).strip("/").partition("/")
            told = self._told(received, batch_id, end)
        if isinstance(told, bytes):
            return Response([told[:50], told[50:]], content_type="application/x-jsonl")
        return Response([json.dumps(told).encode()])

    def finish(self, batch_id: str, succeeded: int | None = None) -> None:
        count = len(self.requests[batch_id])
        done = count if succeeded is None else succeeded
        ended = {
            "processing_status": "ended",
            "results_url": f"https://api.anthropic.com{PATH}/{batch_id}/results",
            "ended_at": TIME,
        }
        self.batches[batch_id] |= {**ended, "request_counts": _counts(succeeded=done, canceled=count - done)}

    def _told(self, received: Received, batch_id: str, end: str) -> Any:
        match received.method, bool(batch_id), end:
            case "POST", False, _:
                return self._create([one["custom_id"] for one in received.json["requests"]])
            case "GET", False, _:
                return {
                    "data": list(reversed(self.batches.values())),
                    "has_more": False,
                    "first_id": None,
                    "last_id": None,
                }
            case "POST", True, "cancel":
                self.batches[batch_id]["processing_status"] = "canceling"
            case "GET", True, "results":
                return b"".join(_result(custom_id) for custom_id in self.requests[batch_id])
            case "DELETE", True, _:
                del self.batches[batch_id]
                return {"id": batch_id, "type": "message_batch_deleted"}
        return self.batches[batch_id]

    def _create(self, ids: list[str]) -> dict[str, Any]:
        batch_id = f"msgbatch_{len(self.requests) + 1}"
        self.requests[batch_id] = ids
        self.batches[batch_id] = {
            "id": batch_id,
            "type": "message_batch",
            "processing_status": "in_progress",
            "request_counts": _counts(processing=len(ids)),
            "created_at": TIME,
            "expires_at": TIME,
            **dict.fromkeys(("ended_at", "archived_at", "cancel_initiated_at", "results_url")),
        }
        return self.batches[batch_id]


def _counts(**counts: int) -> dict[str, int]:
    return {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0, **counts}


def _result(custom_id: str) -> bytes:
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
    }
    return json.dumps({"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}).encode() + b"\n"
