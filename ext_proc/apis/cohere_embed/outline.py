"""What the edge must know of a request to Cohere's Embed.

Spec: https://docs.cohere.com/reference/embed
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.json_value import as_array, as_object, as_text, filled_array, name
from ext_proc.errors import Malformed

INPUTS = ("texts", "inputs", "images")


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more. A token takes at least one byte of the body."""
    images = [url for member in given_inputs(members) if member in _IMAGES for url in _IMAGES[member](members[member])]
    return Outline(
        model=name(members.get("model"), "model"),
        images=len(images),
        image_bytes=sum(len(url) for url in images),
        writes=False,
        estimate={"output_tokens": 0},
    )


def given_inputs(members: Mapping[str, Any]) -> list[str]:
    """The members that bring input."""
    given = [member for member in INPUTS if members.get(member) is not None]
    if not given:
        raise Malformed("One of `texts`, `inputs` and `images` is required.", param="texts")
    for member in given:
        filled_array(members[member], member)
    return given


def _in_inputs(inputs: list[Any]) -> list[str]:
    contents = [part for item in inputs for part in as_array(as_object(item).get("content"))]
    return [
        as_text(as_object(as_object(part).get("image_url")).get("url"))
        for part in contents
        if as_object(part).get("type") == "image_url"
    ]


def _in_images(images: list[Any]) -> list[str]:
    return [as_text(image) for image in images]


_IMAGES: Mapping[str, Callable[[list[Any]], list[str]]] = {"inputs": _in_inputs, "images": _in_images}
