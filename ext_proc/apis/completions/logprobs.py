"""Log probabilities in the shape of Completions: columns of tokens, of their values, and of where in the text they are.

Spec: https://platform.openai.com/docs/api-reference/completions/object
"""

from __future__ import annotations

from itertools import accumulate, zip_longest
from typing import Any

from ext_proc.apis.chat_completions.logprobs import Tokens, as_logprob
from ext_proc.apis.json_value import as_array, as_object, as_text
from ext_proc.parts import TokenLogprob


def read_logprobs(value: Any) -> Tokens:
    columns = as_object(value)
    tokens = as_array(columns.get("tokens"))
    values = as_array(columns.get("token_logprobs"))[: len(tokens)]
    tops = as_array(columns.get("top_logprobs"))[: len(tokens)]
    return tuple(_read(*row) for row in zip_longest(tokens, values, tops))


def write_logprobs(tokens: Tokens, before: int) -> dict[str, Any] | None:
    """`before` are the characters of the text that came before it."""
    if not tokens:
        return None
    tops = [{top.token: top.logprob for top in token.top} for token in tokens]
    return {
        "tokens": [token.token for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": tops if any(tops) else None,
        "text_offset": list(accumulate((len(token.token) for token in tokens[:-1]), initial=before)),
    }


def _read(token: Any, value: Any, top: Any) -> TokenLogprob:
    likeliest = tuple(TokenLogprob(word, as_logprob(item)) for word, item in as_object(top).items())
    return TokenLogprob(as_text(token), as_logprob(value), likeliest)
