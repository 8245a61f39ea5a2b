"""Completions requests, written: only of a conversation that is one text of a user.

Left out by rule, as the format has no word for it: `top_k`, cache points, the service tier, and how much to think.
Spec: https://platform.openai.com/docs/api-reference/completions/create
"""

from __future__ import annotations

from ext_proc.apis.json_value import dump
from ext_proc.apis.unread import refuse_meaningful
from ext_proc.chat import Message, Request, Text
from ext_proc.errors import Unsupported


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for what would change the meaning if it were left out."""
    refuse_meaningful(request, knows_logprobs=True)
    members = {
        "model": request.model,
        "prompt": _write_prompt(request),
        "max_tokens": request.max_output_tokens,
        "stop": list(request.stop) or None,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "logprobs": request.top_logprobs or 0 if request.logprobs else None,
        "n": request.n if request.n > 1 else None,
        "stream": request.stream or None,
        "stream_options": {"include_usage": True} if request.stream and request.include_usage else None,
        "user": request.user,
    }
    return dump({key: value for key, value in members.items() if value is not None})


def _write_prompt(request: Request) -> str:
    given = {"system": request.system, "tools": request.tools, "response_format": request.output_format}
    for member, value in given.items():
        if value:
            raise Unsupported(f"Completions knows no `{member}`.", param=member)
    match request.messages:
        case (Message("user", (Text(text),)),):
            return text
    raise Unsupported("Completions knows no conversation, only a single text of the user.", param="messages")
