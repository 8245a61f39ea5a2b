"""Speech and what is heard are bounded before a call, and metered by the token, the second or the character."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from ext_proc.apis import APIS
from ext_proc.apis.form_body import File
from ext_proc.apis.sse import encode
from ext_proc.errors import Malformed, ProviderError, TollkeeperError
from ext_proc.parts import Finish, Start, StreamFailure, TextDelta, UsageReport
from ext_proc.usage import Usage
from tests.apis.test_any_json import objects, values

SPEECH, TRANSCRIPTIONS, TRANSLATIONS = (APIS[name] for name in ("speech", "transcriptions", "translations"))
WAV = File(32_000, "a.wav", "audio/wav")
MP3 = File(60_000, "a.MP3", "audio/mpeg")
SAID = {"model": "gpt-4o-mini-tts", "input": "höre", "voice": "alloy"}
HEARD = {"model": "gpt-4o-transcribe", "file": MP3}

SPOKEN = [
    ({}, False, 1080, 8),
    ({"stream_format": "audio"}, False, 1080, 8),
    ({"stream_format": "sse"}, True, 1080, 8),
    ({"speed": 0.25}, False, 1320, 8),
    ({"speed": 4}, False, 1080, 8),
]


@pytest.mark.parametrize(("changes", "stream", "most", "usual"), SPOKEN)
def test_speech_is_bounded_by_its_text_and_pace(changes, stream, most, usual):
    outline = SPEECH.outline({**SAID, **changes})
    assert (outline.stream, outline.max_output_tokens, outline.heeds_cap) == (stream, most, False)
    assert (outline.units, outline.estimate) == ({"characters": 4}, {"output_tokens": usual})


def test_a_recording_is_bounded_by_what_providers_take_and_its_bytes_are_no_text():
    outline = TRANSCRIPTIONS.outline({**HEARD, "stream": "true"})
    assert (outline.stream, outline.sounds, outline.image_bytes) == (True, 1, 60_000)
    assert (outline.max_output_tokens, outline.heeds_cap, outline.outside) == (75_000, False, None)


@pytest.mark.parametrize(("file", "heard"), [(WAV, 2000), (MP3, 20_000), (File(10**9, "a", "audio/mpeg"), 10_800_000)])
def test_how_long_a_recording_is_can_only_be_guessed_by_its_kind(file, heard):
    outline = TRANSLATIONS.outline({**HEARD, "file": file})
    assert outline.estimate == {"audio_milliseconds": heard, "input_tokens": heard // 60}


def test_samples_of_known_voices_are_no_text():
    voices = ["data:audio/wav;base64,AAAA", "data:audio/wav;base64,BBBB"]
    outline = TRANSCRIPTIONS.outline({**HEARD, "known_speaker_references[]": voices})
    assert outline.image_bytes == 60_000 + sum(map(len, voices))


@pytest.mark.parametrize("member", ["file_url", "file_id", "url"])
def test_a_recording_that_the_provider_fetches_is_from_outside(member):
    assert TRANSCRIPTIONS.outline({"model": "m", member: "https://h/a.mp3"}).outside == member


MISTAKES = [
    (SPEECH, {"model": "m"}, "input"),
    (SPEECH, {"input": "a"}, "model"),
    (SPEECH, {**SAID, "input": ""}, "input"),
    (SPEECH, {**SAID, "input": ["a"]}, "input"),
    (SPEECH, {**SAID, "stream_format": "mp3"}, "stream_format"),
    (SPEECH, {**SAID, "speed": 0}, "speed"),
    (SPEECH, {**SAID, "speed": "1"}, "speed"),
    (SPEECH, {**SAID, "speed": 1e-300}, "speed"),
    (TRANSCRIPTIONS, {"file": MP3}, "model"),
    (TRANSCRIPTIONS, {"model": "m"}, "file"),
    (TRANSCRIPTIONS, {"model": "m", "file": "text"}, "file"),
    (TRANSCRIPTIONS, {"model": "m", "file": [MP3, MP3]}, "file"),
    (TRANSCRIPTIONS, {"model": "m", "file": "text", "url": "https://h"}, "file"),
    (TRANSCRIPTIONS, {**HEARD, "stream": "maybe"}, "stream"),
    (TRANSLATIONS, {"model": ["m"], "file": MP3}, "model"),
]


@pytest.mark.parametrize(("api", "members", "param"), MISTAKES)
def test_a_mistake_is_refused_and_its_member_named(api, members, param):
    with pytest.raises(Malformed) as caught:
        api.outline(members)
    assert caught.value.param == param


TOKENS = {
    "type": "tokens",
    "input_tokens": 14,
    "output_tokens": 45,
    "total_tokens": 59,
    "input_token_details": {"audio_tokens": 12, "text_tokens": 2},
}
ANSWERS = {
    "tokens": ({"text": "hi", "usage": TOKENS}, [UsageReport(Usage(14, 45, input_audio_tokens=12))]),
    "tokens without details": (
        {"text": "hi", "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 45}},
        [UsageReport(Usage(14, 45, input_audio_tokens=14))],
    ),
    "seconds": (
        {"text": "hi", "usage": {"type": "duration", "seconds": 9.0001}},
        [UsageReport(Usage(audio_milliseconds=9001))],
    ),
    "verbose": (
        {"text": "hi", "duration": 8.47, "language": "en", "usage": {"type": "duration", "seconds": 9}},
        [UsageReport(Usage(audio_milliseconds=9000))],
    ),
    "verbose without usage": ({"text": "hi", "duration": 8.5}, [UsageReport(Usage(audio_milliseconds=8500))]),
    "Mistral": (
        {"text": "hi", "usage": {"prompt_audio_seconds": 203, "prompt_tokens": 4, "completion_tokens": 635}},
        [UsageReport(Usage(4, 635, audio_milliseconds=203_000))],
    ),
    "nothing": ({"text": "hi"}, []),
    "nonsense": ({"text": "hi", "usage": {"type": "duration", "seconds": "soon"}, "duration": True}, []),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_a_transcript_tells_its_text_and_what_it_cost(case):
    answer, reports = ANSWERS[case]
    assert TRANSCRIPTIONS.read_answer(json.dumps(answer).encode()) == [Start("", ""), TextDelta("hi"), *reports]


@pytest.mark.parametrize("answer", [b"1\n00:00:00,000 --> 00:00:01,000\nhi\n", b"WEBVTT\n", b"hi", b"\xff\xfb"])
@pytest.mark.parametrize("api", [SPEECH, TRANSCRIPTIONS], ids=["speech", "transcriptions"])
def test_sound_and_subtitles_cannot_be_read(api, answer):
    with pytest.raises(ProviderError):
        api.read_answer(answer)


def observed(api, *events):
    """What is seen of a stream that comes byte by byte."""
    sent = b"".join(event if isinstance(event, bytes) else encode(json.dumps(event).encode()) for event in events)
    observer = api.stream_observer(True)
    fed = [*(observer.feed(bytes([byte])) for byte in sent), observer.finish()]
    assert b"".join(passed for passed, _ in fed) == sent
    return [part for _, parts in fed for part in parts if part != TextDelta("")]


DONE = {"type": "speech.audio.done", "usage": {"input_tokens": 9, "output_tokens": 40, "total_tokens": 49}}
HI = [TextDelta("h"), TextDelta("i")]
STREAMS = {
    "speech": (
        SPEECH,
        ({"type": "speech.audio.delta", "audio": "AAAA"}, DONE),
        [UsageReport(Usage(9, 40, output_audio_tokens=40)), Finish("stop")],
    ),
    "speech without usage": (SPEECH, ({"type": "speech.audio.done"},), [Finish("stop")]),
    "transcript": (
        TRANSCRIPTIONS,
        (
            {"type": "transcript.text.delta", "delta": "h"},
            {"type": "transcript.text.delta", "delta": "i"},
            {"type": "transcript.text.done", "text": "hi", "usage": TOKENS},
        ),
        [*HI, UsageReport(Usage(14, 45, input_audio_tokens=12)), Finish("stop")],
    ),
    "Mistral's": (
        TRANSCRIPTIONS,
        (
            {"type": "transcription.text.delta", "text": "h"},
            {"type": "transcription.text.delta", "text": "i"},
            {"type": "transcription.done", "usage": {"prompt_audio_seconds": 2, "completion_tokens": 3}},
        ),
        [*HI, UsageReport(Usage(0, 3, audio_milliseconds=2000)), Finish("stop")],
    ),
    "vLLM's": (
        TRANSCRIPTIONS,
        (
            {"choices": [{"delta": {"content": "h"}}]},
            {"choices": [{"delta": {"content": "i"}, "finish_reason": "stop"}]},
            {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}},
            b"data: [DONE]\n\n",
        ),
        [*HI, Finish("stop"), UsageReport(Usage(5, 2))],
    ),
    "an error": (
        TRANSLATIONS,
        ({"type": "error", "error": {"message": "broke", "code": "boom"}},),
        [StreamFailure("api_error", "broke", "boom")],
    ),
}


@pytest.mark.parametrize("case", STREAMS)
def test_a_stream_passes_whole_and_its_usage_is_seen(case):
    api, events, parts = STREAMS[case]
    assert observed(api, *events) == parts


@settings(max_examples=200, deadline=None)
@given(members=objects)
def test_any_request_is_read_or_refused(members):
    for api, least in ((SPEECH, SAID), (TRANSCRIPTIONS, HEARD)):
        try:
            assert api.outline({**least, **members}).writes
        except TollkeeperError as error:
            assert error.status == 400  # noqa: PT017  either is right


@settings(max_examples=200, deadline=None)
@given(answer=values)
def test_any_answer_is_read_or_blamed_on_the_provider(answer):
    try:
        assert isinstance(TRANSCRIPTIONS.read_answer(json.dumps(answer).encode())[0], Start)
    except ProviderError as error:
        assert error.status == 502  # noqa: PT017  either is right
