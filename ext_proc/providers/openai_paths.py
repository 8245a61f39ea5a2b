"""Where OpenAI and its like have each API, below the path of their version; and a name that many did not take over."""

from __future__ import annotations

from collections.abc import Mapping

_PATHS: Mapping[str, str] = {
    "chat_completions": "/chat/completions",
    "completions": "/completions",
    "embeddings": "/embeddings",
    "messages": "/messages",
    "moderations": "/moderations",
    "responses": "/responses",
}

OLD_CAP: Mapping[str, str | None] = {"max_completion_tokens": "max_tokens"}
"""For those that ignore or refuse the new name, and for those whose documentation has only the old one: a cap that is
not seen would let a call write more than was reserved."""


def openai_paths(*apis: str) -> dict[str, str]:
    return {api: _PATHS[api] for api in apis}
