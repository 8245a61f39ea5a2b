"""What clients say of documents that are text, in the words of each API."""

from __future__ import annotations

from typing import Any

from tests.matrix.feature import Feature

MARKED = "It is marked."
_DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": MARKED}}
_AMAZONS = {"format": "txt", "name": "a", "source": {"text": MARKED}}


def _messages(**beside: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [_DOCUMENT | beside, {"type": "text", "text": "text"}]}]}


def _converse(**beside: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"document": _AMAZONS | beside}, {"text": "text"}]}]}


DOCUMENT_FEATURES = (
    Feature("document of text", "SXQgaXMgbWFya2VkLg|It is marked", {"messages": _messages(), "converse": _converse()}),
    Feature(
        "citations",
        '"citations": ?{"enabled": ?true}|"citation_options"|"documents"',
        {
            "messages": _messages(citations={"enabled": True}),
            "converse": _converse(citations={"enabled": True}),
        },
    ),
)
