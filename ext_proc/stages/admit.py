"""Admit: hold the worst case of the call in every limit that matches it, or refuse and say which had no room."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ext_proc.effects import Reserve
from ext_proc.errors import Forbidden, OverLimit, Unsupported
from ext_proc.leases import Lease, Reserved
from ext_proc.limits import NANO, Balance, Claim, Unit
from ext_proc.plan import Step
from ext_proc.prices import at_batch_rate, worst_case_nano
from ext_proc.principal import ATTRIBUTES, Principal
from ext_proc.snapshot import LimitRule, Snapshot
from ext_proc.stages.read import Reading

DEFAULT_OUTPUT_TOKENS = 4096
"""The output cap of a call that named none, where a limit counts output."""
LEAST_OUTPUT_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Admission:
    """The call is in. `cap` is None where neither the model nor a limit bounds its output."""

    balances: tuple[Balance, ...]
    cap: int | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a lease is made out to: the decision, the instant, and the entry that stands if nobody settles it."""

    decision_id: str
    now: float
    expires_at: float
    entry: dict[str, Any]

    def made_out_to(self, lease_id: str, seconds: float) -> Ticket:
        """The same for what goes on after the call, and is settled apart from it."""
        return Ticket(lease_id, self.now, self.now + seconds, {**self.entry, "decision_id": lease_id})

    def lease(self, claims: tuple[Claim, ...]) -> Lease:
        return Lease(self.decision_id, claims, self.expires_at, self.entry)


@dataclass(frozen=True, slots=True)
class _Worst:
    """How much the call can take of each unit, as a function of its output cap."""

    reading: Reading
    prices: tuple[Any, ...]

    def amount(self, unit: Unit, cap: int) -> int:
        output = cap * self.reading.outline.n
        if unit == "requests":
            return self.reading.counts.requests
        return _AMOUNTS[unit](self.reading.input_bound, output, self.prices)


def _usd(input_tokens: int, output_tokens: int, prices: tuple[Any, ...]) -> int:
    return max(worst_case_nano(price, input_tokens, output_tokens) for price in prices if price is not None)


_AMOUNTS: dict[Unit, Callable[[int, int, tuple[Any, ...]], int]] = {
    "tokens": lambda input_tokens, output_tokens, _: input_tokens + output_tokens,
    "input_tokens": lambda input_tokens, _output, _prices: input_tokens,
    "output_tokens": lambda _input, output_tokens, _: output_tokens,
    "usd": _usd,
    "concurrent": lambda _input, _output, _prices: 1,
}
_COUNTS_CALLS = frozenset({"requests", "concurrent"})
_COUNTS_INPUT = frozenset({"tokens", "input_tokens", "usd"})
_COUNTS_OUTPUT = frozenset({"tokens", "output_tokens", "usd"})


async def admit(
    reading: Reading,
    principal: Principal,
    steps: tuple[Step, ...],
    snapshot: Snapshot,
    ticket: Ticket,
) -> Admission:
    """Reserve. A call that named no output cap gets a smaller one before it is refused. Raises `OverLimit`."""
    facts = _facts(reading, principal)
    counts = reading.counts
    rules = [rule for rule in snapshot.limits if rule.unit in counts.units and rule.matches(facts)]
    rules = [rule for rule in rules if not reading.outline.free or rule.unit in _COUNTS_CALLS]
    prices = _prices(rules, steps, snapshot, ticket.now)
    if counts.longest is not None:
        prices = tuple(price and at_batch_rate(price, counts.requests, counts.longest) for price in prices)
    rules = [rule for rule in rules if rule.unit != "usd" or any(price is not None for price in prices)]
    cap = _cap(reading, snapshot, counted=any(rule.unit in _COUNTS_OUTPUT for rule in rules))
    if not rules:
        return Admission((), cap)
    _check_bounded(reading, rules)
    worst = _Worst(reading, prices)
    reserved = await Reserve(ticket.lease(_claims(rules, facts, worst, cap or 0)))
    if not reserved.granted and reading.outline.max_output_tokens is None:
        cap = _smaller_cap(reserved, worst, cap or 0)
        if cap >= LEAST_OUTPUT_TOKENS:
            reserved = await Reserve(ticket.lease(_claims(rules, facts, worst, cap)))
    if not reserved.granted:
        raise over_limit(reserved.refused_by[0], ticket.now)
    return Admission(reserved.balances, cap)


def _check_bounded(reading: Reading, rules: list[LimitRule]) -> None:
    """Input from elsewhere, and what is written without an end, have no bound that could be reserved."""
    rule = next((rule for rule in rules if rule.enforce and rule.unit in _COUNTS_INPUT), None)
    if reading.outline.outside is not None and rule is not None:
        member = reading.outline.outside
        raise Unsupported(
            f"`{member}` brings in input that cannot be counted before the call, and the limit {rule.name!r} is hard. "
            "Send that input in the request itself.",
            code="unbounded_input",
            param=member,
        )
    rule = next((rule for rule in rules if rule.enforce and rule.unit in _COUNTS_OUTPUT), None)
    if reading.outline.endless is not None and rule is not None:
        member = reading.outline.endless
        raise Unsupported(
            f"`{member}` has the provider write without a bound that is known before the call, and the limit "
            f"{rule.name!r} is hard. Leave it out.",
            code="unbounded_output",
            param=member,
        )
    counted = next((rule for rule in rules if rule.enforce and rule.unit in _COUNTS_OUTPUT), None)
    if reading.counts.uncapped is not None and counted is not None:
        raise Unsupported(
            f"{reading.counts.uncapped} sets no cap on its output, and the limit {counted.name!r} is hard. "
            "Give each line a cap, as `max_completion_tokens` is one, and upload the file again.",
            code="unbounded_output",
            param="input_file_id",
        )


def _facts(reading: Reading, principal: Principal) -> dict[str, str | None]:
    facts = {name: getattr(principal, name) for name in ATTRIBUTES}
    return {**facts, "model": reading.outline.model, "api": reading.api.name, "operation": reading.api.operation}


def _prices(rules: list[LimitRule], steps: tuple[Step, ...], snapshot: Snapshot, now: float) -> tuple[Any, ...]:
    """The price of each step, looked up only for a USD limit. An unknown price is unknown, never zero."""
    money = [rule for rule in rules if rule.unit == "usd"]
    if not money:
        return ()
    prices = tuple(snapshot.book.price(snapshot.upstreams[step.provider].row.kind, step.model, now) for step in steps)
    strict = next((rule for rule in money if rule.unpriced == "deny" and rule.enforce), None)
    if strict is not None and None in prices:
        step = steps[prices.index(None)]
        raise Forbidden(
            f"The model {step.model!r} of {step.provider} has no known price, and {strict.name!r} is in USD. "
            "Its operator can add the price under prices.override, or set unpriced: allow.",
            code="unpriced_model",
            param="model",
        )
    return prices


def _cap(reading: Reading, snapshot: Snapshot, *, counted: bool) -> int | None:
    if not reading.outline.writes:
        return None
    asked = reading.outline.max_output_tokens
    if not reading.outline.heeds_cap:
        return asked
    most = snapshot.model(reading.outline.model).max_output_tokens
    caps = [cap for cap in (asked, most) if cap is not None]
    return min(caps) if caps else (DEFAULT_OUTPUT_TOKENS if counted else None)


def _claims(rules: list[LimitRule], facts: Mapping[str, str | None], worst: _Worst, cap: int) -> tuple[Claim, ...]:
    return tuple(
        Claim(
            limit=rule.name,
            scope=rule.scope(facts),
            unit=rule.unit,
            window=rule.window,
            maximum=rule.maximum,
            amount=worst.amount(rule.unit, cap),
            enforce=rule.enforce,
        )
        for rule in rules
    )


def _smaller_cap(reserved: Reserved, worst: _Worst, cap: int) -> int:
    """Half of what the fullest limit has room for, so that the next caller finds room too; 0 where none helps."""
    return min(_room(balance, worst, cap) for balance in reserved.refused_by) // 2


def _room(balance: Balance, worst: _Worst, cap: int) -> int:
    """The output tokens that fit into what remains: amounts grow evenly with the cap."""
    if balance.unit not in _COUNTS_OUTPUT or cap == 0:
        return 0
    base, full = worst.amount(balance.unit, 0), worst.amount(balance.unit, cap)
    return max(0, cap * (balance.remaining - base) // max(1, full - base))


def over_limit(balance: Balance, now: float) -> OverLimit:
    """The 429, which names the limit, its scope, and how it stands."""
    scope = f" for {balance.scope}" if balance.scope else ""
    window = balance.window.partition("@")[0]
    return OverLimit(
        f"The limit {balance.limit!r}{scope} has no room for this call: "
        f"{_shown(balance.settled, balance.unit)} used and {_shown(balance.leased, balance.unit)} in flight "
        f"of {_shown(balance.maximum, balance.unit)}{f' per {window}' if window else ''}.",
        param=balance.limit,
        retry_after=retry_after(balance, now),
    )


def _shown(amount: int, unit: Unit) -> str:
    return f"${amount / NANO:.6f}".rstrip("0").rstrip(".") if unit == "usd" else f"{amount:,} {unit.replace('_', ' ')}"


def retry_after(balance: Balance, now: float) -> int | None:
    """Whole seconds until the limit's window may have room again."""
    return None if balance.resets_at is None else max(1, math.ceil(balance.resets_at - now))


def rate_limit_headers(balances: tuple[Balance, ...], now: float) -> tuple[tuple[str, str], ...]:
    """`x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, of the limit of each kind that has least left."""
    headers: list[tuple[str, str]] = []
    for unit in ("requests", "tokens"):
        of_unit = [balance for balance in balances if balance.unit == unit and balance.enforce]
        if of_unit:
            tightest = min(of_unit, key=lambda balance: balance.remaining)
            headers += [
                (f"x-ratelimit-limit-{unit}", str(tightest.maximum)),
                (f"x-ratelimit-remaining-{unit}", str(tightest.remaining)),
                (f"x-ratelimit-reset-{unit}", f"{retry_after(tightest, now) or 0}s"),
            ]
    return tuple(headers)
