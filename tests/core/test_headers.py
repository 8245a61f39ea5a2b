"""The headers of each attempt: whatever the last one left behind, none carries a secret that is not its provider's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.plan import Plan, Step
from ext_proc.stages.forward import headers
from tests.core.conversation import CHAT, MESSAGES, SECRETS, snapshot

VIEW = snapshot()
KEY = "tk-canary-client"
CLIENTS = {"chat_completions": CHAT, "messages": MESSAGES}
PROVIDERS = {
    "openai": "chat_completions",
    "second": "chat_completions",
    "local": "chat_completions",
    "anthropic": "messages",
}
PUBLIC = (
    (":path", CHAT),
    (":method", "POST"),
    ("content-type", "application/json"),
    ("user-agent", "a client"),
    ("anthropic-version", "2023-06-01"),
    ("anthropic-beta", "something-new"),
    ("x-odd", "\xff"),
    ("x-empty", ""),
    ("x-request-id", "r"),
    ("x-forwarded-for", "10.0.0.1"),
    ("x-envoy-attempt-count", "1"),
    ("x-tollkeeper-plan", "forged"),
    ("x-stainless-os", "Linux"),
    ("cookie", "session=canary"),
    ("openai-organization", "canary"),
    ("accept-encoding", "gzip"),
)
CREDENTIALS = (
    ("authorization", f"Bearer {KEY}"),
    ("x-api-key", KEY),
    ("api-key", KEY),
    ("proxy-authorization", "Basic canary"),
)


def sent(request, client, provider):
    """The headers with which one attempt reaches its provider."""
    step = Step(provider, "m", PROVIDERS[provider], native=False)
    betas = ("something-new",) if client == "messages" else ()
    plan = Plan("d1", 0.0, client, CLIENTS[client], "m", (step,), {}, betas=betas)
    put, drop = headers(request, plan, step, VIEW)
    changed = dict(put)
    kept = tuple((name, value) for name, value in request if name not in changed and name not in drop)
    return (*kept, *changed.items())


@given(
    given=st.lists(st.sampled_from(PUBLIC + CREDENTIALS), max_size=30),
    client=st.sampled_from(sorted(CLIENTS)),
    tries=st.lists(st.sampled_from(sorted(PROVIDERS)), min_size=1, max_size=4),
)
def test_no_attempt_carries_a_secret_but_its_own_providers(given, client, tries):
    request = tuple(given)
    for provider in tries:
        request = sent(request, client, provider)
        own = SECRETS[provider]
        carried = [value for _, value in request if "canary" in value]
        assert len(carried) == (own is not None)
        assert all(own in value for value in carried)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("first", PROVIDERS)
@pytest.mark.parametrize("second", PROVIDERS)
def test_an_attempt_after_another_is_sent_as_if_it_were_the_first(client, first, second):
    request = (*PUBLIC, *CREDENTIALS)
    after = sent(sent(request, client, first), client, second)
    alone = sent(request, client, second)
    assert set(after) == set(alone)


@pytest.mark.parametrize(
    ("client", "provider", "version"),
    [
        ("messages", "anthropic", "2024-01-01"),
        ("chat_completions", "anthropic", "2023-06-01"),
        ("messages", "openai", None),
        ("chat_completions", "openai", None),
    ],
)
def test_the_version_of_messages_is_the_clients_own_only_where_messages_is_spoken_on_both_sides(
    client, provider, version
):
    request = (("anthropic-version", "2024-01-01"), ("x-api-key", KEY))
    assert dict(sent(request, client, provider)).get("anthropic-version") == version


def test_a_query_goes_only_to_the_api_that_it_was_meant_for():
    for provider, path in (("openai", f"{CHAT}?beta=1"), ("anthropic", MESSAGES)):
        step = Step(provider, "m", PROVIDERS[provider], native=False)
        plan = Plan("d1", 0.0, "chat_completions", f"{CHAT}?beta=1", "m", (step,), {})
        assert dict(headers((), plan, step, VIEW)[0])[":path"] == path


def test_what_a_client_may_say_passes():
    kept = dict(sent(PUBLIC, "messages", "anthropic"))
    assert {"content-type", "user-agent", "anthropic-version", "anthropic-beta", "x-odd", "x-empty"} <= kept.keys()
    assert not [name for name in kept if name.startswith(("x-envoy-", "x-forwarded-", "x-tollkeeper-", "x-stainless-"))]
