"""The calls that are measured: chat completions, whole or streamed, as bytes of HTTP/1.1."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

NATIVE_MODEL, INLINE_MODEL = "gpt-4o-mini", "gpt-4o"
PATH = "/v1/chat/completions"
PROMPT = "Summarise what a tollkeeper does, in a few plain sentences, for somebody who never saw a bridge. " * 8


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of call; `events` 0 is a whole answer, `capped` names the most output tokens in the request."""

    events: int = 0
    metering: Literal["native", "inline"] = "native"
    capped: bool = True

    @property
    def pause(self) -> float:
        """Seconds between two events, so that the proxy sees each by itself."""
        return 0.002 if self.metering == "native" else 0.004

    def body(self) -> bytes:
        members: dict[str, object] = {
            "model": NATIVE_MODEL if self.metering == "native" else INLINE_MODEL,
            "messages": [
                {"role": "system", "content": "You are terse."},
                {"role": "user", "content": PROMPT},
            ],
            "temperature": 0.2,
        }
        if self.capped:
            members["max_completion_tokens"] = 512
        if self.events:
            members |= {"stream": True, "stream_options": {"include_usage": True}}
            members["user"] = f"events={self.events} pause={self.pause}"
        return json.dumps(members).encode()

    def request(self, key: str) -> bytes:
        body = self.body()
        head = [
            f"POST {PATH} HTTP/1.1",
            "host: gateway.test",
            f"authorization: Bearer {key}",
            "content-type: application/json",
            "accept: application/json",
            "user-agent: OpenAI/Python 1.99.0",
            "x-stainless-lang: python",
            "x-stainless-retry-count: 0",
            f"content-length: {len(body)}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + body
