"""Google's requests for embeddings, read. The parts of a text are joined. Spec: https://ai.google.dev/api/embeddings"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.embed_content.outline import requests_of
from ext_proc.apis.generate_content.spelling import listed, member
from ext_proc.apis.json_value import given, integer, name, object_, one_of, text
from ext_proc.embeddings import Purpose, Request
from ext_proc.errors import Unsupported

PURPOSES: Mapping[str, Purpose | None] = {
    "TASK_TYPE_UNSPECIFIED": None,
    "RETRIEVAL_QUERY": "query",
    "RETRIEVAL_DOCUMENT": "document",
    "SEMANTIC_SIMILARITY": "similarity",
    "CLASSIFICATION": "classification",
    "CLUSTERING": "clustering",
    "QUESTION_ANSWERING": "question_answering",
    "FACT_VERIFICATION": "fact_verification",
    "CODE_RETRIEVAL_QUERY": "code_query",
}


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for what is no text."""
    return _read(members, [members], "")


def read_batch_request(members: Mapping[str, Any]) -> Request:
    """Settings may stand in each of the requests, and must be the same in all."""
    return _read(members, requests_of(members), "requests[{}].")


def _read(members: Mapping[str, Any], requests: list[Mapping[str, Any]], path: str) -> Request:
    settings = [_read_settings(request, path.format(at)) for at, request in enumerate(requests)]
    for at, one in enumerate(settings):
        if one != settings[0]:
            raise Unsupported("The settings of all requests must be the same.", param=f"requests[{at}]")
    texts = [_read_content(request.get("content"), f"{path.format(at)}content") for at, request in enumerate(requests)]
    return Request(model=name(members.get("model"), "model"), inputs=tuple(texts), **settings[0])


def _read_settings(request: Mapping[str, Any], path: str) -> dict[str, Any]:
    """On their own, or within `embedContentConfig`."""
    config = given(object_, member(request, "embedContentConfig"), f"{path}embedContentConfig") or request
    purpose = member(config, "taskType")
    return {
        "dimensions": given(integer, member(config, "outputDimensionality"), f"{path}outputDimensionality"),
        "purpose": None if purpose is None else PURPOSES[one_of(purpose, f"{path}taskType", PURPOSES)],
        "title": given(text, config.get("title"), f"{path}title"),
    }


def _read_content(value: Any, path: str) -> str:
    parts = listed(object_(value, path).get("parts"), f"{path}.parts")
    return "".join(_read_part(part, f"{path}.parts[{at}]") for at, part in enumerate(parts))


def _read_part(value: Any, path: str) -> str:
    part = object_(value, path)
    if "text" not in part:
        raise Unsupported("Only texts can be translated for the provider of this model.", param=path)
    return text(part["text"], f"{path}.text")
