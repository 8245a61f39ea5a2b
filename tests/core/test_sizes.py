"""How large a call may be: clamps on input and output, and input that only the model's window bounds."""

import pytest

from ext_proc.plan import load
from ext_proc.stages.bounds import LONG_CONTEXT
from tests.core.conversation import CHAT, MESSAGES, PROVIDERS, body, call, decide, error_of, room, secret_of, snapshot

INPUT = [{"name": "in", "input_tokens": 10**9, "window": "day"}]
OUTPUT = [{"name": "out", "output_tokens": 10**9, "window": "day"}]


def claimed(content, path=CHAT, *told, **changes):
    sent = (("authorization", f"Bearer {secret_of('alice')}"), *told)
    effects, reply = decide(call(content, path, headers=sent), snapshot(**changes), room)
    return effects[0].lease.claims[0].amount, load(reply.plan)


def refused(content, path=CHAT, **changes):
    effects, reply = decide(call(content, path), snapshot(**changes))
    assert effects == []
    return reply.status, error_of(reply)


CAPS = {
    "the least of clamps and model": ([{"max_output_tokens": 400}, {"max_output_tokens": 300}], "capped", None, 300),
    "the model's where it is least": ([{"max_output_tokens": 900}], "capped", None, 500),
    "what the client asks for where that is less": ([{"max_output_tokens": 900}], "gpt-4o-mini", 70, 70),
    "of this principal": ([{"match": {"team": "research"}, "max_output_tokens": 20}], "gpt-4o-mini", 70, 20),
    "not of another one": ([{"match": {"team": "sales"}, "max_output_tokens": 20}], "gpt-4o-mini", 70, 70),
    "of this model": ([{"match": {"model": "gpt-*"}, "max_output_tokens": 20}], "gpt-4o-mini", 70, 20),
    "where a condition holds": ([{"when": "request.n == 1", "max_output_tokens": 20}], "gpt-4o-mini", 70, 20),
}


@pytest.mark.parametrize("case", CAPS)
def test_the_least_cap_of_all_holds_and_the_provider_is_told(case):
    clamps, model, asked, cap = CAPS[case]
    members = {} if asked is None else {"max_tokens": asked}
    amount, plan = claimed(body(model=model, **members), clamps=clamps, limits=OUTPUT)
    assert (amount, plan.cap, plan.limit_output) == (cap, cap, cap != asked)


def long(words):
    return body(messages=[{"role": "user", "content": "word " * words}])


def test_more_input_than_a_call_may_have_is_refused_with_both_numbers():
    status, error = refused(long(20_000), clamps=[{"match": {"user": "alice"}, "max_input_tokens": 8000}])
    assert (status, error["code"]) == (400, "context_length_exceeded")
    assert "12,509 tokens at least, and 8,000 are allowed" in error["message"]


def test_a_model_has_a_maximum_of_its_own():
    models = {"gpt-4o-mini": {"backends": [{"provider": "openai"}], "max_input_tokens": 100}}
    assert refused(long(1000), models=models)[0] == 400
    _, plan = claimed(long(10), models=models, limits=INPUT)
    assert plan.model == "gpt-4o-mini"


def test_images_and_documents_are_no_text_that_is_too_long():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
    file = {"type": "file", "file": {"file_data": "A" * 100_000}}
    sent = body(messages=[{"role": "user", "content": [image, file]}])
    amount, _ = claimed(sent, clamps=[{"max_input_tokens": 100}], limits=INPUT)
    assert amount == 128_000


PDF = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}}
READ = body(MESSAGES, messages=[{"role": "user", "content": [PDF]}])


def test_a_document_holds_the_whole_window_of_the_model():
    amount, plan = claimed(READ, MESSAGES, limits=INPUT)
    assert (amount, plan.input_bound) == (200_000, 200_000)


def test_a_client_that_asks_for_a_longer_context_holds_that():
    told = ("anthropic-beta", "context-1m-2025-08-07")
    assert claimed(READ, MESSAGES, told, limits=INPUT)[0] == LONG_CONTEXT


def test_the_widest_window_that_the_route_can_reach_is_held():
    sent = body(model="two", messages=[{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}])
    models = {
        "two": {
            "backends": [
                {"provider": "openai", "model": "gpt-4o-mini"},
                {"provider": "second", "model": "gpt-5", "priority": 1},
            ]
        }
    }
    assert claimed(sent, models=models, limits=INPUT)[0] == 400_000


def test_a_stored_conversation_holds_the_window_that_the_operator_says():
    sent = b'{"model": "mine", "input": "hi", "previous_response_id": "resp_1"}'
    backend = {"provider": "openai", "model": "tuned", "context_window": 64_000}
    amount, _ = claimed(sent, "/v1/responses", models={"mine": {"backends": [backend]}}, limits=INPUT)
    assert amount == 64_000


def test_where_no_window_is_known_a_hard_limit_refuses_and_says_how_to_help():
    models = {"mine": {"backends": [{"provider": "anthropic", "model": "tuned"}]}}
    sent = body(MESSAGES, model="mine", messages=[{"role": "user", "content": [PDF]}])
    status, error = refused(sent, MESSAGES, models=models, limits=INPUT)
    assert (status, "context_window" in error["message"]) == (400, True)
    _, reply = decide(call(sent, MESSAGES), snapshot(models=models, limits=[{**INPUT[0], "mode": "shadow"}]), room)
    assert load(reply.plan).model == "mine"


def test_tools_that_the_provider_runs_have_no_bound():
    sent = body(MESSAGES, tools=[{"type": "web_search_20250305", "name": "web_search"}])
    assert refused(sent, MESSAGES, limits=INPUT)[1]["message"].startswith("`tools` brings in input that cannot be")


def test_a_clamp_whose_condition_has_no_value_refuses():
    clamps = [{"when": "1 / request.max_output_tokens > 0", "max_output_tokens": 5}]
    status, error = refused(body(), providers=PROVIDERS, clamps=clamps)
    assert (status, error["code"]) == (503, "condition_failed")
