"""Account: what a call used and cost, as the settlement that the ledger takes. Also where a call's entry begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ext_proc.apis import APIS
from ext_proc.bills import Bill, bill
from ext_proc.entry import Entry
from ext_proc.leases import Settlement
from ext_proc.limits import LARGEST, Amounts
from ext_proc.plan import Plan, Step
from ext_proc.snapshot import Snapshot
from ext_proc.usage import Usage


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went. Times are seconds; `usage` None means that nothing was served."""

    status: int
    outcome: str
    usage: Usage | None = None
    response_model: str | None = None
    finish_reason: str | None = None
    reason: str | None = None
    latency: float | None = None
    time_to_first_token: float | None = None
    attempts: int = 0
    metering: str | None = None


def settlement(plan: Plan, step: Step | None, outcome: Outcome, snapshot: Snapshot) -> Settlement:
    """The charge and the entry of one call. USD limits are charged what is known of its cost, if only a part."""
    usage = outcome.usage or Usage()
    billed, source = _bill(step, usage, plan, snapshot) if outcome.usage else (Bill(0, whole=True), None)
    counted: Amounts = {
        "requests": 1,
        "tokens": usage.total_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "usd": billed.nano,
    }
    amounts: Amounts = {unit: min(amount, LARGEST) for unit, amount in counted.items()}
    amounts |= dict.fromkeys(plan.spared(step.provider if step else None), 0)
    cost = min(billed.nano, LARGEST) if billed.whole else None
    entry = entry_of(plan, step, outcome, cost, source, snapshot).row()
    return Settlement(plan.id, amounts, entry, tuple(plan.draws_on))


def of_one_try(whole: Settlement, attempt: int) -> Settlement:
    """The entry of a try whose answer nobody got. Its call's lease stays whole, as the next try may need all of it."""
    own_id = f"{whole.decision_id}.{attempt}"
    return Settlement(own_id, dict.fromkeys(whole.amounts, 0), {**whole.entry, "decision_id": own_id})


def entry_of(
    plan: Plan, step: Step | None, outcome: Outcome, cost: int | None, price: str | None, snapshot: Snapshot
) -> Entry:
    usage = outcome.usage or Usage()
    facts: dict[str, Any] = {**plan.principal, **{name: getattr(usage, name) for name in Usage.__slots__}}
    return Entry(
        decision_id=plan.id,
        at=plan.at,
        api=plan.api,
        operation=APIS[plan.api].operation,
        request_model=plan.model,
        response_model=outcome.response_model or (step.model or None if step else None),
        provider=_provider_name(step, snapshot),
        stream=plan.stream,
        status=outcome.status,
        outcome=outcome.outcome,
        reason=outcome.reason or _let_in(plan),
        finish_reason=outcome.finish_reason,
        **facts,
        cost_nano=cost,
        price=price,
        latency=outcome.latency,
        time_to_first_token=outcome.time_to_first_token,
        attempts=outcome.attempts,
        metering=outcome.metering,
    )


def _let_in(plan: Plan) -> str | None:
    """Where a call passed another way than by the limits' own word."""
    if plan.unchecked:
        return f"unchecked:{','.join(plan.unchecked)}"
    return f"routed:{plan.routed['limit']}" if plan.routed else None


def _bill(step: Step | None, usage: Usage, plan: Plan, snapshot: Snapshot) -> tuple[Bill, str | None]:
    upstream = snapshot.upstreams.get(step.provider) if step else None
    price = snapshot.book.price(upstream.row.kind, step.model, plan.at) if step and upstream else None
    return (Bill(0, whole=False), None) if price is None else (bill(price, usage, plan.picture), price.source)


def _provider_name(step: Step | None, snapshot: Snapshot) -> str | None:
    upstream = snapshot.upstreams.get(step.provider) if step else None
    return upstream.row.name if upstream else None
