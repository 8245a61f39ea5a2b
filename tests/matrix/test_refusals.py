"""What ends a call otherwise than by an answer: each SDK raises its own exception, or says that it was refused."""

from __future__ import annotations

from itertools import product

import anthropic
import openai
import pytest
from google.genai import errors as genai_errors

from tests.gateway import poll
from tests.matrix.by_client import CALLS
from tests.matrix.clients import connected
from tests.matrix.five_providers import FORMATS
from tests.matrix.raised import BROKEN, RAISED, check, headers_of, status_of


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("client", FORMATS)
def test_a_call_with_an_unknown_key_raises_the_sdks_own_error(five, client, stream):
    with connected(five.gate.url, "tk_unknown") as strangers, pytest.raises(RAISED[client][401]) as raised:
        CALLS[client](strangers, "on-messages", "text", stream=stream)
    check(raised.value, client, 401)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("model", "status"), [("on-nothing", 404), ("scarce", 429)])
@pytest.mark.parametrize("client", FORMATS)
def test_a_call_that_we_refuse_raises_the_sdks_own_error(clients, client, model, status, stream):
    with pytest.raises(RAISED[client][status]) as raised:
        CALLS[client](clients, model, "text", stream=stream)
    check(raised.value, client, status)
    assert model in str(raised.value)


MESSAGES = [{"role": "user", "content": "text"}]
MISTAKES = {
    "chat_completions": lambda clients: clients.openai.chat.completions.create(
        model="on-converse", messages=MESSAGES, temperature="mild"
    ),
    "responses": lambda clients: clients.openai.responses.create(model="on-converse", input=[{"role": "nobody"}]),
    "messages": lambda clients: clients.anthropic.messages.create(
        model="on-converse", max_tokens=9, messages=[{"role": "nobody", "content": "text"}]
    ),
    "generate_content": lambda clients: clients.genai.models.generate_content(
        model="on-converse", contents={"role": "nobody", "parts": [{"text": "text"}]}
    ),
    "converse": lambda clients: clients.bedrock.converse(
        modelId="on-messages",
        messages=[{"role": "user", "content": [{"text": "text"}]}],
        additionalModelRequestFields={"thinking": "yes"},
    ),
    "cohere_chat": lambda clients: clients.cohere.chat(
        model="on-converse", messages=MESSAGES, temperature="mild", request_options={"max_retries": 0}
    ),
}
AT_FAULT = {
    "chat_completions": "temperature",
    "responses": "input[0].role",
    "messages": "messages[0].role",
    "generate_content": "contents[0].role",
    "converse": "additionalModelRequestFields.thinking",
    "cohere_chat": "temperature",
}


@pytest.mark.parametrize("client", FORMATS)
def test_a_body_with_a_mistake_raises_the_sdks_own_error_which_names_the_member(clients, client):
    with pytest.raises(RAISED[client][400]) as raised:
        MISTAKES[client](clients)
    check(raised.value, client, 400)
    assert AT_FAULT[client] in str(raised.value)


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
def test_a_client_is_told_when_the_provider_would_have_it_try_again(clients, client, provider):
    with pytest.raises(RAISED[client][429]) as raised:
        CALLS[client](clients, f"on-{provider}", "busy", stream=False)
    assert headers_of(raised.value)["retry-after"] == "7"


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
@pytest.mark.parametrize(("case", "status"), [("busy", 429), ("down", 500)])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_error_of_the_provider_raises_the_sdks_own_error(clients, client, provider, case, status, stream):
    with pytest.raises(RAISED[client][status]) as raised:
        CALLS[client](clients, f"on-{provider}", case, stream=stream)
    check(raised.value, client, status)
    assert f"says {status}" in str(raised.value)


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
def test_a_provider_that_hangs_up_raises_the_sdks_own_error(clients, client, provider):
    with pytest.raises(RAISED[client][500]) as raised:
        CALLS[client](clients, f"on-{provider}", "gone", stream=True)
    assert status_of(raised.value) in {502, 503}
    assert client in MUTE_TO_ENVOY or "provider" in str(raised.value)


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
def test_a_stream_that_the_provider_breaks_is_told_and_charged_as_broken(five, clients, client, provider):
    with pytest.raises(BROKEN[client]) as raised:
        CALLS[client](clients, f"on-{provider}", "broken", stream=True)
    assert "broke" in str(raised.value) or "says 500" in str(raised.value)
    entry = poll(lambda: aborted(five.gate, client, f"on-{provider}"))
    assert (entry["status"], entry["stream"], entry["estimated"]) == (200, True, True)
    assert entry["output_tokens"] > 0


def aborted(gate, api, model):
    sought = (api, model, "aborted")
    told = ((entry["api"], entry["request_model"], entry["outcome"], entry) for entry in gate.entries(0))
    return next((entry for *words, entry in told if tuple(words) == sought), None)


MUTE_TO_ENVOY = {"converse"}
"""What Envoy itself says has OpenAI's shape or Anthropic's, of which Amazon's SDK shows the status alone."""
FINISHES = {
    "chat_completions": {"content_filter"},
    "responses": {"incomplete"},
    "messages": {"refusal"},
    "generate_content": {"SAFETY"},
    "converse": {"content_filtered", "guardrail_intervened"},
    "cohere_chat": {"ERROR_TOXIC"},
}
SHOWN_AS_IT_IS = {*product(FORMATS, ["responses"]), ("generate_content", "generate_content")}
"""Responses refuses in words; a prompt that Gemini blocked has no candidate, which its own clients know."""


@pytest.mark.parametrize(
    ("client", "provider"), [pair for pair in product(FORMATS, FORMATS) if pair not in SHOWN_AS_IT_IS]
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_answer_that_was_blocked_says_so(clients, client, provider, stream):
    heard = CALLS[client](clients, f"on-{provider}", "refused", stream=stream)
    assert heard.finish in FINISHES[client]


@pytest.mark.parametrize("client", FORMATS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_refusal_in_words_is_told_in_words(clients, client, stream):
    heard = CALLS[client](clients, "on-responses", "refused", stream=stream)
    assert "I will not." in heard.text + heard.refusal


def test_a_call_that_we_do_not_serve_raises_the_sdks_own_error_which_names_the_path(clients):
    with pytest.raises(genai_errors.ClientError) as googles:
        clients.genai.caches.get(name="cachedContents/marked")
    with pytest.raises(anthropic.NotFoundError) as anthropics:
        clients.anthropic.beta.skills.list()
    with pytest.raises(openai.NotFoundError) as openais:
        clients.openai.responses.retrieve("resp_1")
    assert (googles.value.code, googles.value.status) == (404, "NOT_FOUND")
    for raised, path in (
        (googles, "/cachedContents/marked"),
        (anthropics, "/v1/skills"),
        (openais, "/responses/resp_1"),
    ):
        assert path in str(raised.value)
