"""Requests for images are bounded before they are made, and their answers tell what they cost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from ext_proc.apis import APIS
from ext_proc.apis.form_body import File
from ext_proc.apis.sse import encode
from ext_proc.errors import Malformed, ProviderError, TollkeeperError
from ext_proc.parts import Finish, Start, StreamFailure, UsageReport
from ext_proc.usage import Usage
from tests.apis.test_any_json import objects, values

GENERATIONS, EDITS, VARIATIONS = (APIS[f"image_{name}"] for name in ("generations", "edits", "variations"))
PNG = File(1000, "a.png", "image/png")
DATA = "data:image/png;base64,AAAA"
ASKED = {"model": "gpt-image-2", "prompt": "a toll gate"}

TOKENS = [
    ({"quality": "low", "size": "1024x1024"}, 408),
    ({"quality": "medium", "size": "1024x1024"}, 1756),
    ({"quality": "high", "size": "1024x1024"}, 7024),
    ({"quality": "high", "size": "1024x1536"}, 8232),
    ({"quality": "high", "size": "auto"}, 23719),
    ({"quality": "high"}, 23719),
    ({"quality": "xhigh", "size": "1024x1024"}, 30486),
    ({"quality": "auto"}, 102944),
    ({}, 102944),
    ({"quality": None, "size": None, "n": None, "stream": None}, 102944),
    ({"quality": "low", "partial_images": 3}, 959),
    ({"quality": "low", "output_format": "gif"}, 10544),
    ({"quality": "low", "output_format": "gif", "frame_count": 2}, 1318),
]
PUBLISHED = {
    ("low", "1024x1024"): 272,
    ("low", "1024x1536"): 408,
    ("low", "1536x1024"): 400,
    ("medium", "1024x1024"): 1756,
    ("medium", "1024x1536"): 1584,
    ("high", "1024x1024"): 7024,
    ("high", "1024x1536"): 6240,
    ("high", "1536x1024"): 6208,
    ("high", "3584x2048"): 12329,
}
"""What OpenAI bills for a picture, of the model that takes most."""


@pytest.mark.parametrize(("changes", "most"), TOKENS)
def test_a_picture_is_bounded_by_how_fine_and_how_large_it_may_be(changes, most):
    outline = GENERATIONS.outline({**ASKED, **changes})
    assert (outline.max_output_tokens, outline.heeds_cap, outline.n) == (most, False, 1)


@pytest.mark.parametrize(("quality", "size"), PUBLISHED)
def test_no_published_picture_takes_more_than_its_bound(quality, size):
    outline = GENERATIONS.outline({**ASKED, "quality": quality, "size": size})
    assert PUBLISHED[quality, size] <= outline.max_output_tokens


def test_pictures_are_counted_one_by_one_and_a_form_says_numbers_as_text():
    assert GENERATIONS.outline({**ASKED, "n": 3}).n == 3
    outline = EDITS.outline({**ASKED, "image": PNG, "n": "3", "stream": "true", "quality": "low", "size": "1024x1024"})
    assert (outline.n, outline.stream, outline.estimate) == (3, True, {"images": 3, "output_tokens": 1224})


SHOWN = [
    (EDITS, {"image": PNG}, 1, 1000),
    (EDITS, {"image[]": [PNG, PNG], "mask": PNG}, 3, 3000),
    (EDITS, {"image": [PNG, PNG]}, 2, 2000),
    (EDITS, {"images": [{"image_url": DATA}, {"file_id": "file-1"}]}, 2, len(DATA)),
    (EDITS, {"images": [{"image_url": "https://h/a.png"}], "mask": {"image_url": DATA}}, 2, len(DATA)),
    (VARIATIONS, {"image": PNG}, 1, 1000),
]


@pytest.mark.parametrize(("api", "members", "count", "size"), SHOWN)
def test_the_pictures_that_a_model_is_shown_are_counted_and_are_no_text(api, members, count, size):
    outline = api.outline({**ASKED, **members})
    assert (outline.images, outline.image_bytes) == (count, size)


def test_a_variation_without_a_model_is_one_of_the_model_that_made_them():
    assert VARIATIONS.outline({"image": PNG}).model == "dall-e-2"


@pytest.mark.parametrize("member", ["svg", "svg[model]"])
def test_a_drawing_has_no_bound(member):
    assert EDITS.outline({**ASKED, "image": PNG, member: "gpt-5"}).endless == member
    assert GENERATIONS.outline({**ASKED, "output_format": "svg"}).endless == "output_format"
    assert GENERATIONS.outline(ASKED).endless is None


MISTAKES = [
    (GENERATIONS, {"prompt": "p"}, "model"),
    (GENERATIONS, {"model": "m"}, "prompt"),
    (GENERATIONS, {**ASKED, "prompt": ""}, "prompt"),
    (GENERATIONS, {**ASKED, "n": 0}, "n"),
    (GENERATIONS, {**ASKED, "n": "1e9"}, "n"),
    (GENERATIONS, {**ASKED, "n": "٣"}, "n"),
    (GENERATIONS, {**ASKED, "n": 129}, "n"),
    (GENERATIONS, {**ASKED, "n": True}, "n"),
    (GENERATIONS, {**ASKED, "stream": "yes"}, "stream"),
    (GENERATIONS, {**ASKED, "quality": 3}, "quality"),
    (GENERATIONS, {**ASKED, "size": ["a"]}, "size"),
    (GENERATIONS, {**ASKED, "partial_images": 4}, "partial_images"),
    (GENERATIONS, {**ASKED, "output_format": "gif", "frame_count": 17}, "frame_count"),
    (EDITS, ASKED, "image"),
    (EDITS, {**ASKED, "image": "text"}, "image"),
    (EDITS, {**ASKED, "image": PNG, "model": PNG}, "model"),
    (VARIATIONS, {}, "image"),
    (VARIATIONS, {"image": "text"}, "image"),
    (VARIATIONS, {"image": PNG, "model": ""}, "model"),
]


@pytest.mark.parametrize(("api", "members", "param"), MISTAKES)
def test_a_mistake_is_refused_and_its_member_named(api, members, param):
    with pytest.raises(Malformed) as caught:
        api.outline(members)
    assert caught.value.param == param


USAGE = {"input_tokens": 50, "output_tokens": 408, "input_tokens_details": {"image_tokens": 40, "text_tokens": 10}}
USED = Usage(50, 408, input_image_tokens=40, output_image_tokens=408, images=1)
ANSWERS = [
    ({"data": [{"b64_json": "AAAA"}], "usage": USAGE}, USED),
    (
        {"data": [{}, {}], "usage": {**USAGE, "output_tokens_details": {"image_tokens": 400, "text_tokens": 8}}},
        Usage(50, 408, input_image_tokens=40, output_image_tokens=400, images=2),
    ),
    ({"data": [{"url": "u"}]}, Usage(images=1)),
    (
        {"data": [{}], "svg_usage": {"input_tokens": 5, "output_tokens": 7, "reasoning_tokens": 3}},
        Usage(5, 7, reasoning_output_tokens=3, images=1),
    ),
    ({"data": None, "usage": 7}, Usage()),
]


@pytest.mark.parametrize(("answer", "usage"), ANSWERS)
def test_an_answer_tells_its_pictures_and_tokens(answer, usage):
    assert GENERATIONS.read_answer(json.dumps(answer).encode()) == [Start("", ""), UsageReport(usage)]


def observed(*events, cut=None):
    """What is seen of a stream, and the bytes that pass; `cut` has it come in pieces of that size."""
    sent = b"".join(encode(json.dumps(event).encode(), event["type"]) for event in events)
    observer = GENERATIONS.stream_observer(True)
    step = cut or len(sent)
    fed = [observer.feed(sent[at : at + step]) for at in range(0, len(sent), step)]
    fed.append(observer.finish())
    assert b"".join(passed for passed, _ in fed) == sent
    return [part for _, parts in fed for part in parts]


PARTIAL = {"type": "image_generation.partial_image", "b64_json": "AA", "partial_image_index": 0}
COMPLETED = {"type": "image_generation.completed", "b64_json": "AAAA", "usage": USAGE}


@pytest.mark.parametrize("cut", [1, 7, None])
def test_a_stream_ends_with_its_usage(cut):
    assert observed(PARTIAL, COMPLETED, cut=cut) == [UsageReport(USED), Finish("stop")]


def test_the_pictures_of_a_stream_are_added_up():
    parts = observed({**COMPLETED, "type": "image_edit.completed"}, COMPLETED)
    assert [part for part in parts if isinstance(part, UsageReport)] == [
        UsageReport(USED),
        UsageReport(USED.plus(USED)),
    ]


def test_a_stream_without_usage_reports_none():
    assert observed({"type": "image_generation.completed", "b64_json": "AA"}) == [Finish("stop")]


def test_an_error_in_a_stream_is_read():
    failure = observed({"type": "error", "error": {"type": "server_error", "code": "boom", "message": "broke"}})
    assert failure == [StreamFailure("api_error", "broke", "boom")]


@settings(max_examples=200, deadline=None)
@given(members=objects)
def test_any_request_is_read_or_refused(members):
    for api in (GENERATIONS, EDITS, VARIATIONS):
        try:
            assert api.outline({"image": PNG, **ASKED, **members}).writes
        except TollkeeperError as error:
            assert error.status == 400  # noqa: PT017  either is right


@settings(max_examples=200, deadline=None)
@given(answer=values)
def test_any_answer_is_read_or_blamed_on_the_provider(answer):
    try:
        assert isinstance(GENERATIONS.read_answer(json.dumps(answer).encode())[0], Start)
    except ProviderError as error:
        assert error.status == 502  # noqa: PT017  either is right
