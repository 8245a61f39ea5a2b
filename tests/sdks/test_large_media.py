"""Recordings, sound and images as large as providers take and send pass whole."""

from __future__ import annotations

import pytest

from tests.fakes import Response
from tests.gateway import gateway
from tests.sdks.media_script import SAID, fields, media_answer
from tests.sdks.scripts import anthropic_answer, sse

LARGEST = bytes(range(256)) * (25 * 1024 * 4)
"""25 MiB, which is what OpenAI takes."""
MODELS = {
    "whisper-1": {"backends": [{"provider": "openai"}]},
    "renamed": {"backends": [{"provider": "openai", "model": "whisper-1"}]},
}


@pytest.mark.parametrize("version", ["1.37", "1.40"])
def test_a_recording_of_twenty_five_megabytes_passes_renamed_or_not(tmp_path, version):
    proxy = {"max_body_bytes": 26 * 1024 * 1024}
    with gateway(tmp_path, version, media_answer, anthropic_answer, models=MODELS, proxy=proxy) as gate:
        for model in MODELS:
            answer = gate.client().audio.transcriptions.create(model=model, file=("a.wav", LARGEST))
            assert answer.text == SAID
            sent = fields(gate.openai.received.pop())
            assert (sent["model"], sent["file"]) == ("whisper-1", LARGEST)


def large_answer(received):
    """Twenty mebibytes of sound, or a stream of two images of four each."""
    if received.path == "/v1/audio/speech":
        return Response([LARGEST[: 1024 * 1024]] * 20, content_type="audio/mpeg")
    shown = {"b64_json": "A" * (4 * 1024 * 1024), "created_at": 1}
    usage = {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12}
    events = [
        {"type": "image_generation.partial_image", "partial_image_index": 0, **shown},
        {"type": "image_generation.completed", "usage": usage, **shown},
    ]
    return Response([sse(event, event["type"]) for event in events], content_type="text/event-stream")


@pytest.mark.parametrize("version", ["1.37", "1.40"])
def test_large_answers_pass_whole(tmp_path, version):
    """With a full buffer of one mebibyte, Envoy crashes."""
    models = {"gpt-image-2": {"backends": [{"provider": "openai"}]}, "tts-1": {"backends": [{"provider": "openai"}]}}
    with gateway(tmp_path, version, large_answer, anthropic_answer, models=models) as gate:
        for _ in range(5):
            stream = gate.client().images.generate(model="gpt-image-2", prompt="p", stream=True)
            assert [len(event.b64_json) for event in stream] == [4 * 1024 * 1024] * 2
            sound = gate.client().audio.speech.create(model="tts-1", input="Hello", voice="alloy")
            assert sound.content == LARGEST[: 1024 * 1024] * 20
        assert gate.envoy.poll() is None
