"""Threads: conversations that Anthropic holds, so that a request says its new turn alone. Nobody else has them.

A client that is told so sends the whole conversation again, without a thread.
Spec: https://platform.claude.com/docs/en/api/beta/messages/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import as_object
from ext_proc.errors import Unsupported

MEMBER = "thread"


def continues(members: Mapping[str, Any]) -> bool:
    """The provider is to put turns before those of the body."""
    return members.get(MEMBER) is not None and as_object(members[MEMBER]).get("type") != "create"


def refuse_thread(members: Mapping[str, Any]) -> None:
    """Raises `Unsupported` for a conversation that the provider is to hold, or holds."""
    if members.get(MEMBER) is None:
        return
    named = f"{MEMBER}.previous_message_id" if continues(members) else MEMBER
    held = f"`{named}` is about a conversation that the provider of this model does not hold"
    remedy = f"send it whole, without `{MEMBER}`"
    raise Unsupported(f"{held}; {remedy}.", code="thread_unsupported_request", param=named)
