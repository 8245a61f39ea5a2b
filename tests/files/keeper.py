"""A provider that keeps files and works through batches, as OpenAI does: one account, which many callers share."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes import Received, Response

CREATED = 1_790_000_000
USAGE = {
    "input_tokens": 1000,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 100,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 1100,
}


@dataclass
class Keeper:
    """`fail_next` is the status of the next answer, given after the request has been worked on."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    fail_next: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, received: Received) -> Response:
        with self._lock:
            url = urlsplit(received.path)
            _, _, kind, *rest = url.path.split("/")
            query = dict(parse_qsl(url.query))
            told, status = _ROUTES[(received.method, kind, len(rest))](self, received, rest, query)
            if self.fail_next is not None:
                told, status, self.fail_next = _error("failed"), self.fail_next, None
        if isinstance(told, bytes):
            return Response([told], content_type="application/octet-stream")
        return Response([json.dumps(told).encode()], status=status)

    def write(self, content: bytes, purpose: str, name: str) -> str:
        """Puts a file into the account, as something else than a call through the gateway does."""
        file_id = f"file-{len(self.contents) + 1:04}"
        self.contents[file_id] = content
        self.files[file_id] = {
            "id": file_id,
            "object": "file",
            "bytes": len(content),
            "created_at": CREATED + len(self.contents),
            "filename": name,
            "purpose": purpose,
            "status": "processed",
        }
        return file_id

    def finish(self, batch_id: str, status: str = "completed", **told: Any) -> None:
        lines = self.contents[self.batches[batch_id]["input_file_id"]].count(b"\n")
        ended = {
            "status": status,
            "output_file_id": self.write(b'{"custom_id": "r1"}\n', "batch_output", f"{batch_id}_output.jsonl"),
            "request_counts": {"total": lines, "completed": lines, "failed": 0},
            "usage": USAGE,
        }
        self.batches[batch_id] |= {**ended, **told}

    def _create_file(self, received: Received, _rest: list[str], _query: dict[str, str]) -> tuple[Any, int]:
        head = b"content-type: " + received.headers["content-type"].encode() + b"\r\n\r\n"
        parts = BytesParser(policy=HTTP).parsebytes(head + received.body).iter_parts()
        form = {part.get_param("name", header="content-disposition"): part for part in parts}
        content = form["file"].get_payload(decode=True)
        purpose = form["purpose"].get_payload(decode=True).decode()
        return self.files[self.write(content, purpose, form["file"].get_filename())], 200

    def _list_files(self, _received: Received, _rest: list[str], query: dict[str, str]) -> tuple[Any, int]:
        return _page(self.files, query), 200

    def _file(self, _received: Received, rest: list[str], _query: dict[str, str]) -> tuple[Any, int]:
        return (self.files[rest[0]], 200) if rest[0] in self.files else (_error("No such file"), 404)

    def _content(self, _received: Received, rest: list[str], _query: dict[str, str]) -> tuple[Any, int]:
        return (self.contents[rest[0]], 200) if rest[0] in self.files else (_error("No such file"), 404)

    def _delete_file(self, _received: Received, rest: list[str], _query: dict[str, str]) -> tuple[Any, int]:
        if self.files.pop(rest[0], None) is None:
            return _error("No such file"), 404
        return {"id": rest[0], "object": "file", "deleted": True}, 200

    def _create_batch(self, received: Received, _rest: list[str], _query: dict[str, str]) -> tuple[Any, int]:
        told = received.json
        if told["input_file_id"] not in self.files:
            return _error("No such file"), 400
        batch_id = f"batch_{len(self.batches) + 1}"
        counts = {"total": 0, "completed": 0, "failed": 0}
        begun = {
            "id": batch_id,
            "object": "batch",
            "status": "validating",
            "created_at": CREATED,
            "request_counts": counts,
        }
        self.batches[batch_id] = {**told, **begun}
        return self.batches[batch_id], 200

    def _list_batches(self, _received: Received, _rest: list[str], query: dict[str, str]) -> tuple[Any, int]:
        return _page(self.batches, query), 200

    def _batch(self, _received: Received, rest: list[str], _query: dict[str, str]) -> tuple[Any, int]:
        return self.batches[rest[0]], 200

    def _cancel(self, _received: Received, rest: list[str], _query: dict[str, str]) -> tuple[Any, int]:
        self.batches[rest[0]]["status"] = "cancelling"
        return self.batches[rest[0]], 200


def _page(things: dict[str, dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    """Newest first, and like the real one by pages of the whole account."""
    newest = list(reversed(things.values()))
    ids = [one["id"] for one in newest]
    after = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
    size = int(query.get("limit", 20))
    return {"object": "list", "data": newest[after : after + size], "has_more": len(ids) > after + size}


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


_ROUTES = {
    ("POST", "files", 0): Keeper._create_file,
    ("GET", "files", 0): Keeper._list_files,
    ("GET", "files", 1): Keeper._file,
    ("DELETE", "files", 1): Keeper._delete_file,
    ("GET", "files", 2): Keeper._content,
    ("POST", "batches", 0): Keeper._create_batch,
    ("GET", "batches", 0): Keeper._list_batches,
    ("GET", "batches", 1): Keeper._batch,
    ("POST", "batches", 2): Keeper._cancel,
}
