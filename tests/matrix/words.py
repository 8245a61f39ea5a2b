"""The first word of a prompt says what a fake provider is to do; these words are not answers."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes import Response

STATUSES = {"busy": 429, "down": 500}


def word_of(content: Any) -> str:
    """The first word of the content of a message, in any of the formats."""
    texts = [content] if isinstance(content, str) else [block["text"] for block in content if "text" in block]
    return (texts[-1].split() or [""])[0] if texts else ""


def failed(word: str) -> int | None:
    """The status of the error that the word asks for."""
    return STATUSES.get(word)


def openai_error(status: int) -> Response:
    error = {"message": f"OpenAI says {status}.", "type": "server_error", "param": None, "code": None}
    headers = {"retry-after": "7"} if status == 429 else {}
    return Response([json.dumps({"error": error}).encode()], status=status, headers=headers)
