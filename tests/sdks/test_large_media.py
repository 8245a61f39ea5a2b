"""A recording as large as providers take passes where the limit of bodies was raised for it."""

from __future__ import annotations

import pytest

from tests.gateway import gateway
from tests.sdks.media_script import SAID, fields, media_answer
from tests.sdks.scripts import anthropic_answer

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
