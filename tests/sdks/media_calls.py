"""Calls of OpenAI's SDK for images and audio: each with what its answer must hold and what must be charged."""

from __future__ import annotations

import base64

from tests.sdks.media_script import PNG, SAID, SOUND


def image(answer):
    return base64.b64decode(answer.data[0].b64_json)


DRAWN = {"model": "gpt-image-2", "prompt": "a toll gate", "quality": "low"}
HEARD = {"file": ("a.mp3", SOUND, "audio/mpeg"), "model": "gpt-4o-transcribe"}
TRANSCRIBED = {"input_tokens": 14, "output_tokens": 45, "estimated": False, "operation": "transcription"}
BY_THE_SECOND = {"output_tokens": 0, "audio_milliseconds": 9000, "estimated": False}
GUESSED = {"audio_milliseconds": len(SOUND) // 3, "estimated": True}
METERED = {"input_tokens": 50, "input_image_tokens": 40, "output_tokens": 272, "estimated": False, "images": 1}
SPOKEN = {"model": "gpt-4o-mini-tts", "input": "Hello, gate.", "voice": "alloy"}


def heard(**more):
    return lambda client: client.audio.transcriptions.with_raw_response.create(**{**HEARD, **more})


def translated(**more):
    given = {**HEARD, "model": "whisper-1", **more}
    return lambda client: client.audio.translations.with_raw_response.create(**given)


CALLS = {
    "images.generate": (
        lambda client: client.images.with_raw_response.generate(**DRAWN),
        lambda answer: image(answer) == PNG and answer.usage.output_tokens == 272,
        {**METERED, "operation": "image_generation"},
    ),
    "images.generate, streamed": (
        lambda client: client.images.with_raw_response.generate(**DRAWN, stream=True, partial_images=1),
        lambda events: [event.type.rpartition(".")[2] for event in events] == ["partial_image", "completed"],
        {**METERED, "stream": True, "outcome": "served"},
    ),
    "images.edit": (
        lambda client: client.images.with_raw_response.edit(**DRAWN, image=[("a.png", PNG), ("b.png", PNG)], mask=PNG),
        lambda answer: image(answer) == PNG,
        {**METERED, "operation": "image_edit"},
    ),
    "images.edit, streamed": (
        lambda client: client.images.with_raw_response.edit(**DRAWN, image=PNG, stream=True),
        lambda events: events[-1].type == "image_edit.completed" and events[-1].usage.output_tokens == 272,
        {**METERED, "stream": True},
    ),
    "images.create_variation": (
        lambda client: client.images.with_raw_response.create_variation(image=PNG, model="dall-e-2", n=2),
        lambda answer: len(answer.data) == 2,
        {"images": 2, "output_tokens": 0, "estimated": False, "operation": "image_variation"},
    ),
    "audio.speech": (
        lambda client: client.audio.speech.with_raw_response.create(**SPOKEN),
        lambda answer: answer.content == SOUND,
        {"characters": 12, "output_tokens": 18, "estimated": True, "operation": "speech"},
    ),
    "audio.speech, as events": (
        lambda client: client.audio.speech.with_raw_response.create(**SPOKEN, stream_format="sse"),
        lambda answer: b"speech.audio.done" in answer.content,
        {"characters": 12, "input_tokens": 14, "output_tokens": 101, "estimated": False, "stream": True},
    ),
    "transcriptions, json": (
        heard(),
        lambda answer: answer.text == SAID and answer.usage.type == "tokens",
        TRANSCRIBED,
    ),
    "transcriptions, streamed": (
        heard(stream=True),
        lambda events: "".join(event.delta for event in events[:-1]) == events[-1].text == SAID,
        {**TRANSCRIBED, "stream": True, "outcome": "served"},
    ),
    "transcriptions, verbose_json": (
        heard(model="whisper-1", response_format="verbose_json", timestamp_granularities=["word", "segment"]),
        lambda answer: (answer.text, answer.duration) == (SAID, 8.5),
        BY_THE_SECOND,
    ),
    "transcriptions, diarized_json": (
        heard(model="gpt-4o-transcribe-diarize", response_format="diarized_json", chunking_strategy="auto"),
        lambda answer: answer.segments[0].speaker == "A",
        TRANSCRIBED,
    ),
    "transcriptions, text": (
        heard(model="whisper-1", response_format="text"),
        lambda answer: answer.strip() == SAID,
        GUESSED,
    ),
    "transcriptions, srt": (heard(response_format="srt"), lambda answer: answer.startswith("1\n00:00:00,000"), GUESSED),
    "transcriptions, vtt": (heard(response_format="vtt"), lambda answer: answer.startswith("WEBVTT\n"), GUESSED),
    "translations, json": (
        translated(),
        lambda answer: answer.text == SAID,
        {"output_tokens": 45, "operation": "translation"},
    ),
    "translations, verbose_json": (
        translated(response_format="verbose_json"),
        lambda answer: answer.duration == 8.5,
        BY_THE_SECOND,
    ),
    "translations, text": (translated(response_format="text"), lambda answer: answer.strip() == SAID, GUESSED),
}
