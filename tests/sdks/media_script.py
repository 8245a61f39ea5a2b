"""What a fake provider of images and audio answers, in OpenAI's formats, and how it reads the forms that it gets."""

from __future__ import annotations

import base64
import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from tests.fakes import Received, Response
from tests.sdks.scripts import sse

PNG = b"\x89PNG\r\n\x1a\n\0\xff--" * 20
SOUND = b"\xff\xfb\0\r\n\r\n--RIFF" * 5000
SAID = "Grüße aus Köln"
IMAGE_TOKENS = {
    "input_tokens": 50,
    "output_tokens": 272,
    "input_tokens_details": {"image_tokens": 40, "text_tokens": 10},
}
SOUND_TOKENS = {"type": "tokens", "input_tokens": 14, "output_tokens": 45, "total_tokens": 59}
SECONDS = {"type": "duration", "seconds": 9}
SPEECH_TOKENS = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}


def media_answer(received: Received) -> Response:
    path = received.path.partition("?")[0]
    return _ANSWERS[path](fields(received))


def fields(received: Received) -> dict[str, Any]:
    """The members of a JSON body, or the text and the files of a form."""
    if received.headers["content-type"].startswith("application/json"):
        return received.json
    head = f"Content-Type: {received.headers['content-type']}\r\n\r\n".encode()
    return dict(map(_field, BytesParser(policy=HTTP).parsebytes(head + received.body).iter_parts()))


def _field(part: Any) -> tuple[str, Any]:
    content = part.get_payload(decode=True)
    return part["content-disposition"].params["name"], content if part.get_filename() else content.decode()


def _images(asked: dict[str, Any]) -> Response:
    if asked.get("stream") in (True, "true"):
        return _events(_image_events("image_edit" if "image" in asked else "image_generation"))
    data = [{"b64_json": base64.b64encode(PNG).decode()}] * int(asked.get("n", 1))
    by_the_piece = {} if asked.get("model") == "dall-e-2" else {"usage": {**IMAGE_TOKENS, "total_tokens": 322}}
    return _json({"created": 1, "data": data, **by_the_piece})


def _image_events(kind: str) -> list[dict[str, Any]]:
    shown = {"b64_json": base64.b64encode(PNG).decode(), "created_at": 1, "size": "1024x1024", "quality": "low"}
    shown |= {"background": "opaque", "output_format": "png"}
    usage = {**IMAGE_TOKENS, "total_tokens": 322}
    return [
        {"type": f"{kind}.partial_image", "partial_image_index": 0, **shown},
        {"type": f"{kind}.completed", "usage": usage, **shown},
    ]


def _speech(asked: dict[str, Any]) -> Response:
    if asked.get("stream_format") != "sse":
        return Response([SOUND[at : at + 7000] for at in range(0, len(SOUND), 7000)], content_type="audio/mpeg")
    delta = {"type": "speech.audio.delta", "audio": base64.b64encode(SOUND).decode()}
    return _events([delta, {"type": "speech.audio.done", "usage": SPEECH_TOKENS}])


def _heard(asked: dict[str, Any]) -> Response:
    if asked.get("stream") == "true":
        deltas = [{"type": "transcript.text.delta", "delta": piece} for piece in (SAID[:5], SAID[5:])]
        return _events([*deltas, {"type": "transcript.text.done", "text": SAID, "usage": SOUND_TOKENS}])
    return _FORMATS[asked.get("response_format", "json")]()


def _verbose() -> Response:
    return _json({"task": "transcribe", "language": "german", "duration": 8.5, "text": SAID, "usage": SECONDS})


def _diarized() -> Response:
    said = {"id": "seg_1", "type": "transcript.text.segment", "start": 0.0, "end": 8.5, "speaker": "A", "text": SAID}
    return _json({"task": "transcribe", "duration": 8.5, "text": SAID, "segments": [said], "usage": SOUND_TOKENS})


def _text(words: str) -> Response:
    return Response([words.encode()], content_type="text/plain; charset=utf-8")


def _json(answer: dict[str, Any]) -> Response:
    return Response([json.dumps(answer).encode()], headers={"x-request-id": "req_fake"})


def _events(events: list[dict[str, Any]]) -> Response:
    return Response([sse(event, event["type"]) for event in events], content_type="text/event-stream")


_FORMATS = {
    "json": lambda: _json({"text": SAID, "usage": SOUND_TOKENS}),
    "verbose_json": _verbose,
    "diarized_json": _diarized,
    "text": lambda: _text(f"{SAID}\n"),
    "srt": lambda: _text(f"1\n00:00:00,000 --> 00:00:08,500\n{SAID}\n"),
    "vtt": lambda: _text(f"WEBVTT\n\n00:00.000 --> 00:08.500\n{SAID}\n"),
}
_ANSWERS = {
    "/v1/images/generations": _images,
    "/v1/images/edits": _images,
    "/v1/images/variations": _images,
    "/v1/audio/speech": _speech,
    "/v1/audio/transcriptions": _heard,
    "/v1/audio/translations": _heard,
}
