"""What a model thought, as Converse shows it.

`redactedContent` is bytes, in JSON as base64. Claude's seals are base64 and stay as they are; a seal that is not, of
another API, is marked and wrapped, so that it survives an SDK that decodes it.
Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ReasoningContentBlock.html
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ext_proc.chat import Thinking

_TEXT_MARK = b"\0text:"


def write_thought(thought: Thinking) -> dict[str, Any]:
    if thought.redacted is not None:
        return {"reasoningContent": {"redactedContent": write_redacted(thought.redacted)}}
    text = (
        {"text": thought.text} if thought.signature is None else {"text": thought.text, "signature": thought.signature}
    )
    return {"reasoningContent": {"reasoningText": text}}


def read_redacted(data: str) -> str:
    blob = _decoded(data)
    if blob is None or not blob.startswith(_TEXT_MARK):
        return data
    try:
        text = blob.removeprefix(_TEXT_MARK).decode()
    except UnicodeDecodeError:
        return data
    return text if _decoded(text) is None else data


def write_redacted(seal: str) -> str:
    if _decoded(seal) is not None:
        return seal
    return base64.b64encode(_TEXT_MARK + seal.encode("utf-8", "replace")).decode()


def _decoded(data: str) -> bytes | None:
    """The bytes of base64 in its one canonical form."""
    try:
        blob = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    return blob if base64.b64encode(blob).decode() == data else None
