"""Requests to Cohere's Embed, read. Spec: https://docs.cohere.com/reference/embed"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.cohere_embed.outline import given_inputs
from ext_proc.apis.json_value import array, filled_array, given, integer, name, object_, one_of, text
from ext_proc.embeddings import Encoding, Purpose, Request, Truncate
from ext_proc.errors import Malformed, Unsupported

_KNOWN = frozenset(("model", "texts", "inputs", "input_type", "output_dimension", "embedding_types", "truncate"))
_PURPOSES: Mapping[str, Purpose] = {
    "search_query": "query",
    "search_document": "document",
    "classification": "classification",
    "clustering": "clustering",
}
ENCODINGS: Mapping[str, Encoding] = {
    "float": "float",
    "base64": "base64",
    "int8": "int8",
    "uint8": "uint8",
    "binary": "binary",
    "ubinary": "ubinary",
}
_TRUNCATES: Mapping[str, Truncate] = {"NONE": "none", "START": "start", "END": "end"}


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for what is no text."""
    get = members.get
    purpose, truncate = get("input_type"), get("truncate")
    if get("max_tokens") is not None:
        raise Unsupported("`max_tokens` cannot be translated for the provider of this model.", param="max_tokens")
    return Request(
        model=name(get("model"), "model"),
        inputs=_read_inputs(members),
        dimensions=given(integer, get("output_dimension"), "output_dimension"),
        encodings=_read_encodings(get("embedding_types")),
        purpose=None if purpose is None else _PURPOSES.get(_read_purpose(purpose)),
        truncate=None if truncate is None else _TRUNCATES[one_of(truncate, "truncate", _TRUNCATES)],
        unread={key: value for key, value in members.items() if key not in _KNOWN and value is not None},
    )


def _read_inputs(members: Mapping[str, Any]) -> tuple[str, ...]:
    member, *more = given_inputs(members)
    if more:
        raise Malformed(f"`{member}` and `{more[0]}` cannot stand together.", param=more[0])
    if member == "images":
        raise _no_image("images")
    values = filled_array(members[member], member)
    return tuple(_READ[member](value, f"{member}[{at}]") for at, value in enumerate(values))


def _read_input(value: Any, path: str) -> str:
    content = array(object_(value, path).get("content"), f"{path}.content")
    texts = [_read_part(part, f"{path}.content[{at}]") for at, part in enumerate(content)]
    return "".join(texts)


def _read_part(value: Any, path: str) -> str:
    part = object_(value, path)
    if one_of(part.get("type"), f"{path}.type", ("text", "image_url")) == "image_url":
        raise _no_image(path)
    return text(part.get("text"), f"{path}.text")


def _read_purpose(value: Any) -> str:
    return one_of(value, "input_type", (*_PURPOSES, "image"))


def _read_encodings(value: Any) -> tuple[Encoding, ...]:
    asked = given(array, value, "embedding_types") or ["float"]
    words = [one_of(word, f"embedding_types[{at}]", ENCODINGS) for at, word in enumerate(asked)]
    return tuple(ENCODINGS[word] for word in dict.fromkeys(words))


def _no_image(path: str) -> Unsupported:
    return Unsupported("Images to embed cannot be translated for the provider of this model.", param=path)


_READ = {"texts": text, "inputs": _read_input}
