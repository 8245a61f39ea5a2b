"""What the edge must know of a request for images: how many, how large, how fine, and what it shows the model.

Spec: https://platform.openai.com/docs/api-reference/images
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ext_proc.apis import form_value
from ext_proc.apis.api import Outline
from ext_proc.apis.form_body import File
from ext_proc.apis.json_value import as_array, as_object, given, name, text, wrong

MOST_IMAGES = 128
MOST_PARTIAL_IMAGES = 3
TOKENS_PER_PARTIAL_IMAGE = 100
MOST_FRAMES = 16
MOST_PIXELS = 8_294_400
LEAST_TOKENS = 408
"""What the coarsest picture may take at any size (gpt-image-1, low, 1024x1536)."""
DEFAULT_VARIED_MODEL = "dall-e-2"
"""The one model that varied images where the client named none."""

_FINENESS = {"low": 16, "medium": 48, "high": 96}
_FINEST = 200
"""Tokens on an edge of a square picture (gpt-image-2). What is finer, or left to the model, has none published: this is
twice of the finest that has, on each edge."""
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_FILES = ("image", "image[]", "mask", "markup")
_REFERENCES = ("image", "images", "mask")


def outline_generation(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more."""
    name(members.get("prompt"), "prompt")
    return _outline(members, name(members.get("model"), "model"))


def outline_edit(members: Mapping[str, Any]) -> Outline:
    """As a form with files, or as JSON whose pictures stand in it or elsewhere."""
    name(members.get("prompt"), "prompt")
    model = name(members.get("model"), "model")
    count, size = _shown(members)
    if not count:
        raise wrong(members.get("image"), "image", "a file, or `images` an array of them")
    return _outline(members, model, count, size)


def outline_variation(members: Mapping[str, Any]) -> Outline:
    if not isinstance(members.get("image"), File):
        raise wrong(members.get("image"), "image", "a file")
    model = members.get("model")
    count, size = _shown(members)
    return _outline(members, DEFAULT_VARIED_MODEL if model is None else name(model, "model"), count, size)


def _outline(members: Mapping[str, Any], model: str, images: int = 0, image_bytes: int = 0) -> Outline:
    n = 1 if members.get("n") is None else form_value.integer(members["n"], "n", 1, MOST_IMAGES)
    stream = given(form_value.boolean, members.get("stream"), "stream") or False
    most = _most_tokens(members)
    return Outline(
        model=model,
        stream=stream,
        include_usage=True,
        max_output_tokens=most,
        heeds_cap=False,
        endless=_endless(members),
        n=n,
        images=images,
        image_bytes=image_bytes,
        # A whole answer without usage is billed by the picture; a model that streams is billed by the token
        estimate={"images": n, "output_tokens": most * n if stream else 0},
    )


def _most_tokens(members: Mapping[str, Any]) -> int:
    """The most output tokens of one picture, in all of its frames and with all of its earlier states."""
    edge = _FINENESS.get(given(text, members.get("quality"), "quality") or "auto", _FINEST)
    found = _SIZE.fullmatch(given(text, members.get("size"), "size") or "auto")
    pixels = int(found[1]) * int(found[2]) if found else MOST_PIXELS
    each = max(LEAST_TOKENS, math.ceil(edge * edge * (2_000_000 + pixels) / 4_000_000))
    partial = members.get("partial_images")
    states = 0 if partial is None else form_value.integer(partial, "partial_images", 0, MOST_PARTIAL_IMAGES)
    return each * _frames(members) + states * TOKENS_PER_PARTIAL_IMAGE


def _frames(members: Mapping[str, Any]) -> int:
    if members.get("output_format") != "gif":
        return 1
    frames = members.get("frame_count")
    return MOST_FRAMES if frames is None else form_value.integer(frames, "frame_count", 1, MOST_FRAMES)


def _endless(members: Mapping[str, Any]) -> str | None:
    """Another model writes a drawing, in as many tokens as it likes."""
    if members.get("output_format") == "svg":
        return "output_format"
    return next((member for member in members if member.partition("[")[0] == "svg" and members[member]), None)


def _shown(members: Mapping[str, Any]) -> tuple[int, int]:
    """How many pictures the model is shown, and the bytes of those that stand in the body."""
    files = [file for member in _FILES for file in _files(members.get(member))]
    given_ones = [one for member in _REFERENCES for one in _references(members.get(member))]
    urls = [as_object(one).get("image_url") if isinstance(one, dict) else one for one in given_ones]
    data = sum(len(url) for url in urls if isinstance(url, str) and url.startswith("data:"))
    return len(files) + len(given_ones), data + sum(file.size for file in files)


def _files(value: Any) -> list[File]:
    return [value] if isinstance(value, File) else [one for one in as_array(value) if isinstance(one, File)]


def _references(value: Any) -> list[Any]:
    """Objects with an `image_url` or a `file_id`."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
