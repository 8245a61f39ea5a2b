"""What the edge must know of Google's requests for embeddings. The path names the model, and the body names it again.

Spec: https://ai.google.dev/api/embeddings
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.generate_content.outline import images_in
from ext_proc.apis.json_value import filled_array, name, object_, text
from ext_proc.errors import Malformed

_PREFIX = "models/"


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more. A token takes at least one byte of the body."""
    return _outline(members, [members])


def batch_outline(members: Mapping[str, Any]) -> Outline:
    """Who is called must be who is paid: all requests are of the one model."""
    requests = requests_of(members)
    model = named(name(members.get("model"), "model"))
    for at, request in enumerate(requests):
        given = request.get("model")
        if given is not None and named(text(given, f"requests[{at}].model")) != model:
            raise Malformed("All requests must be of the model that the path names.", param=f"requests[{at}].model")
    return _outline(members, requests)


def rename(members: Mapping[str, Any], model: str) -> dict[str, Any]:
    return {"model": named(model)} if members.get("model") is not None else {}


def rename_batch(members: Mapping[str, Any], model: str) -> dict[str, Any]:
    return {"requests": [{**request, "model": named(model)} for request in requests_of(members)]}


def requests_of(members: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    requests = filled_array(members.get("requests"), "requests")
    return [object_(request, f"requests[{at}]") for at, request in enumerate(requests)]


def named(model: str) -> str:
    """A model's name as Google's bodies have it."""
    return model if model.startswith(_PREFIX) else _PREFIX + model


def _outline(members: Mapping[str, Any], requests: list[Mapping[str, Any]]) -> Outline:
    contents = [object_(request.get("content"), "content") for request in requests]
    images, size = images_in(contents)
    return Outline(
        model=name(members.get("model"), "model"),
        images=images,
        image_bytes=size,
        writes=False,
        estimate={"output_tokens": 0},
    )
