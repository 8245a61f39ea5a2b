"""Moderations answers: only who answered is read, as nothing is charged for them.

Spec: https://platform.openai.com/docs/api-reference/moderations/object
"""

from __future__ import annotations

from ext_proc.apis.chat_completions.answer import read_start
from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.error_body import load_answer
from ext_proc.parts import Part, UsageReport
from ext_proc.usage import Usage


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer."""
    return [read_start(load_answer(body, read_failure)), UsageReport(Usage())]
