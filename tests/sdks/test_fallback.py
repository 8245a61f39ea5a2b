"""When a provider fails, the next one of the plan answers the same call, in whichever API it speaks."""

from __future__ import annotations

import anthropic
import openai
import pytest

from tests.envoy.proxy import every_envoy, free_port
from tests.fakes import Response
from tests.gateway import PROVIDER_KEYS, gateway
from tests.sdks.scripts import SCENARIOS, USAGE, anthropic_answer, openai_answer

USER = [{"role": "user", "content": "text"}]
MODELS = {
    "chat-first": {
        "backends": [
            {"provider": "openai", "model": "gpt-4o-mini"},
            {"provider": "anthropic", "model": "claude-haiku-4-5", "priority": 1},
        ]
    },
    "messages-first": {
        "backends": [
            {"provider": "anthropic", "model": "claude-haiku-4-5"},
            {"provider": "openai", "model": "gpt-4o-mini", "priority": 1},
        ]
    },
}
LIMITS = [{"name": "tokens", "per": ["key"], "tokens": 1_000_000, "window": "1h"}]


def failing(status):
    return lambda _: Response(
        [b'{"error":{"message":"busy","type":"server_error"}}'], status=status, headers={"retry-after": "1"}
    )


def resetting(_):
    return Response(status=0)


FAILURES = {"429": failing(429), "500": failing(500), "529": failing(529), "reset": resetting}


@every_envoy()
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failing_openai_is_followed_by_anthropic(tmp_path, version, failure):
    with gateway(tmp_path, version, FAILURES[failure], anthropic_answer, models=MODELS, limits=LIMITS) as gate:
        client = gate.client(openai.OpenAI)
        raw = client.chat.completions.with_raw_response.create(model="chat-first", messages=USER)
        assert raw.parse().choices[0].message.content == SCENARIOS["text"]["text"]
        stream = client.chat.completions.create(model="chat-first", messages=USER, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        assert text == SCENARIOS["text"]["text"]
        entry = gate.entry(raw.headers["x-tollkeeper-decision"])
        assert (entry["provider"], entry["attempts"], entry["output_tokens"]) == ("anthropic", 2, USAGE["output"])
        check_no_foreign_credential(gate)


@every_envoy()
def test_a_failing_anthropic_is_followed_by_openai(tmp_path, version):
    with gateway(tmp_path, version, openai_answer, failing(529), models=MODELS, limits=LIMITS) as gate:
        client = gate.client(anthropic.Anthropic)
        answer = client.messages.create(model="messages-first", max_tokens=50, messages=USER)
        assert answer.content[0].text == SCENARIOS["text"]["text"]
        with client.messages.stream(model="messages-first", max_tokens=50, messages=USER) as stream:
            assert "".join(stream.text_stream) == SCENARIOS["text"]["text"]
        check_no_foreign_credential(gate)


@every_envoy()
def test_a_provider_that_is_not_there_is_followed_by_the_next(tmp_path, version):
    gone = {"kind": "openai", "endpoint": f"http://127.0.0.1:{free_port()}", "credential": {"env": "OPENAI_KEY"}}
    with gateway(tmp_path, version, openai_answer, anthropic_answer, models=MODELS, replaced={"openai": gone}) as gate:
        answer = gate.client(openai.OpenAI).chat.completions.create(model="chat-first", messages=USER)
        assert answer.choices[0].message.content == SCENARIOS["text"]["text"]


@every_envoy()
def test_a_provider_that_breaks_off_is_told_from_one_that_refuses_our_credential(tmp_path, version):
    models = {"broken": {"backends": [{"provider": "openai"}]}, "refused": {"backends": [{"provider": "anthropic"}]}}
    broken, refused = (lambda _: Response([], cut=True)), failing(401)
    with gateway(tmp_path, version, broken, refused, models=models) as gate:
        told = {}
        for model in models:
            with pytest.raises(openai.APIError) as failed:
                gate.client(openai.OpenAI).chat.completions.create(model=model, messages=USER)
            told[model] = str(failed.value)
        assert "credential" not in told["broken"]
        assert "credential" in told["refused"]
        with pytest.raises(anthropic.APIStatusError) as failed:
            gate.client(anthropic.Anthropic).messages.create(model="refused", max_tokens=9, messages=USER)
        assert failed.value.status_code == 502
        assert "busy" not in str(failed.value)


@every_envoy()
def test_when_all_providers_fail_the_client_gets_one_clear_error_and_pays_nothing(tmp_path, version):
    with gateway(tmp_path, version, failing(503), failing(529), models=MODELS, limits=LIMITS) as gate:
        with pytest.raises(openai.InternalServerError) as failed:
            gate.client(openai.OpenAI).chat.completions.create(model="chat-first", messages=USER)
        assert failed.value.message
        entry = gate.entry(failed.value.response.headers["x-tollkeeper-decision"])
        assert (entry["outcome"], entry["attempts"], entry["cost_nano"]) == ("failed", 2, 0)
        assert '"leased": 0' in gate.cli("budgets", "list", "--json")


def check_no_foreign_credential(gate):
    seen = {"openai": gate.openai.received, "anthropic": gate.anthropic.received}
    own = {"openai": PROVIDER_KEYS["OPENAI_KEY"], "anthropic": PROVIDER_KEYS["ANTHROPIC_KEY"]}
    assert all(seen.values())
    for name, received in seen.items():
        for request in received:
            text = repr(request.headers) + request.path
            assert own[name] in text
            assert gate.key() not in text
            assert all(secret not in text for other, secret in own.items() if other != name)
            assert not [
                header for header in request.headers if header.startswith(("x-tollkeeper-", "x-envoy-", "x-forwarded-"))
            ]
