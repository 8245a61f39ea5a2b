"""The client's key never reaches a provider, a provider's key never the client, and neither any log or file."""

from __future__ import annotations

import contextlib
import json

import httpx
import openai
import pytest
import yaml

from tests.envoy.proxy import every_envoy
from tests.fakes import Response
from tests.gateway import PROVIDER_KEYS, gateway, poll
from tests.sdks.scripts import anthropic_answer, openai_answer

PROMPT = "text canary-prompt-7d1f"
USER = [{"role": "user", "content": PROMPT}]
MODELS = {
    "gpt-4o-mini": {"backends": [{"provider": "openai"}]},
    "claude-haiku-4-5": {"backends": [{"provider": "anthropic"}]},
    "chat-on-messages": {"backends": [{"provider": "anthropic", "model": "claude-haiku-4-5"}]},
    "messages-on-chat": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}]},
}
LIMITS = [{"name": "tokens", "per": ["key"], "tokens": 1200, "window": "1h"}]


def echoing(received):
    """A provider that answers 401 and tells every header that it was sent."""
    return Response([json.dumps({"error": {"message": str(received.headers)}}).encode()], status=401)


@every_envoy()
def test_no_secret_and_no_prompt_is_found_where_it_does_not_belong(tmp_path, version):
    with gateway(tmp_path, version, openai_answer, anthropic_answer, models=MODELS, limits=LIMITS) as gate:
        key = gate.key()
        answers = []
        for path, model in (
            ("/v1/chat/completions", "gpt-4o-mini"),
            ("/v1/chat/completions", "chat-on-messages"),
            ("/v1/messages", "claude-haiku-4-5"),
            ("/v1/messages", "messages-on-chat"),
        ):
            for stream in (False, True):
                for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key}, {"api-key": key}):
                    body = {"model": model, "max_tokens": 40, "messages": USER, "stream": stream}
                    answers.append(gate.post(path, body, headers))
        assert {answer.status_code for answer in answers} <= {200, 429}
        assert any(answer.status_code == 429 for answer in answers)
        gate.post("/v1/chat/completions", b'{"model": "gpt-4o-mini", "canary-prompt-7d1f', {"x-api-key": key})
        gate.entries(len(answers) - sum(answer.status_code == 429 for answer in answers))
        secrets = list(PROVIDER_KEYS.values())
        for answer in answers:
            text = str(answer.headers) + answer.text
            assert not [secret for secret in (*secrets, key, PROMPT) if secret in text]
        for request in gate.openai.received + gate.anthropic.received:
            assert key not in str(request.headers) + request.path + request.body.decode()
        gate.envoy.terminate()
        for path in (p for p in tmp_path.rglob("*") if p.is_file() and p.name != "default.key"):
            held = path.read_bytes()
            found = [secret for secret in (*secrets, key, PROMPT) if secret.encode() in held]
            assert not found, path.name


@every_envoy()
def test_a_provider_that_echoes_our_credential_is_not_heard_by_the_client(tmp_path, version):
    with gateway(tmp_path, version, echoing, echoing, models=MODELS) as gate:
        for path, model in (
            ("/v1/chat/completions", "gpt-4o-mini"),
            ("/v1/chat/completions", "chat-on-messages"),
            ("/v1/messages", "claude-haiku-4-5"),
            ("/v1/messages", "messages-on-chat"),
        ):
            for stream in (False, True):
                answer = gate.post(path, {"model": model, "max_tokens": 9, "messages": USER, "stream": stream})
                assert answer.status_code == 502
                assert not [secret for secret in PROVIDER_KEYS.values() if secret in str(answer.headers) + answer.text]
                assert answer.json()["error"]["message"]


def test_client_headers_that_speak_our_language_are_ignored(tmp_path):
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, models=MODELS) as gate:
        forged = {
            "authorization": f"Bearer {gate.key()}",
            "x-tollkeeper-plan": "provider_anthropic",
            "x-tollkeeper-decision": "forged",
            "x-tollkeeper-try-1": "provider_anthropic",
            "x-envoy-max-retries": "100",
            "x-envoy-upstream-rq-timeout-ms": "1",
            "cookie": "session=1",
            "openai-organization": "org-client",
        }
        answer = gate.post("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": USER}, forged)
        assert answer.status_code == 200
        assert answer.headers["x-tollkeeper-decision"] != "forged"
        sent = gate.openai.received[-1].headers
        assert not [
            name for name in sent if name.startswith(("x-tollkeeper", "x-envoy", "x-forwarded", "x-request-id"))
        ]
        assert not {"cookie", "openai-organization"} & sent.keys()


@every_envoy()
def test_same_api_on_both_sides_passes_bytes_untouched(tmp_path, version):
    body = b'{ "messages" : [ {"content":"text \\u00fc","role":"user"} ],\n "x_unknown": [1.50, 1e3], "model":"gpt-4o-mini" }'
    with gateway(tmp_path, version, openai_answer, anthropic_answer, models=MODELS) as gate:
        answer = gate.post("/v1/chat/completions?beta=1", body)
        assert gate.openai.received[-1].body == body
        assert gate.openai.received[-1].path == "/v1/chat/completions?beta=1"
        assert answer.content == b"".join(openai_answer(gate.openai.received[-1]).chunks)


def test_a_changed_credential_and_a_changed_file_are_taken_up_without_a_restart(tmp_path):
    secret = tmp_path / "openai.key"
    secret.write_text("sk-first\n")
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, models=MODELS) as gate:
        key = gate.key()

        def sent_with():
            gate.post("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": USER}, {"x-api-key": key})
            return gate.openai.received[-1].headers["authorization"]

        assert sent_with() == f"Bearer {PROVIDER_KEYS['OPENAI_KEY']}"
        gate.settings["providers"]["openai"]["credential"] = {"file": str(secret)}
        gate.config.write_text(yaml.safe_dump(gate.settings))
        poll(lambda: all(sent_with() == "Bearer sk-first" for _ in range(6)))
        secret.write_text("sk-second\n")
        poll(lambda: all(sent_with() == "Bearer sk-second" for _ in range(6)))
        gate.config.write_text("providers: [")
        poll(lambda: "do not hold" in gate.log())
        secret.write_text("sk-third\n")
        poll(lambda: all(sent_with() == "Bearer sk-third" for _ in range(6)))
        gate.settings["models"]["new"] = {"backends": [{"provider": "openai"}]}
        gate.config.write_text(yaml.safe_dump(gate.settings))
        poll(lambda: "new" in httpx.get(gate.url + "/v1/models", headers={"x-api-key": key}).text)


def test_models_are_listed_as_far_as_the_key_reaches(tmp_path):
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, models=MODELS) as gate:
        key = gate.key("narrow", "--model", "gpt-*")
        client = gate.client(openai.OpenAI, key)
        assert [model.id for model in client.models.list()] == ["gpt-4o-mini"]
        with pytest.raises(openai.PermissionDeniedError):
            client.chat.completions.create(model="claude-haiku-4-5", messages=USER)
        with contextlib.closing(gate.client(openai.OpenAI)) as wide:
            assert {model.id for model in wide.models.list()} == set(MODELS)


def test_workers_serve_on_unix_sockets_too(tmp_path):
    listen = {"grpc": f"unix:{tmp_path}/tk.sock", "http": f"unix:{tmp_path}/http.sock", "workers": 2}
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, models=MODELS, listen=listen) as gate:
        for model in ("gpt-4o-mini", "chat-on-messages"):
            assert gate.post("/v1/chat/completions", {"model": model, "messages": USER}).status_code == 200
