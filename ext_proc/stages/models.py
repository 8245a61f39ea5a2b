"""`GET /v1/models`: what this caller may ask for, in the shape of the client's API.

Sources: OpenAI "List models", "Retrieve model"; Anthropic "List Models", "Get a Model".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import orjson

from ext_proc.errors import NotFound
from ext_proc.events import Call
from ext_proc.principal import Principal
from ext_proc.snapshot import Snapshot
from ext_proc.stages.read import MODELS_PATH, path_of
from ext_proc.stages.route import visible_models

CREATED_AT = "1970-01-01T00:00:00Z"
"""Both APIs require a time; what a gateway's model name was made at says nothing."""


def list_models(call: Call, principal: Principal, snapshot: Snapshot) -> bytes:
    """The list, or the one model that the path names. A model that the caller may not use does not exist for it."""
    names = visible_models(principal, snapshot)
    anthropic = call.first("anthropic-version") is not None
    wanted = unquote(path_of(call).removeprefix(MODELS_PATH).strip("/"))
    row = _anthropic_model if anthropic else _openai_model
    if not wanted:
        return orjson.dumps(_anthropic_list(names) if anthropic else _openai_list(names))
    if wanted not in names:
        raise NotFound(f"The model {wanted[:128]!r} does not exist here.", code="model_not_found", param="model")
    return orjson.dumps(row(wanted))


def _openai_list(names: list[str]) -> dict[str, Any]:
    return {"object": "list", "data": [_openai_model(name) for name in names]}


def _openai_model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "tollkeeper"}


def _anthropic_list(names: list[str]) -> dict[str, Any]:
    ends = {"first_id": names[0] if names else None, "last_id": names[-1] if names else None}
    return {"data": [_anthropic_model(name) for name in names], "has_more": False, **ends}


def _anthropic_model(name: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": name, "created_at": CREATED_AT}
