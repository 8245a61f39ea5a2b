"""Admit: hold the worst case of the call in every limit that matches it, or refuse and say which had no room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ext_proc.effects import Reserve
from ext_proc.errors import ControlError, OverLimit, Unsupported
from ext_proc.leases import Lease, Reserved
from ext_proc.limit_rules import Facts, Share
from ext_proc.limits import Balance, Claim
from ext_proc.plan import Step
from ext_proc.policy.conditions import ConditionError
from ext_proc.snapshot import Snapshot
from ext_proc.stages.bounds import bounded
from ext_proc.stages.clamp import clamp
from ext_proc.stages.over_limit import over_limit
from ext_proc.stages.read import Reading
from ext_proc.stages.slices import rates_of
from ext_proc.stages.trial import Trial
from ext_proc.stages.worst import COUNTS_CALLS, COUNTS_OUTPUT, Worst, prices_of

DEFAULT_OUTPUT_TOKENS = 4096
"""The output cap of a call that named none, where a limit counts output."""
FIRST_SLICE = 1024
"""Output tokens that a stream begins with that extends its lease while it runs."""
LEAST_OUTPUT_TOKENS = 16
MOST_SHARES = 64
"""Scopes of one limit that one call may fall into."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The call is in. `cap` is None where neither the model nor a limit bounds its output."""

    balances: tuple[Balance, ...]
    cap: int | None
    input_bound: int
    by_provider: Mapping[str, list[str]] = field(default_factory=dict)
    """Accounts that are charged only when one of these providers serves."""
    warnings: tuple[str, ...] = ()
    """Limits that are exceeded and only warn."""
    slices: tuple[Claim, ...] = ()
    """What one output token claims, for a stream that extends its lease while it runs."""
    held: int = 0
    """The output tokens that such a lease begins with."""
    draws_on: tuple[str, ...] = ()
    """What the settlement draws on, where the store was away."""
    unchecked: tuple[str, ...] = ()
    """The limits that let the call in without looking, meanwhile."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a lease is made out to: the decision, the instant, and the entry that stands if nobody settles it."""

    decision_id: str
    now: float
    expires_at: float
    entry: dict[str, Any]
    trial: Trial | None = None
    """Of a dry run, which reserves nothing."""

    async def hold(self, claims: tuple[Claim, ...]) -> Reserved:
        if self.trial is not None:
            return await self.trial.stand(self.decision_id, claims, self.expires_at)
        return await Reserve(self.lease(claims))

    def made_out_to(self, lease_id: str, seconds: float) -> Ticket:
        """The same for what goes on after the call, and is settled apart from it."""
        return Ticket(lease_id, self.now, self.now + seconds, {**self.entry, "decision_id": lease_id}, self.trial)

    def lease(self, claims: tuple[Claim, ...]) -> Lease:
        return Lease(self.decision_id, claims, self.expires_at, self.entry)


async def admit(
    reading: Reading,
    facts: Facts,
    steps: tuple[Step, ...],
    snapshot: Snapshot,
    ticket: Ticket,
) -> Admission:
    """Holds the worst case in every limit that matches. Raises `OverLimit`, or what is wrong with the call for them."""
    clamped = clamp(reading, facts, snapshot)
    shares = _shares(reading, facts, snapshot)
    reading = bounded(reading, shares, steps, snapshot)
    prices = prices_of(reading, shares, steps, snapshot, ticket.now)
    worst = Worst(reading, prices)
    shares = [share for share in shares if share.rule.unit != "usd" or worst.known(share)]
    counted = any(share.rule.unit in COUNTS_OUTPUT for share in shares)
    sliced = _is_sliced(reading, shares, clamped.max_output_tokens, snapshot)
    cap = _cap(reading, clamped.max_output_tokens, counted=counted and not sliced)
    if ticket.trial is not None:
        ticket.trial.begin(reading, cap)
    if not shares:
        return Admission((), cap, reading.input_bound)
    return await _admitted(shares, worst, cap, ticket, sliced=sliced)


async def _admitted(
    shares: Sequence[Share], worst: Worst, cap: int | None, ticket: Ticket, *, sliced: bool
) -> Admission:
    """A stream that extends its lease begins with a part of what it may take."""
    first = min(cap or FIRST_SLICE, FIRST_SLICE) if sliced else cap
    shrinks = sliced or worst.reading.outline.max_output_tokens is None
    reserved, held = await _held(shares, worst, first, ticket, shrinks=shrinks)
    admission = Admission(
        balances=reserved.balances,
        cap=held,
        input_bound=worst.reading.input_bound,
        by_provider=_by_provider(shares),
        warnings=_warnings(reserved, shares),
        draws_on=reserved.draws_on,
        unchecked=reserved.unchecked,
    )
    return _in_slices(admission, cap, shares, worst) if sliced else admission


async def _held(
    shares: Sequence[Share], worst: Worst, cap: int | None, ticket: Ticket, *, shrinks: bool
) -> tuple[Reserved, int | None]:
    """What was reserved, for which cap. One that `shrinks` becomes smaller before the call is refused."""
    claims = _claims(shares, worst, cap or 0)
    reserved = await ticket.hold(claims)
    if not reserved.granted and shrinks:
        smaller = _smaller_cap(reserved, shares, worst, cap or 0)
        if smaller >= LEAST_OUTPUT_TOKENS:
            cap, claims = smaller, _claims(shares, worst, smaller)
            reserved = await ticket.hold(claims)
    if not reserved.granted:
        raise _refusal(reserved, shares, claims, ticket)
    if ticket.trial is not None:
        ticket.trial.cap = cap
    return reserved, cap


def _is_sliced(reading: Reading, shares: Sequence[Share], most: int | None, snapshot: Snapshot) -> bool:
    """Whether the lease grows with the answer: for a stream that a hard limit counts and, most often, nobody caps."""
    outline = reading.outline
    slices = snapshot.model(outline.model).slices if outline.stream and reading.api.family == "chat" else "never"
    capped = outline.max_output_tokens is not None or most is not None
    if slices == "never" or not outline.writes or not outline.heeds_cap or (capped and slices == "uncapped"):
        return False
    return any(share.rule.unit in COUNTS_OUTPUT and share.rule.enforce for share in shares)


def _in_slices(admission: Admission, cap: int | None, shares: Sequence[Share], worst: Worst) -> Admission:
    """Nobody extends what was let in while the store was away: it has what was lent, or is not counted at all."""
    if admission.draws_on:
        return admission
    if admission.unchecked:
        return replace(admission, cap=cap)
    n = worst.reading.outline.n
    rates = rates_of(_claims(shares, worst, 0), _claims(shares, worst, FIRST_SLICE), FIRST_SLICE * n)
    return replace(admission, cap=cap, slices=rates, held=(admission.cap or 0) * n)


def _refusal(reserved: Reserved, shares: Sequence[Share], claims: Sequence[Claim], ticket: Ticket) -> OverLimit:
    """Of a limit that refuses, before one that sends its calls to another model."""
    routes = {share.account: share.rule.route for share in shares}
    balance = min(reserved.refused_by, key=lambda balance: routes[balance.key] is not None)
    claim = next(claim for claim in claims if claim.key == balance.key)
    refusal = over_limit(balance, claim, ticket.now, ticket.decision_id)
    refusal.route, refusal.balances = routes[balance.key], reserved.refused_by
    return refusal


def _warnings(reserved: Reserved, shares: Sequence[Share]) -> tuple[str, ...]:
    """The limits that are exceeded and let the call pass all the same."""
    if not reserved.shadowed:
        return ()
    warning = {share.account for share in shares if share.rule.warns}
    return tuple(balance.limit for balance in reserved.shadowed if balance.key in warning)


def _shares(reading: Reading, facts: Facts, snapshot: Snapshot) -> list[Share]:
    """Where the call counts. Raises `ControlError` where a condition cannot be decided, whatever the limit's mode."""
    shares: list[Share] = []
    for rule in snapshot.limits:
        if rule.unit not in reading.counts.units or (reading.outline.free and rule.unit not in COUNTS_CALLS):
            continue
        try:
            own = rule.shares(facts)
        except ConditionError as error:
            raise ControlError(
                f"The limit {rule.name!r} could not be decided: {error}.", code="condition_failed"
            ) from error
        if len(own) > MOST_SHARES:
            raise Unsupported(
                f"The limit {rule.name!r} counts each tool apart, at most {MOST_SHARES}; {len(own)} are offered.",
                code="too_many_tools",
                param="tools",
            )
        shares += own
    return shares


def _by_provider(shares: Sequence[Share]) -> dict[str, list[str]]:
    """The accounts that only some of the providers are charged to, with the names of these."""
    return {share.account: sorted(share.providers) for share in shares if not share.everywhere}


def _cap(reading: Reading, most: int | None, *, counted: bool) -> int | None:
    if not reading.outline.writes:
        return None
    asked = reading.outline.max_output_tokens
    if not reading.outline.heeds_cap:
        return asked
    caps = [cap for cap in (asked, most) if cap is not None]
    return min(caps) if caps else (DEFAULT_OUTPUT_TOKENS if counted else None)


def _claims(shares: Sequence[Share], worst: Worst, cap: int) -> tuple[Claim, ...]:
    """A batch goes on for long after its call, so that nothing lent could be meant for it."""
    return tuple(
        Claim(
            limit=share.rule.name,
            scope=share.scope,
            unit=share.rule.unit,
            window=share.rule.window,
            maximum=share.rule.maximum,
            amount=worst.amount(share, cap),
            enforce=share.rule.enforce,
            thresholds=share.rule.thresholds,
            outage="deny" if worst.reading.counts.longest is not None else share.rule.outage,
        )
        for share in shares
    )


def _smaller_cap(reserved: Reserved, shares: Sequence[Share], worst: Worst, cap: int) -> int:
    """Half of what the fullest limit has room for, so that the next caller finds room too; 0 where none helps."""
    by_account = {share.account: share for share in shares}
    return min(_room(balance, by_account[balance.key], worst, cap) for balance in reserved.refused_by) // 2


def _room(balance: Balance, share: Share, worst: Worst, cap: int) -> int:
    """The output tokens that fit into what remains: amounts grow evenly with the cap."""
    if balance.unit not in COUNTS_OUTPUT or cap == 0:
        return 0
    base, full = worst.amount(share, 0), worst.amount(share, cap)
    return max(0, cap * (balance.remaining - base) // max(1, full - base))
