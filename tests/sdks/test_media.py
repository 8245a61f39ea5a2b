"""OpenAI's SDK makes images, speaks and listens through the gateway, which passes every byte and meters each call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import httpx
import openai
import pytest

from tests.fakes import Fake, Received, Response
from tests.gateway import PROVIDER_KEYS, Gateway, gateway
from tests.sdks.media_calls import CALLS, DRAWN, HEARD, SPOKEN, heard
from tests.sdks.media_script import PNG, SAID, SOUND, fields, media_answer
from tests.sdks.scripts import anthropic_answer

PRICED = {"gpt-image-2": "gpt-image-2", "gpt-4o-mini-tts": "gpt-4o-mini-tts", "gpt-4o-transcribe": "gpt-4o-transcribe"}
SERVED = [*PRICED, "dall-e-2", "gpt-4o-transcribe-diarize", "whisper-1", "tts-1"]
LIMITS = [
    {"name": "tokens", "per": ["key"], "tokens": 10**12, "window": "1h"},
    {"name": "spent", "match": {"model": "spent"}, "tokens": 100, "window": "1h"},
]
EACH = pytest.mark.parametrize("kind", [openai.OpenAI, openai.AsyncOpenAI], ids=["sync", "async"])


def busy(_received: Received) -> Response:
    return Response([b'{"error":{"message":"busy","type":"requests","code":"rate_limit_exceeded"}}'], status=429)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Fake(busy) as crowded:
        provider = {"kind": "openai", "endpoint": crowded.url, "credential": {"env": "ANTHROPIC_KEY"}}
        later = {"provider": "openai", "priority": 1}
        models = {
            **{name: {"backends": [{"provider": "openai"}]} for name in (*SERVED, "spent")},
            "scribe": {"backends": [{"provider": "openai", "model": "whisper-1"}]},
            "painter": {"backends": [{"provider": "busy", "model": "other"}, {**later, "model": "gpt-image-2"}]},
            "listener": {"backends": [{"provider": "busy", "model": "other"}, {**later, "model": "whisper-1"}]},
            "claude": {"backends": [{"provider": "anthropic"}]},
        }
        folder = tmp_path_factory.mktemp("media")
        settings = {"models": models, "limits": LIMITS, "replaced": {"busy": provider}}
        with gateway(folder, "1.40", media_answer, anthropic_answer, **settings) as running:
            running.crowded = crowded
            yield running


@pytest.fixture(autouse=True)
def _forget(gate):
    gate.openai.received.clear()
    gate.crowded.received.clear()


def asked(gate, kind, call):
    """The answer of a call by either client, or the events of its stream; and the call's usage entry."""
    if kind is openai.OpenAI:
        raw = call(gate.client(kind))
        parsed = raw.parse()
        return (list(parsed) if isinstance(parsed, openai.Stream) else parsed), _entry(gate, raw)
    return asyncio.run(_asked(gate, call))


async def _asked(gate, call):
    async with gate.client(openai.AsyncOpenAI) as client:
        raw = await call(client)
        parsed = raw.parse()
        answer = [event async for event in parsed] if isinstance(parsed, openai.AsyncStream) else parsed
    return answer, _entry(gate, raw)


def _entry(gate, raw):
    return gate.entry(raw.headers["x-tollkeeper-decision"])


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # variations, which OpenAI itself has given up
@EACH
@pytest.mark.parametrize("case", CALLS)
def test_the_sdk_gets_what_the_provider_sent_and_it_is_charged(gate, kind, case):
    call, holds, charged = CALLS[case]
    answer, entry = asked(gate, kind, call)
    assert holds(answer)
    assert {name: entry[name] for name in charged} == charged
    assert gate.openai.received[-1].headers["authorization"] == f"Bearer {PROVIDER_KEYS['OPENAI_KEY']}"


def test_sound_can_be_streamed_as_it_comes(gate):
    client = gate.client()
    with client.audio.speech.with_streaming_response.create(**SPOKEN) as response:
        assert b"".join(response.iter_bytes()) == SOUND


def test_an_async_client_can_stream_sound_as_it_comes(gate):
    async def spoken():
        async with (
            gate.client(openai.AsyncOpenAI) as client,
            client.audio.speech.with_streaming_response.create(**SPOKEN) as response,
        ):
            return [chunk async for chunk in response.iter_bytes()]

    assert b"".join(asyncio.run(spoken())) == SOUND


EVERY_BYTE = bytes(range(256)) * 64 + b"\r\n--b\r\n\0"
FORM = (
    b'--b0undary\r\nContent-Disposition: form-data; name="model"\r\n\r\nMODEL\r\n'
    b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\n'
    + EVERY_BYTE
    + b"\r\n--b0undary--\r\n"
)


@pytest.mark.parametrize(("model", "there"), [("whisper-1", "whisper-1"), ("scribe", "whisper-1")])
def test_a_form_reaches_the_provider_byte_by_byte_but_for_the_models_name(gate, model, there):
    headers = {"authorization": f"Bearer {gate.key()}", "content-type": "multipart/form-data; boundary=b0undary"}
    httpx.post(
        f"{gate.url}/v1/audio/transcriptions",
        content=FORM.replace(b"MODEL", model.encode()),
        headers=headers,
        timeout=20,
    )
    (received,) = gate.openai.received
    assert received.body == FORM.replace(b"MODEL", there.encode())
    assert received.headers["content-type"] == headers["content-type"]


FALLBACKS = {
    "images.edit": (
        lambda client: client.images.with_raw_response.edit(model="painter", prompt="p", image=PNG),
        {"model": "gpt-image-2", "prompt": "p", "image": PNG},
    ),
    "transcriptions": (heard(model="listener"), {"model": "whisper-1", "file": SOUND}),
    "images.generate": (
        lambda client: client.images.with_raw_response.generate(model="painter", prompt="p"),
        {"model": "gpt-image-2", "prompt": "p"},
    ),
}


@EACH
@pytest.mark.parametrize("case", FALLBACKS)
def test_the_next_provider_gets_the_whole_call_when_the_first_is_busy(gate, kind, case):
    call, sent = FALLBACKS[case]
    _, entry = asked(gate, kind, call)
    (first,), (second,) = gate.crowded.received, gate.openai.received
    assert (fields(first), fields(second)) == ({**sent, "model": "other"}, sent)
    assert (entry["attempts"], entry["provider"], entry["outcome"]) == (2, "openai", "served")
    assert second.headers["authorization"] == f"Bearer {PROVIDER_KEYS['OPENAI_KEY']}"


REFUSED = {
    "an unknown model": (heard(model="nobody"), openai.NotFoundError, "model_not_found"),
    "a model that only chats": (
        lambda client: client.images.generate(model="claude", prompt="p"),
        openai.BadRequestError,
        "unsupported_api",
    ),
    "no model": (lambda client: client.images.generate(prompt="p"), openai.BadRequestError, "malformed_request"),
    "a recording that is text": (
        lambda client: client.audio.transcriptions.create(model="whisper-1", file=("", "text")),
        openai.BadRequestError,
        "malformed_request",
    ),
    "a spent limit": (
        lambda client: client.audio.speech.create(model="spent", input="Hello", voice="alloy"),
        openai.RateLimitError,
        "rate_limit_exceeded",
    ),
    "a drawing under a hard limit": (
        lambda client: client.images.generate(**DRAWN, output_format="svg"),
        openai.BadRequestError,
        "unbounded_output",
    ),
    "a recording over the limit of bodies": (
        heard(file=("a.mp3", SOUND * 300)),
        openai.APIStatusError,
        "request_too_large",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_raised_as_openais_own_error_and_reaches_no_provider(gate, case):
    call, error, code = REFUSED[case]
    with pytest.raises(error) as raised:
        call(gate.client())
    assert raised.value.code == code
    assert not gate.openai.received


def test_a_key_that_may_not_use_the_model_is_refused(gate):
    client = gate.client(key=gate.key("scribes", "--model", "whisper-1"))
    with pytest.raises(openai.PermissionDeniedError):
        client.images.generate(**DRAWN)
    assert client.audio.transcriptions.create(**{**HEARD, "model": "whisper-1"}).text == SAID


def test_an_unknown_key_is_refused(gate):
    with pytest.raises(openai.AuthenticationError):
        gate.client(key="tk-unknown").audio.speech.create(**SPOKEN)
    assert not gate.openai.received


def test_a_form_that_two_parsers_could_read_apart_reaches_no_provider(gate):
    twice = FORM.replace(
        b"--b0undary--", b'--b0undary\r\nContent-Disposition: form-data; name="model"\r\n\r\nx\r\n--b0undary--'
    )
    headers = {"authorization": f"Bearer {gate.key()}", "content-type": "multipart/form-data; boundary=b0undary"}
    answer = httpx.post(f"{gate.url}/v1/audio/transcriptions", content=twice, headers=headers, timeout=20)
    assert (answer.status_code, json.loads(answer.content)["error"]["code"]) == (400, "duplicate_field")
    assert not gate.openai.received
