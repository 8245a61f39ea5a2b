"""What the APIs that count tokens share: nothing is billed, and the answer is one number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson

from ext_proc.apis.api import Api, Outline
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.json_value import as_count, dump
from ext_proc.apis.same_api import same_api
from ext_proc.chat import Request
from ext_proc.errors import ProviderError
from ext_proc.parts import StreamFailure, UsageReport
from ext_proc.token_count import Count
from ext_proc.usage import Usage

NOTHING_USED = UsageReport(Usage())
ReadFailure = Callable[[Mapping[str, Any]], StreamFailure]


def counting(chat: Api, failure: ReadFailure, answer: Mapping[str, Any], **parts: Any) -> Api:
    """What counts for the clients of `chat`. `answer` is the answer's body, in which a 0 stands for the count."""
    member = next(name for name, value in answer.items() if value == 0)
    return same_api(
        f"the token counting of {chat.title or chat.name}",
        operation="count_tokens",
        family="count_tokens",
        read_answer=lambda body: _read_answer(body, member, failure),
        write_answer=lambda counted: dump({**answer, member: count_of(counted)}),
        read_error=chat.read_error,
        write_error=chat.write_error,
        error_headers=chat.error_headers,
        request_id_header=chat.request_id_header,
        **parts,
    )


def free(outline: Outline) -> Outline:
    """Of a request for a count, given that of the chat whose input it is."""
    return Outline(
        outline.model,
        images=outline.images,
        image_bytes=outline.image_bytes,
        tools=outline.tools,
        outside=outline.outside,
        windowed=outline.windowed,
        attached_bytes=outline.attached_bytes,
        writes=False,
        free=True,
        estimate={"output_tokens": 0},
    )


def input_of(request: Request) -> Request:
    """What is counted of a chat request: how it is to be answered costs no input."""
    return Request(
        request.model,
        request.messages,
        system=request.system,
        tools=request.tools,
        tool_choice=request.tool_choice,
        output_format=request.output_format,
        thinking=request.thinking,
        unread=request.unread,
    )


def only(body: bytes, members: Collection[str]) -> dict[str, Any]:
    """Of a chat request, what its maker's counting takes."""
    return {name: value for name, value in orjson.loads(body).items() if name in members}


def count_of(parts: Sequence[Any]) -> int:
    return next((part.input_tokens for part in parts if isinstance(part, Count)), 0)


def _read_answer(body: bytes, member: str, failure: ReadFailure) -> list[Any]:
    """Raises `ProviderError` when the body is no answer."""
    count = load_answer(body, failure).get(member)
    if not isinstance(count, int) or isinstance(count, bool):
        raise ProviderError("The provider's answer holds no count.")
    return [Count(as_count(count)), NOTHING_USED]
