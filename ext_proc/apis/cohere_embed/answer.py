"""Answers of Cohere's Embed. The texts are not said again. Spec: https://docs.cohere.com/reference/embed"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.apis.cohere_chat.errors import read_failure
from ext_proc.apis.cohere_embed.read import ENCODINGS
from ext_proc.apis.cohere_usage import read_usage, write_meta
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.json_value import as_array, as_text, dump
from ext_proc.apis.vectors import first_vectors
from ext_proc.apis.whole_parts import start_of, usage_of
from ext_proc.embeddings import Vectors
from ext_proc.parts import Start
from ext_proc.usage import Usage


def read_answer(body: bytes) -> list[Any]:
    """Raises `ProviderError` when the body is no answer. Floats alone may stand without their name."""
    members = load_answer(body, read_failure)
    given = members.get("embeddings")
    named = given if isinstance(given, dict) else {"float": given}
    vectors = Vectors({encoding: as_array(named[word]) for word, encoding in ENCODINGS.items() if named.get(word)})
    return [Start(as_text(members.get("id")), ""), vectors, *read_usage(members.get("meta"))]


def write_answer(parts: Sequence[Any]) -> bytes:
    usage = usage_of(parts)
    members = {
        "id": start_of(parts).id,
        "embeddings": first_vectors(parts).encoded,
        "meta": write_meta(usage, input_tokens=(usage or Usage()).input_tokens),
        "response_type": "embeddings_by_type",
    }
    return dump(members)
