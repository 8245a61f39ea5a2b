"""How Converse says how much to think, and what was thought.

Converse has no word for the former: it passes `additionalModelRequestFields` on to the model, and Claude takes there
what it takes in Messages. Other models are left to think as they like.
Spec: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-reasoning.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.messages.thinking import write_effort, write_thinking
from ext_proc.chat import Request, Thinking

_TEXT_MARK = b"\0"


def is_claude(model: str) -> bool:
    return "claude" in model or "anthropic" in model


def write_fields(request: Request) -> dict[str, Any]:
    """For `additionalModelRequestFields`. While Claude thinks, its `top_k` may not be set."""
    if not is_claude(request.model):
        return {}
    thinking, effort = write_thinking(request), write_effort(request)
    members = {
        "thinking": thinking,
        "output_config": {"effort": effort} if effort else None,
        "top_k": None if thinks(thinking) else request.top_k,
    }
    return {key: value for key, value in members.items() if value is not None}


def thinks(thinking: Mapping[str, Any] | None) -> bool:
    return thinking is not None and thinking.get("type") != "disabled"


def write_thought(thought: Thinking) -> dict[str, Any]:
    if thought.redacted is not None:
        return {"reasoningContent": {"redactedContent": write_redacted(thought.redacted)}}
    text = (
        {"text": thought.text} if thought.signature is None else {"text": thought.text, "signature": thought.signature}
    )
    return {"reasoningContent": {"reasoningText": text}}


# `redactedContent` is bytes, in JSON as base64. Claude's seals are base64 and stay as they are; a seal that is not, of
# another API, is marked and wrapped, so that it survives an SDK that decodes it.


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
