"""Embeddings answers: only who answered and what it cost is read, as the vectors are nobody's business.

Spec: https://platform.openai.com/docs/api-reference/embeddings/object
"""

from __future__ import annotations

from ext_proc.apis.chat_completions.answer import read_start, read_usage
from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.error_body import load_answer
from ext_proc.parts import Part


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    return [read_start(members), *read_usage(members.get("usage"))]
