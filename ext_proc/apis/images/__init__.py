"""Images, OpenAI's wire formats to make them, edit them and vary them: passed on to providers that speak them."""

from __future__ import annotations

from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.form_body import FORM, FORM_OR_JSON
from ext_proc.apis.images.answer import read_answer, stream_observer
from ext_proc.apis.images.outline import outline_edit, outline_generation, outline_variation
from ext_proc.apis.same_api import same_api

_SHARED = {"read_answer": read_answer, "read_error": read_error, "write_error": write_error}

IMAGE_GENERATIONS = same_api(
    "Image Generations",
    name="image_generations",
    operation="image_generation",
    paths=("/v1/images/generations",),
    outline=outline_generation,
    stream_observer=stream_observer,
    **_SHARED,
)
IMAGE_EDITS = same_api(
    "Image Edits",
    name="image_edits",
    operation="image_edit",
    paths=("/v1/images/edits",),
    outline=outline_edit,
    stream_observer=stream_observer,
    body=FORM_OR_JSON,
    **_SHARED,
)
IMAGE_VARIATIONS = same_api(
    "Image Variations",
    name="image_variations",
    operation="image_variation",
    paths=("/v1/images/variations",),
    outline=outline_variation,
    body=FORM,
    **_SHARED,
)
IMAGES = (IMAGE_GENERATIONS, IMAGE_EDITS, IMAGE_VARIATIONS)
