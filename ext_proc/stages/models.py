"""`GET /v1/models` and `/v1beta/models`: what this caller may ask for, in the shape of the client's API.

Sources: OpenAI "List models", "Retrieve model"; Anthropic "List Models", "Get a Model"; Gemini "models.list".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from ext_proc.apis.paths import methods
from ext_proc.errors import NotFound
from ext_proc.events import Call
from ext_proc.principal import Principal
from ext_proc.snapshot import Snapshot
from ext_proc.stages.read import path_of, suggested_api
from ext_proc.stages.route import visible_models

PATHS = ("/v1/models", "/v1beta/models")
CREATED_AT = "1970-01-01T00:00:00Z"
"""Two of the APIs require a time; what a gateway's model name was made at says nothing."""
_GEMINIS_METHODS = ("generateContent", "streamGenerateContent", "countTokens")


def is_models(call: Call) -> bool:
    """Gemini's calls of a model stand below the same paths, those that are not served here as well."""
    path = path_of(call)
    below = path.startswith(tuple(f"{models}/" for models in PATHS)) and call.method == "GET" and not methods(path)
    return below or path in PATHS


def list_models(call: Call, principal: Principal, snapshot: Snapshot) -> bytes:
    """The list, or the one model that the path names. A model that the caller may not use does not exist for it."""
    names = visible_models(principal, snapshot)
    path = path_of(call)
    wanted = unquote(next(path.removeprefix(models) for models in PATHS if path.startswith(models)).strip("/"))
    api = suggested_api(call)
    if not wanted:
        return orjson.dumps(_LISTS.get(api, _openai_list)(names))
    if wanted not in names:
        raise NotFound(f"The model {wanted[:128]!r} does not exist here.", code="model_not_found", param="model")
    return orjson.dumps(_MODELS.get(api, _openai_model)(wanted))


def _openai_list(names: list[str]) -> dict[str, Any]:
    return {"object": "list", "data": [_openai_model(name) for name in names]}


def _openai_model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "tollkeeper"}


def _anthropic_list(names: list[str]) -> dict[str, Any]:
    ends = {"first_id": names[0] if names else None, "last_id": names[-1] if names else None}
    return {"data": [_anthropic_model(name) for name in names], "has_more": False, **ends}


def _anthropic_model(name: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": name, "created_at": CREATED_AT}


def _gemini_list(names: list[str]) -> dict[str, Any]:
    return {"models": [_gemini_model(name) for name in names]}


def _gemini_model(name: str) -> dict[str, Any]:
    return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": list(_GEMINIS_METHODS)}


_LISTS: Mapping[str, Callable[[list[str]], dict[str, Any]]] = {
    "messages": _anthropic_list,
    "generate_content": _gemini_list,
}
_MODELS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "messages": _anthropic_model,
    "generate_content": _gemini_model,
}
