"""Whose seal thinking carries: it goes back only to who made it, as others refuse it.

In the vocabulary the signatures of Anthropic's models, which several APIs serve, stand bare. Others begin with a mark.
"""

from __future__ import annotations

from ext_proc.chat import Thinking

MARKS = ("gemini:", "responses:")


def is_anthropics(thought: Thinking) -> bool:
    """Redacted thinking is known to Anthropic's models alone."""
    return thought.redacted is not None or (thought.signature is not None and not thought.signature.startswith(MARKS))
