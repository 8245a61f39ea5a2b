"""A stream that outgrows its budget ends where the budget does, in every API, with an end that its clients know."""

from __future__ import annotations

import itertools
import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Request
from ext_proc.errors import ControlError
from ext_proc.leases import Reserved
from ext_proc.limits import Claim
from ext_proc.parts import Finish, Start, StreamFailure, TextDelta, ToolUseDelta, ToolUseStart, UsageReport
from ext_proc.plan import Plan, Step
from ext_proc.stages.cut import within
from ext_proc.stages.relay import Pair, Seen, TranslatedStream, observed, text_size
from ext_proc.stages.slices import Slices
from ext_proc.usage import Usage
from tests.core.conversation import NOW, balance, call, decide, room, snapshot
from tests.core.conversation import body as sent

CHATS = ("chat_completions", "messages", "responses", "converse", "generate_content", "cohere_chat")
PAIRS = [*zip(CHATS, CHATS, strict=True), *itertools.pairwise([*CHATS, CHATS[0]])]
REQUEST = Request("m", (), stream=True, include_usage=True)
TEXT = "Sehr schön, 很好, and so on to the end."
ARGUMENTS = json.dumps({"city": "Zürich", "days": [1, 2, 3]}, ensure_ascii=False)
PARTS = [
    Start("id", "m", 7),
    *map(TextDelta, TEXT.split(" ")),
    ToolUseStart(0, "call_1", "weather"),
    *(ToolUseDelta(0, piece) for piece in ARGUMENTS.partition(",")),
    Finish("tool_calls"),
    UsageReport(Usage(input_tokens=5, output_tokens=9)),
]
CLAIM = Claim("budget", "", "tokens", "forever", 10_000, 1)


class Store:
    """Has room for so many tokens, and keeps what it was asked."""

    def __init__(self, left: int) -> None:
        self.left, self.asked = left, 0

    def extend(self, effect):
        (claim,) = effect.extension.claims
        self.asked += 1
        if claim.amount > self.left:
            return Reserved((), (balance(claim),))
        self.left -= claim.amount
        return Reserved((balance(claim),))


def run(machine, extend):
    """A machine to its end, each of its effects answered by `extend`."""
    try:
        effect = machine.send(None)
        while True:
            given = extend(effect)
            effect = machine.throw(given) if isinstance(given, Exception) else machine.send(given)
    except StopIteration as stop:
        return stop.value


def plan_of(client, provider, held=0, **members):
    slices = [{"limit": "budget", "scope": "", "unit": "tokens", "window": "forever", "maximum": 10_000, "amount": 1}]
    step = Step("p", "m", provider, native=False)
    given = {"stream": True, "show_usage": True, "input_bound": 5, "slices": slices, "held": held, **members}
    return Plan("d1", NOW, client, "/", "m", (step,), {}, **given)


def provider_stream(provider):
    """What the provider sends, in the pieces in which it was written."""
    writer = APIS[provider].stream_writer(REQUEST)
    return [piece for piece in [*(writer.write([part]) for part in PARTS), writer.finish()] if piece]


def stream_of(plan, provider, extend_room):
    client, source, seen = APIS[plan.api], APIS[provider], Seen()
    pair = Pair(source, client, REQUEST, Start("d1", "m", 7))
    relay = observed(source, client, seen, plan) if client is source else TranslatedStream(pair, seen)
    return within(relay, Slices(plan, lambda: NOW, 60.0), client, source, seen), seen, Store(extend_room)


def relayed(stream, store, pieces):
    """What the client gets, and whether all was sent."""
    delivered = b""
    for piece in pieces:
        delivered += run(stream.feed(piece), store.extend)
        if stream.over:
            return delivered
    return delivered + run(stream.finish(), store.extend)


def read(client, data):
    reader = APIS[client].stream_reader()
    return [*reader.feed(data), *reader.finish()]


def text(parts):
    return "".join(part.text for part in parts if isinstance(part, TextDelta))


def size(parts):
    """Without what an API that has no pieces of arguments puts around those of a call that was cut."""
    framed = ("{}", '{"invalid_json"')
    return sum(text_size(part) for part in parts if not getattr(part, "arguments", "").startswith(framed))


def written(provider):
    """Bytes of what the model wrote; some APIs write arguments in their own way."""
    return size(read(provider, b"".join(provider_stream(provider))))


@pytest.mark.parametrize(("client", "provider"), PAIRS)
def test_a_stream_is_cut_wherever_its_budget_ends(client, provider):
    pieces = provider_stream(provider)
    for budget in range(written(provider)):
        stream, seen, store = stream_of(plan_of(client, provider), provider, budget)
        parts = read(client, relayed(stream, store, pieces))
        assert stream.is_cut, budget
        assert size(parts) <= budget
        assert TEXT.replace(" ", "").startswith(text(parts))
        assert [part.reason for part in parts if isinstance(part, Finish)] == ["length"]
        assert not any(isinstance(part, StreamFailure) for part in parts)
        usage = seen.charge(plan_of(client, provider), complete=False)
        assert usage.estimated
        assert usage.output_tokens <= budget


@pytest.mark.parametrize(("client", "provider"), PAIRS)
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_a_budget_that_suffices_changes_nothing(client, provider, step):
    whole = b"".join(provider_stream(provider))
    pieces = [whole[at : at + step] for at in range(0, len(whole), step)]
    stream, seen, store = stream_of(plan_of(client, provider), provider, 100_000)
    delivered = relayed(stream, store, pieces)
    assert not stream.is_cut
    assert delivered == whole or client != provider
    assert text(read(client, delivered)) == TEXT.replace(" ", "")
    assert seen.usage.output_tokens == 9


@pytest.mark.parametrize(("client", "provider"), PAIRS)
def test_pieces_of_any_size_are_cut_alike(client, provider):
    whole = b"".join(provider_stream(provider))
    cut = set()
    for step in (1, 13, len(whole)):
        pieces = [whole[at : at + step] for at in range(0, len(whole), step)]
        stream, _, store = stream_of(plan_of(client, provider), provider, written(provider) // 2)
        cut.add(size(read(client, relayed(stream, store, pieces))))
    assert len(cut) == 1


def test_a_store_that_is_not_heard_has_no_room():
    stream, _, _ = stream_of(plan_of("chat_completions", "chat_completions"), "chat_completions", 0)
    piece = b"".join(provider_stream("chat_completions"))
    parts = read("chat_completions", run(stream.feed(piece), lambda _: ControlError("away")))
    assert (stream.is_cut, size(parts)) == (True, 0)


def test_what_is_held_from_the_beginning_asks_nobody():
    stream, _, store = stream_of(plan_of("chat_completions", "messages", held=written("messages")), "messages", 0)
    relayed(stream, store, provider_stream("messages"))
    assert (stream.is_cut, store.asked) == (False, 0)


def test_a_cap_is_never_exceeded_by_what_is_held():
    """The provider was told it, and bytes only bound its tokens."""
    stream, _, store = stream_of(plan_of("chat_completions", "messages", cap=3, held=1), "messages", 2)
    relayed(stream, store, provider_stream("messages"))
    assert (stream.is_cut, store.left) == (False, 0)


BUDGET = [{"name": "budget", "tokens": 10_000, "window": "forever"}, {"name": "money", "usd": 5, "window": "day"}]


@pytest.mark.parametrize(
    ("asked", "settings", "held", "cap"),
    [
        ({}, {}, 1024, None),
        ({"n": 2}, {}, 2048, None),
        ({"max_tokens": 50}, {}, 0, 50),
        ({"stream": False}, {}, 0, 4096),
        ({}, {"slices": "never"}, 0, 4096),
        ({}, {"max_output_tokens": 300}, 0, 300),
        ({"max_tokens": 5000}, {"slices": "always"}, 1024, 5000),
        ({"max_tokens": 50}, {"slices": "always"}, 50, 50),
    ],
)
def test_a_stream_without_a_cap_begins_with_a_slice(asked, settings, held, cap):
    models = {"gpt-4o-mini": {"backends": [{"provider": "openai"}], **settings}}
    view = snapshot(limits=BUDGET, models=models)
    (reserve,), allowed = decide(
        call(sent(stream=True, **asked) if "stream" not in asked else sent(**asked)), view, room
    )
    plan = json.loads(allowed.plan)
    assert (plan["held"], plan["cap"]) == (held, cap)
    assert allowed.ready is (held == 0 and asked.get("stream") is False)
    if held:
        taken = {claim["limit"]: claim["amount"] for claim in plan["slices"]}
        assert taken == {"budget": 1, "money": 2000}
        amounts = {claim.limit: claim.amount for claim in reserve.lease.claims}
        assert amounts["budget"] == plan["input_bound"] + held


def test_where_nothing_counts_output_there_are_no_slices():
    view = snapshot(limits=[{"name": "calls", "requests": 5, "window": "forever"}])
    _, allowed = decide(call(sent(stream=True)), view, room)
    assert json.loads(allowed.plan)["slices"] == []
