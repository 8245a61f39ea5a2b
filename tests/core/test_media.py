"""Images and audio: what is reserved before the call, and what is charged for what came of it."""

from __future__ import annotations

import json
import tracemalloc

import httpx
import pytest

from ext_proc.effects import Reserve
from ext_proc.events import Finished, RequestBody, RequestHeaders, ResponseBody, ResponseHeaders
from ext_proc.plan import load
from ext_proc.stages.conclude import conclude
from ext_proc.stages.read import UNCOUNTED_PER_IMAGE, UNCOUNTED_PER_SOUND
from tests.core.attempts import JSON, SSE, new
from tests.core.conversation import call, decide, error_of, full, room, secret_of, snapshot

BACKENDS = [{"provider": "openai"}, {"provider": "second", "priority": 1}]
MODELS = {
    "gpt-image-2": {"backends": BACKENDS, "max_output_tokens": 10},
    "tts-1": {"backends": BACKENDS},
    "whisper-1": {"backends": BACKENDS},
    "painter": {"backends": [{"provider": "openai", "model": "gpt-image-2"}]},
    "scribe": {"backends": [{"provider": "openai", "model": "whisper-1"}]},
    "chat-only": {"backends": [{"provider": "anthropic"}]},
}
LIMITS = [{"name": "tokens", "tokens": 10**9, "window": "1h"}]
VIEW = snapshot(models=MODELS, limits=LIMITS)
KEY = ("authorization", f"Bearer {secret_of('alice')}")
SOUND = b"RIFF\0\xff\r\n" * 4000
AUDIO = (("content-type", "audio/mpeg"),)

GENERATIONS, EDITS, VARIATIONS = (f"/v1/images/{name}" for name in ("generations", "edits", "variations"))
SPEECH, TRANSCRIPTIONS, TRANSLATIONS = (f"/v1/audio/{name}" for name in ("speech", "transcriptions", "translations"))


def jsoned(**members):
    return json.dumps(members).encode(), "application/json"


def formed(files=(), **fields):
    request = httpx.Request("POST", "http://provider", data=fields, files=list(files) or [("file", ("a.mp3", SOUND))])
    return request.read(), request.headers["content-type"]


def sent(path, body, content_type):
    return call(body, path, headers=(KEY, ("content-type", content_type)))


PNG = ("image[]", ("a.png", b"\x89PNG\0" * 100, "image/png"))
DRAWN = {"model": "gpt-image-2", "prompt": "p", "quality": "low", "size": "1024x1024"}
RESERVED = {
    "a picture": (GENERATIONS, jsoned(**DRAWN), 0, 0, 408),
    "four pictures": (GENERATIONS, jsoned(**DRAWN, n=4), 0, 0, 4 * 408),
    "pictures shown": (EDITS, formed([PNG, PNG], **DRAWN, n="2"), 1000, 2 * UNCOUNTED_PER_IMAGE, 2 * 408),
    "speech": (SPEECH, jsoned(model="tts-1", input="hello", voice="v"), 0, 0, 1000 + 16 * 5),
    "a recording": (TRANSCRIPTIONS, formed(model="whisper-1"), len(SOUND), UNCOUNTED_PER_SOUND, 75_000),
    "a translation": (TRANSLATIONS, formed(model="whisper-1"), len(SOUND), UNCOUNTED_PER_SOUND, 75_000),
}


@pytest.mark.parametrize("case", RESERVED)
def test_the_worst_case_is_reserved_whatever_the_models_cap(case):
    """No request of these APIs can say a cap, so that one in the settings must not lower what is held."""
    path, (body, content_type), media_bytes, media_tokens, output = RESERVED[case]
    (effect,), allowed = decide(sent(path, body, content_type), VIEW, room, draws=[0.0])
    assert isinstance(effect, Reserve)
    assert [claim.amount for claim in effect.lease.claims] == [len(body) - media_bytes + media_tokens + output]
    assert not load(allowed.plan).limit_output


def test_a_call_that_does_not_fit_is_not_made_smaller():
    body, content_type = jsoned(**DRAWN)
    effects, answer = decide(sent(GENERATIONS, body, content_type), VIEW, full("tokens"), draws=[0.0])
    assert (len(effects), answer.status, error_of(answer)["param"]) == (1, 429, "tokens")


UNBOUNDED = {
    "a drawing": (GENERATIONS, jsoned(**DRAWN, output_format="svg"), "unbounded_output", "output_format"),
    "a recording elsewhere": (
        TRANSCRIPTIONS,
        formed([("file_url", (None, "https://h/a"))], model="whisper-1"),
        "unbounded_input",
        "file_url",
    ),
}


@pytest.mark.parametrize("case", UNBOUNDED)
def test_what_has_no_bound_is_refused_under_a_hard_limit_and_served_without_one(case):
    path, (body, content_type), code, param = UNBOUNDED[case]
    _, answer = decide(sent(path, body, content_type), VIEW, draws=[0.0])
    assert (answer.status, error_of(answer)["code"], error_of(answer)["param"]) == (400, code, param)
    _, allowed = decide(sent(path, body, content_type), snapshot(models=MODELS), draws=[0.0])
    assert load(allowed.plan).steps


def test_a_provider_of_chats_alone_makes_no_pictures():
    body, content_type = jsoned(model="chat-only", prompt="p")
    _, answer = decide(sent(GENERATIONS, body, content_type), VIEW)
    assert (answer.status, error_of(answer)["code"]) == (400, "unsupported_api")
    assert "Image Generations" in error_of(answer)["message"]


def test_two_content_types_are_refused():
    body, content_type = formed(model="whisper-1")
    twice = (KEY, ("content-type", content_type), ("content-type", "multipart/form-data; boundary=other"))
    _, answer = decide(call(body, TRANSCRIPTIONS, headers=twice), VIEW)
    assert (answer.status, error_of(answer)["code"]) == (400, "duplicate_header")


INLINE = {name: {**model, "metering": "inline"} for name, model in MODELS.items()}


def begun(path, body, content_type):
    """An attempt whose request the provider has got, and what it got."""
    view = snapshot(models=INLINE)
    _, allowed = decide(sent(path, body, content_type), view, draws=[0.0])
    one = new(view)
    one.on(RequestHeaders((KEY, ("content-type", content_type)), "openai", 1, allowed.plan))
    if one.replies[-1].ask_body:
        one.on(RequestBody(body))
        one.sent = one.replies[-1].body
    else:
        one.sent = body
    return one


def test_a_form_passes_untouched_or_with_another_model_and_no_other_change():
    body, content_type = formed(model="whisper-1", language="de")
    assert begun(TRANSCRIPTIONS, body, content_type).sent == body
    renamed, content_type = formed(model="scribe", language="de")
    assert begun(TRANSCRIPTIONS, renamed, content_type).sent == renamed.replace(b"\r\nscribe\r\n", b"\r\nwhisper-1\r\n")


def charged(one):
    (only,) = one.settled
    names = ("outcome", "input_tokens", "output_tokens", "images", "characters", "audio_milliseconds", "estimated")
    return tuple(only.entry[name] for name in names)


def event(**members):
    return b"data: " + json.dumps(members).encode() + b"\n\n"


PICTURES = {"data": [{"url": "u"}, {"url": "v"}]}
USAGE = {"input_tokens": 9, "output_tokens": 272}
HEARD = {"text": "hi " * 30, "usage": {"type": "duration", "seconds": 3}}
SPOKEN = jsoned(model="tts-1", input="hello", voice="v")
SPOKEN_EVENTS = jsoned(model="tts-1", input="hello", voice="v", stream_format="sse")
RECORDING = formed(model="whisper-1")
DRAWN_EVENTS = jsoned(**DRAWN, stream=True)
TEXT = (("content-type", "text/plain; charset=utf-8"),)

CHARGES = {
    "pictures by the piece": (GENERATIONS, jsoned(**DRAWN, n=2), JSON, [PICTURES], ("served", 0, 0, 2, 0, 0, False)),
    "pictures by the token": (
        GENERATIONS,
        jsoned(**DRAWN),
        JSON,
        [{"data": [{}], "usage": USAGE}],
        ("served", 9, 272, 1, 0, 0, False),
    ),
    "streamed pictures": (
        GENERATIONS,
        DRAWN_EVENTS,
        SSE,
        [event(type="image_generation.completed", usage=USAGE)],
        ("served", 9, 272, 1, 0, 0, False),
    ),
    "streamed pictures without usage": (
        GENERATIONS,
        DRAWN_EVENTS,
        SSE,
        [event(type="image_generation.completed")],
        ("served", -(-len(DRAWN_EVENTS[0]) // 3), 408, 1, 0, 0, True),
    ),
    "sound": (SPEECH, SPOKEN, AUDIO, [SOUND, SOUND], ("served", -(-len(SPOKEN[0]) // 3), 8, 0, 5, 0, True)),
    "streamed sound": (
        SPEECH,
        SPOKEN_EVENTS,
        SSE,
        [event(type="speech.audio.delta", audio="A" * 5000), event(type="speech.audio.done", usage=USAGE)],
        ("served", 9, 272, 0, 5, 0, False),
    ),
    "heard by the second": (TRANSCRIPTIONS, RECORDING, JSON, [HEARD], ("served", 0, 0, 0, 0, 3000, False)),
    "subtitles": (
        TRANSCRIPTIONS,
        RECORDING,
        TEXT,
        [b"WEBVTT", b"\n\nhi\n"],
        ("served", len(SOUND) // 3 // 60, 4, 0, 0, len(SOUND) // 3, True),
    ),
    "text without usage": (
        TRANSLATIONS,
        RECORDING,
        JSON,
        [{"text": "hi " * 30}],
        ("served", len(SOUND) // 3 // 60, 30, 0, 0, len(SOUND) // 3, True),
    ),
}


@pytest.mark.parametrize("case", CHARGES)
def test_what_was_reported_is_charged_and_the_rest_is_estimated(case):
    path, (body, content_type), headers, chunks, charge = CHARGES[case]
    one = begun(path, body, content_type)
    pieces = [chunk if isinstance(chunk, bytes) else json.dumps(chunk).encode() for chunk in chunks]
    one.answer(200, headers, *pieces)
    assert one.data == b"".join(pieces)
    assert charged(one) == charge


def test_sound_that_a_client_leaves_is_charged_by_its_text():
    one = begun(SPEECH, *SPOKEN)
    one.on(ResponseHeaders(200, AUDIO, end_of_stream=False))
    one.on(ResponseBody(SOUND, end_of_stream=False))
    one.close()
    assert charged(one)[0] == "aborted"
    assert charged(one)[2:] == (8, 0, 5, 0, True)


def test_an_estimate_is_never_more_than_what_was_held():
    body, content_type = jsoned(model="tts-1", input="a" * 4000, voice="v")
    (effect,), _ = decide(sent(SPEECH, body, content_type), VIEW, room, draws=[0.0])
    one = begun(SPEECH, body, content_type)
    one.answer(200, AUDIO, SOUND * 100)
    assert one.settled[0].amounts["tokens"] <= effect.lease.claims[0].amount


def test_sound_passes_by_the_service_and_is_charged_by_its_text():
    """The host tells of it at the end; there is nothing in sound that anybody could read."""
    view = snapshot(models=MODELS)
    body, content_type = SPOKEN
    _, allowed = decide(sent(SPEECH, body, content_type), view, draws=[0.0])
    plan = load(allowed.plan)
    assert plan.steps[0].native
    finished = Finished(allowed.plan, 200, "openai", 1, 5_000_000, {}, 1.0, 0.1, aborted=False, details="")
    entry = conclude(plan, finished, view).entry
    assert (entry["outcome"], entry["characters"], entry["output_tokens"]) == ("served", 5, 8)
    assert entry["estimated"]


def test_sound_passes_in_constant_memory():
    one = begun(SPEECH, *SPOKEN)
    one.on(ResponseHeaders(200, AUDIO, end_of_stream=False))
    one.replies = Forgetful()
    tracemalloc.start()
    for _ in range(40):
        one.on(ResponseBody(bytes(1024 * 1024), end_of_stream=False))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * 1024 * 1024


class Forgetful(list):
    """Keeps no reply, as a host keeps none."""

    def append(self, _reply):
        self.clear()
