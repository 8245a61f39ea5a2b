"""The signatures of thinking, so that each goes back only to who signed it.

In the vocabulary, Gemini's own are marked. To clients of Gemini, others are shown within bytes that we know again, as
their SDKs demand base64 and change its alphabet. Spec: https://ai.google.dev/gemini-api/docs/thought-signatures
"""

from __future__ import annotations

import base64
import binascii

from ext_proc.chat import Thinking

MARK = "gemini:"
SKIP = "skip_thought_signature_validator"
"""What Google tells us to send for a call that Gemini did not sign, as another model made it."""

# Multiples of three bytes, so that they are the same in base64 whatever follows.
_SIGNED = b"tollkeeper signature:"
_REDACTED = b"tollkeeper redacted: "
_SIGNED_64, _REDACTED_64 = base64.b64encode(_SIGNED).decode(), base64.b64encode(_REDACTED).decode()

_STANDARD = str.maketrans("-_", "+/")


def read_signature(value: str) -> Thinking | None:
    """A block with no more than what the signature says."""
    if not value or value == SKIP:
        return None
    if value.startswith(_SIGNED_64):
        return Thinking(signature=_unwrapped(value, _SIGNED))
    if value.startswith(_REDACTED_64):
        return Thinking(redacted=_unwrapped(value, _REDACTED))
    return Thinking(signature=MARK + value)


def own_signature(thought: Thinking) -> str | None:
    """For Gemini itself."""
    signature = thought.signature or ""
    return signature.removeprefix(MARK) if signature.startswith(MARK) else None


def any_signature(thought: Thinking) -> str | None:
    """For a client of Gemini, who sends it back to us."""
    if thought.redacted is not None:
        return _wrapped(thought.redacted, _REDACTED)
    if thought.signature is None:
        return None
    return own_signature(thought) or _wrapped(thought.signature, _SIGNED)


def standard_base64(data: str) -> str:
    """Google takes the alphabet for URLs too, and its SDKs write it; other APIs know only the standard one."""
    return data.translate(_STANDARD) if "-" in data or "_" in data else data


def _wrapped(value: str, prefix: bytes) -> str:
    return base64.b64encode(prefix + value.encode("utf-8", "replace")).decode()


def _unwrapped(value: str, prefix: bytes) -> str:
    try:
        whole = base64.b64decode(standard_base64(value) + "=" * (-len(value) % 4))
    except binascii.Error:
        return ""
    return whole.removeprefix(prefix).decode("utf-8", "replace")
