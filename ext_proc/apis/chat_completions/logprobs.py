"""Log probabilities as Chat Completions and Responses tell them: a token, its bytes, and the likeliest at its place.

Spec: https://platform.openai.com/docs/api-reference/chat/object
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ext_proc.apis.json_value import as_array, as_object, as_text
from ext_proc.parts import Logprobs, Part, RefusalDelta, TextDelta, TokenLogprob

Tokens = tuple[TokenLogprob, ...]


def read_tokens(value: Any) -> Tokens:
    return tuple(_read(item) for item in as_array(value))


def write_tokens(tokens: Tokens) -> list[dict[str, Any]]:
    return [{**_write(token), "top_logprobs": [_write(top) for top in token.top]} for token in tokens]


def rated(parts: Iterable[Part]) -> Iterator[tuple[Part, Tokens]]:
    """Each part, and the log probabilities of its text where they come at once; those that come alone stand alone."""
    last: Part | None = None
    for part in parts:
        if isinstance(part, Logprobs) and isinstance(last, TextDelta | RefusalDelta) and part.choice == last.choice:
            yield last, part.tokens
            last = None
            continue
        if last is not None:
            yield last, ()
        last = part
    if last is not None:
        yield last, ()


def as_logprob(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _read(value: Any) -> TokenLogprob:
    item = as_object(value)
    token = as_text(item.get("token"))
    raw = _bytes(item.get("bytes"))
    top = tuple(_read(top) for top in as_array(item.get("top_logprobs")))
    return TokenLogprob(token, as_logprob(item.get("logprob")), top, None if raw == _encoded(token) else raw)


def _write(token: TokenLogprob) -> dict[str, Any]:
    raw = _encoded(token.token) if token.raw is None else token.raw
    return {"token": token.token, "bytes": list(raw), "logprob": token.logprob}


def _encoded(token: str) -> bytes:
    return token.encode("utf-8", "replace")


def _bytes(value: Any) -> bytes | None:
    if not isinstance(value, list) or not all(type(item) is int and 0 <= item < 256 for item in value):
        return None
    return bytes(value)
