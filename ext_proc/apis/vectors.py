"""Vectors as the client asked for them: floats as numbers and as base64 say the same, no other two encodings do."""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ext_proc.apis.json_value import as_array
from ext_proc.embeddings import Encoding, Request, Vector, Vectors
from ext_proc.errors import ProviderError, Unsupported

BYTES_PER_FLOAT = 4
FLOATS: tuple[Encoding, ...] = ("float", "base64")


def shaped(request: Request, parts: Sequence[Any]) -> list[Any]:
    """The answer in the encodings that were asked for. Raises `ProviderError` where one is missing."""
    return [_shaped(part, request.encodings) if isinstance(part, Vectors) else part for part in parts]


def texts(request: Request, title: str) -> list[str]:
    """All inputs, for APIs that take none as tokens. Raises `Unsupported`."""
    found = [given for given in request.inputs if isinstance(given, str)]
    if len(found) < len(request.inputs):
        raise Unsupported(f"{title} takes texts, not tokens.", param="input")
    return found


def only_floats(request: Request, title: str) -> None:
    """Raises `Unsupported` where the client asked for what the API cannot give."""
    if not set(request.encodings) <= set(FLOATS):
        raise Unsupported(f"{title} gives vectors as floats only.", param="embedding_types")


def first_vectors(parts: Iterable[Any]) -> Vectors:
    return next((part for part in parts if isinstance(part, Vectors)), Vectors({}))


def floats_of(parts: Iterable[Any]) -> list[Any]:
    return list(first_vectors(parts).encoded.get("float", ()))


def by_encoding(vectors: list[Any]) -> Vectors:
    """Vectors of which each is an array of numbers, or all are base64."""
    encoded: Encoding = "base64" if vectors and all(isinstance(vector, str) for vector in vectors) else "float"
    return Vectors({encoded: vectors if encoded == "base64" else [as_array(vector) for vector in vectors]})


def _shaped(vectors: Vectors, encodings: tuple[Encoding, ...]) -> Vectors:
    return Vectors({encoding: _in(encoding, vectors.encoded) for encoding in encodings})


def _in(encoding: Encoding, given: Mapping[Encoding, Sequence[Vector]]) -> Sequence[Vector]:
    if encoding in given:
        return given[encoding]
    source, convert = _CONVERTED.get(encoding, (encoding, None))
    if convert is None or source not in given:
        raise ProviderError(f"The provider gave no vectors as {encoding}.")
    try:
        return [convert(vector) for vector in given[source]]
    except (ValueError, TypeError, OverflowError, struct.error):
        raise ProviderError("The provider gave vectors that cannot be read.") from None


def _to_base64(vector: Any) -> str:
    return b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _to_floats(vector: Any) -> list[float]:
    packed = b64decode(vector, validate=True)
    return list(struct.unpack(f"<{len(packed) // BYTES_PER_FLOAT}f", packed))


_CONVERTED: Mapping[Encoding, tuple[Encoding, Callable[[Any], Vector]]] = {
    "base64": ("float", _to_base64),
    "float": ("base64", _to_floats),
}
