"""Google's answers with embeddings. Some models do not tell usage. Spec: https://ai.google.dev/api/embeddings"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ext_proc.apis.error_body import load_answer
from ext_proc.apis.generate_content.errors import read_failure
from ext_proc.apis.json_value import as_array, as_count, as_object, dump
from ext_proc.apis.vectors import floats_of
from ext_proc.apis.whole_parts import usage_of
from ext_proc.embeddings import Vectors
from ext_proc.parts import Part, Start, UsageReport
from ext_proc.usage import Usage


def read_answer(body: bytes) -> list[Any]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    return _read(members, [members.get("embedding")])


def read_batch_answer(body: bytes) -> list[Any]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    return _read(members, as_array(members.get("embeddings")))


def write_answer(parts: Sequence[Any]) -> bytes:
    vectors = floats_of(parts)
    return dump({"embedding": {"values": vectors[0] if vectors else []}, **_write_usage(parts)})


def write_batch_answer(parts: Sequence[Any]) -> bytes:
    return dump({"embeddings": [{"values": vector} for vector in floats_of(parts)], **_write_usage(parts)})


def _read(members: Mapping[str, Any], embeddings: list[Any]) -> list[Any]:
    vectors = Vectors({"float": [as_array(as_object(one).get("values")) for one in embeddings]})
    return [Start("", ""), vectors, *_read_usage(members.get("usageMetadata"))]


def _read_usage(value: Any) -> list[Part]:
    told = as_object(value)
    return [UsageReport(Usage(input_tokens=as_count(told.get("promptTokenCount"))))] if told else []


def _write_usage(parts: Sequence[Any]) -> dict[str, Any]:
    usage = usage_of(parts)
    return {} if usage is None else {"usageMetadata": {"promptTokenCount": usage.input_tokens}}
