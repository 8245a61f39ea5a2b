"""A hand driver and the few facts that tests of the core share.

`converse` runs a machine to its end and answers its effects one by one, so that a whole conversation is data.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from ext_proc.effects import Reserve
from ext_proc.events import Call
from ext_proc.exchange import Exchange
from ext_proc.leases import Reserved
from ext_proc.limit_rules import clamp_rules, limit_rules
from ext_proc.limits import Balance, Claim
from ext_proc.price_book import PriceBook
from ext_proc.price_file import Overrides
from ext_proc.prices import Price, Rates
from ext_proc.principal import Principal, VirtualKey, digest_of
from ext_proc.settings import Settings
from ext_proc.snapshot import Snapshot, upstreams

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
NOW = 1_793_000_000.0
HASH_KEY = b"a key to hash with"
SIGNING_KEY = b"a key to sign with"
SECRETS = {
    "openai": "sk-canary-openai",
    "second": "sk-canary-second",
    "anthropic": "sk-canary-anthropic",
    "local": None,
    "bare": None,
}
PROVIDERS = {
    "openai": {"kind": "openai", "credential": {"env": "OPENAI_KEY"}},
    "second": {"kind": "openai", "credential": {"env": "SECOND_KEY"}},
    "anthropic": {"kind": "anthropic", "credential": {"env": "ANTHROPIC_KEY"}},
    "local": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:8000/v1"},
    "bare": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:8001/v1", "credential": {"env": "NOT_SET"}},
}
MODELS = {
    "gpt-4o-mini": {"backends": [{"provider": "openai"}]},
    "claude-haiku-4-5": {"backends": [{"provider": "anthropic"}]},
    "renamed": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}]},
    "watched": {"backends": [{"provider": "openai"}], "metering": "inline"},
    "chat-on-messages": {"backends": [{"provider": "anthropic", "model": "claude-haiku-4-5"}]},
    "messages-on-chat": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}]},
    "two": {"backends": [{"provider": "openai"}, {"provider": "anthropic", "priority": 1}]},
    "capped": {"backends": [{"provider": "openai"}], "max_output_tokens": 500},
    "local-*": {"backends": [{"provider": "local"}]},
}
NATIVE = frozenset({"json", "sse"})


def priced(dollars_in: str, dollars_out: str) -> Price:
    return Price(Rates(Decimal(dollars_in), Decimal(dollars_out)), "the test's price list")


PRICES = (
    ("gpt-4o-mini", priced("1", "2")),
    ("two", priced("1", "2")),
    ("capped", priced("1", "2")),
    ("claude-haiku-4-5", priced("10", "20")),
)


def secret_of(name: str) -> str:
    return f"tk-{name}"


def key(name: str = "alice", *, models: tuple[str, ...] = (), **times: float) -> VirtualKey:
    principal = Principal(team="research", user=name, key=f"id-{name}", models=models)
    return VirtualKey(f"id-{name}", digest_of(secret_of(name), HASH_KEY), name, principal, 0.0, **times)


def snapshot(*keys: VirtualKey, credentials: dict[str, str | None] | None = None, **changes: Any) -> Snapshot:
    """A snapshot of these settings, which knows alice's key when no other is given."""
    settings = Settings.model_validate({"providers": PROVIDERS, "models": MODELS, **changes})
    known = keys or (key(),)
    return Snapshot(
        version=1,
        settings=settings,
        upstreams=upstreams(settings, SECRETS | (credentials or {})),
        limits=limit_rules(settings.limits, settings.attributes),
        book=PriceBook(Overrides(PRICES)),
        hash_key=HASH_KEY,
        clamps=clamp_rules(settings.clamps, settings.attributes),
        keys={one.digest: one for one in known},
        signing_keys={name: SIGNING_KEY for name, told in settings.attributes.items() if told.secret is not None},
    )


def body(path: str = CHAT, model: str | None = None, **members: Any) -> bytes:
    least = {"max_tokens": 100} if path == MESSAGES else {}
    named = model or ("claude-haiku-4-5" if path == MESSAGES else "gpt-4o-mini")
    messages = [{"role": "user", "content": "a canary prompt"}]
    return json.dumps({"model": named, "messages": messages, **least, **members}).encode()


def call(content: bytes | None = None, path: str = CHAT, *, headers: Any = (), method: str = "POST", **more) -> Call:
    """A call with alice's key, unless headers are given."""
    given = tuple(headers) or (("authorization", f"Bearer {secret_of('alice')}"),)
    sent = body(path.partition("?")[0]) if content is None else content
    return Call(method, path, given, sent, **{"native": NATIVE, **more})


def converse(machine: Coroutine[Any, Any, Any], *results: Any) -> tuple[list[Any], Any]:
    """The effects that were asked for, and what came out.

    A result is what an effect gives, or an exception that it raises, or a function of the effect.
    """
    effects, answers = [], list(results)
    try:
        effect = machine.send(None)
        while True:
            effects.append(effect)
            assert answers, f"no result for {effect}"
            result = answers.pop(0)
            given = result(effect) if callable(result) else result
            effect = machine.throw(given) if isinstance(given, Exception) else machine.send(given)
    except StopIteration as stop:
        assert not answers, "a result was left over"
        return effects, stop.value


def decide(given: Call, view: Snapshot, *results: Any, draws: Any = ()) -> tuple[list[Any], Any]:
    """One decision, made out to `d1` at NOW. `draws` are the random numbers."""
    numbers = itertools.chain(draws)
    return converse(Exchange(view, "d1", NOW, lambda: next(numbers)).decide(given), *results)


def room(effect: Reserve) -> Reserved:
    """What a store says that has room for everything."""
    return Reserved(tuple(balance(claim) for claim in effect.lease.claims))


def full(name: str, **standing: Any) -> Callable[[Reserve], Reserved]:
    """A store in which one limit has no room."""

    def refuse(effect: Reserve) -> Reserved:
        return Reserved((), tuple(balance(c, **standing) for c in effect.lease.claims if c.limit == name))

    return refuse


def balance(claim: Claim, *, settled: int = 0, leased: int = 0, resets_at: float | None = None) -> Balance:
    own = (claim.limit, claim.scope, claim.unit, claim.window, claim.maximum)
    return Balance(*own, settled, leased, resets_at, claim.enforce)


def error_of(reply: Any) -> dict[str, Any]:
    """The error object of an answer, in either shape."""
    return json.loads(reply.body)["error"]


def headers_of(reply: Any) -> dict[str, str]:
    return dict(reply.headers)
