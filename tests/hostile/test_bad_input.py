"""Bad input gets a 4xx in the shape of the client's own API, and reaches no provider."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.gateway import Gateway, gateway, poll
from tests.sdks.scripts import anthropic_answer, openai_answer

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
USER = [{"role": "user", "content": "hi"}]


@pytest.fixture(scope="module", params=["1.37", "1.40"])
def gate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("bad-input")
    limits = [{"name": "tokens", "per": ["key"], "tokens": 1_000_000, "window": "1h"}]
    with gateway(folder, request.param, openai_answer, anthropic_answer, limits=limits) as running:
        yield running


def chat(**changes):
    return json.dumps({"model": "gpt-4o-mini", "messages": USER, **changes}).encode()


def messages(**changes):
    return json.dumps({"model": "claude-haiku-4-5", "max_tokens": 10, "messages": USER, **changes}).encode()


BODIES = {
    "nothing": (CHAT, b"", 400, "invalid_json"),
    "no JSON": (CHAT, b"model=gpt-4o-mini", 400, "invalid_json"),
    "broken JSON": (CHAT, chat()[:-2], 400, "invalid_json"),
    "a JSON array": (CHAT, b"[1, 2]", 400, "invalid_json"),
    "two JSON values": (CHAT, chat() + b"{}", 400, "invalid_json"),
    "the model twice": (CHAT, chat()[:-1] + b',"model":"other"}', 400, "invalid_json"),
    "the model twice, once escaped": (CHAT, chat()[:-1] + b',"\\u006dodel":"other"}', 400, "invalid_json"),
    "a role twice": (CHAT, chat().replace(b'"role"', b'"role": "system", "role"'), 400, "invalid_json"),
    "NaN": (CHAT, chat()[:-1] + b',"temperature":NaN}', 400, "invalid_json"),
    "Infinity": (CHAT, chat()[:-1] + b',"temperature":-Infinity}', 400, "invalid_json"),
    "invalid UTF-8": (CHAT, chat().replace(b"hi", b"\xff\xfe"), 400, "invalid_encoding"),
    "UTF-16": (CHAT, chat().decode().encode("utf-16"), 400, "invalid_encoding"),
    "a byte order mark": (CHAT, b"\xef\xbb\xbf" + chat(), 400, "invalid_json"),
    "a lone surrogate": (CHAT, chat().replace(b"hi", b"\\ud800"), 400, "invalid_json"),
    "a hundred thousand levels": (
        CHAT,
        chat()[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        400,
        "too_deep",
    ),
    "no model": (CHAT, json.dumps({"messages": USER}).encode(), 400, None),
    "a model that is a number": (CHAT, chat(model=3), 400, None),
    "an empty model": (CHAT, chat(model=""), 400, None),
    "an unknown model": (CHAT, chat(model="gpt-nope"), 404, "model_not_found"),
    "no messages": (CHAT, json.dumps({"model": "gpt-4o-mini"}).encode(), 400, None),
    "messages that are text": (CHAT, chat(messages="hi"), 400, None),
    "negative max_tokens": (CHAT, chat(max_tokens=-1), 400, None),
    "zero max_tokens": (CHAT, chat(max_tokens=0), 400, None),
    "absurd max_tokens": (CHAT, chat(max_completion_tokens=10**30), 400, None),
    "max_tokens as text": (CHAT, chat(max_tokens="10"), 400, None),
    "max_tokens true": (CHAT, chat(max_tokens=True), 400, None),
    "an infinite max_tokens": (CHAT, chat()[:-1] + b',"max_tokens":1e999}', 400, None),
    "n of a million": (CHAT, chat(n=1_000_000), 400, None),
    "stream as text": (CHAT, chat(stream="yes"), 400, None),
    "Messages without max_tokens": (
        MESSAGES,
        json.dumps({"model": "claude-haiku-4-5", "messages": USER}).encode(),
        400,
        None,
    ),
    "Messages, broken JSON": (MESSAGES, messages()[:-3], 400, None),
    "Messages, negative max_tokens": (MESSAGES, messages(max_tokens=-5), 400, None),
    "Messages, unknown model": (MESSAGES, messages(model="nope"), 404, None),
    "a digit bomb": (CHAT, chat()[:-1] + b',"seed":' + b"9" * 100_000 + b"}", 400, "invalid_json"),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_bad_body_is_refused_in_the_clients_shape(gate, case):
    path, body, status, code = BODIES[case]
    check_refused(gate, gate.post(path, body), path, status, code)


def test_a_body_over_the_limit_is_refused_in_the_clients_shape(gate):
    for path, body in ((CHAT, chat()), (MESSAGES, messages())):
        big = body.replace(b"hi", b"h" * 20_000_000)
        check_refused(gate, gate.post(path, big), path, 413)


WRONG = {
    "no key": (CHAT, {}, 401),
    "no key, Messages": (MESSAGES, {}, 401),
    "an unknown key": (CHAT, {"authorization": "Bearer tk-" + "x" * 43}, 401),
    "a key of another kind": (CHAT, {"authorization": "Bearer sk-1234"}, 401),
    "another scheme": (CHAT, {"authorization": "Basic dXNlcjpwYXNz"}, 401),
    "an empty key": (CHAT, {"authorization": "Bearer"}, 401),
    "a huge key": (CHAT, {"x-api-key": "tk-" + "x" * 8000}, 401),
    "two different keys": (CHAT, {"authorization": "Bearer tk-a", "x-api-key": "tk-b"}, 400),
    "a key with odd characters": (CHAT, {"x-api-key": b"tk-\xc3\xa9\xff"}, 401),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_credential_is_refused(gate, case):
    path, headers, status = WRONG[case]
    answer = gate.post(path, chat() if path == CHAT else messages(), {"content-type": "application/json", **headers})
    check_refused(gate, answer, path, status)


def test_a_credential_that_stands_twice_is_refused(gate):
    headers = [("authorization", f"Bearer {gate.key()}"), ("authorization", "Bearer tk-other")]
    check_refused(gate, httpx.post(gate.url + CHAT, content=chat(), headers=headers), CHAT, 400, "duplicate_header")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", CHAT, 405),
        ("PUT", MESSAGES, 405),
        ("POST", "/v1/models", 405),
        ("POST", "/v1/chat/completions/", 404),
        ("POST", "/v1/unknown", 404),
        ("GET", "/", 404),
        ("POST", "/v1/chat/../admin", 404),
        ("GET", "/v1/models/nope", 404),
    ],
)
def test_an_unknown_path_or_method_is_refused(gate, method, path, status):
    answer = httpx.request(method, gate.url + path, content=chat(), headers={"authorization": f"Bearer {gate.key()}"})
    check_refused(gate, answer, path, status)
    if status == 405:
        assert answer.headers["allow"] == ("GET" if path == "/v1/models" else "POST")


def test_a_compressed_body_is_refused(gate):
    headers = {"authorization": f"Bearer {gate.key()}", "content-encoding": "gzip"}
    check_refused(gate, gate.post(CHAT, chat(), headers), CHAT, 400, "unsupported_encoding")


def test_a_revoked_key_is_refused_by_every_worker_within_five_seconds(gate):
    key = gate.key("leaver")
    assert gate.post(CHAT, chat(), {"x-api-key": key}).status_code == 200
    listed = json.loads(gate.cli("keys", "list", "--json"))
    gate.cli("keys", "revoke", next(row["id"] for row in listed if row["name"] == "leaver"))
    poll(lambda: all(gate.post(CHAT, chat(), {"x-api-key": key}).status_code == 401 for _ in range(6)), within=5)


@pytest.fixture(autouse=True)
def _forget(gate):
    gate.openai.received.clear()
    gate.anthropic.received.clear()


def check_refused(gate, answer, path, status, code=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    if path == MESSAGES:
        assert body["type"] == "error"
        assert body["error"]["message"]
        assert body["error"]["type"].endswith(("_error", "too_large"))
    else:
        assert body["error"]["message"]
        assert {"message", "type", "code", "param"} <= set(body["error"])
        assert code is None or body["error"]["code"] == code
    assert not gate.openai.received
    assert not gate.anthropic.received
