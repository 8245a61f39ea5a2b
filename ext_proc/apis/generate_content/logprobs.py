"""How likely the tokens of an answer were: `logprobsResult`. Spec: https://ai.google.dev/api/generate-content"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from ext_proc.apis.json_value import as_array, as_object, as_text
from ext_proc.parts import TokenLogprob


def read_logprobs(candidate: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    result = as_object(candidate.get("logprobsResult"))
    chosen, tops = as_array(result.get("chosenCandidates")), as_array(result.get("topCandidates"))
    pairs = zip_longest(chosen, tops[: len(chosen)])
    return tuple(_read(as_object(token), as_array(as_object(top).get("candidates"))) for token, top in pairs)


def write_logprobs(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    """Members of a candidate."""
    if not tokens:
        return {}
    result: dict[str, Any] = {"chosenCandidates": [_write(token) for token in tokens]}
    if any(token.top for token in tokens):
        result["topCandidates"] = [{"candidates": [_write(top) for top in token.top]} for token in tokens]
    return {"logprobsResult": result}


def _read(token: Mapping[str, Any], top: Sequence[Any]) -> TokenLogprob:
    value = token.get("logProbability")
    likely = value if isinstance(value, int | float) and not isinstance(value, bool) else 0
    return TokenLogprob(as_text(token.get("token")), float(likely), tuple(_read(as_object(one), ()) for one in top))


def _write(token: TokenLogprob) -> dict[str, Any]:
    return {"token": token.token, "logProbability": token.logprob}
