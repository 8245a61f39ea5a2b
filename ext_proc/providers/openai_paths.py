"""Where OpenAI and its like have each API, below the path of their version; and a name that many did not take over."""

from __future__ import annotations

from collections.abc import Mapping

_PATHS: Mapping[str, str] = {
    "chat_completions": "/chat/completions",
    "completions": "/completions",
    "embeddings": "/embeddings",
    "image_edits": "/images/edits",
    "image_generations": "/images/generations",
    "image_variations": "/images/variations",
    "messages": "/messages",
    "moderations": "/moderations",
    "rerank": "/rerank",
    "responses": "/responses",
    "responses_input_tokens": "/responses/input_tokens",
    "speech": "/audio/speech",
    "transcriptions": "/audio/transcriptions",
    "translations": "/audio/translations",
}
IMAGES = ("image_generations", "image_edits", "image_variations")
AUDIO = ("speech", "transcriptions", "translations")

KEEPING: Mapping[str, str] = {
    "files_create": "/files",
    "files_list": "/files",
    "files_retrieve": "/files/{id}",
    "files_delete": "/files/{id}",
    "files_content": "/files/{id}/content",
    "batches_create": "/batches",
    "batches_list": "/batches",
    "batches_retrieve": "/batches/{id}",
    "batches_cancel": "/batches/{id}/cancel",
}
"""Where those that keep files and work through batches have them."""

OLD_CAP: Mapping[str, str | None] = {"max_completion_tokens": "max_tokens"}
"""For those that ignore or refuse the new name, and for those whose documentation has only the old one: a cap that is
not seen would let a call write more than was reserved."""


DEPLOYED = ("chat_completions", "completions", "embeddings", "image_generations", "image_edits", *AUDIO)
"""What Azure's dated API serves below the name of a deployment."""


def openai_paths(*apis: str) -> dict[str, str]:
    return {api: _PATHS[api] for api in apis}


def deployed_paths() -> dict[str, str]:
    return {api: f"/openai/deployments/{{model}}{_PATHS[api]}?api-version={{api_version}}" for api in DEPLOYED}
