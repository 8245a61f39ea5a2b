"""Batch: what a batch used and cost once it has ended, as the settlement of the lease that its creation took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.keeps import Used
from ext_proc.bills import Bill, bill
from ext_proc.entry import Entry
from ext_proc.leases import Settlement
from ext_proc.limits import LARGEST
from ext_proc.prices import at_batch_rate
from ext_proc.snapshot import Snapshot
from ext_proc.stages.relay import BYTES_PER_TOKEN
from ext_proc.usage import Usage


def batch_settlement(facts: Mapping[str, Any], used: Used, snapshot: Snapshot) -> Settlement:
    """`facts` are the batch's own, from its creation. Its entry is in the name of who made it, not of who asks."""
    usage = used.usage or _estimate(facts, used.requests)
    billed, source = _bill(facts, usage, used.requests, snapshot)
    upstream = snapshot.upstreams.get(facts["provider"])
    counts = {name: getattr(usage, name) for name in Usage.__slots__}
    entry = Entry(
        decision_id=facts["lease"],
        at=facts["at"],
        **facts["principal"],
        **counts,
        api=facts["api"],
        operation="batches",
        request_model=facts["model"],
        response_model=facts["model"],
        provider=upstream.row.name if upstream else None,
        status=200,
        outcome="failed" if used.failed else "served",
        reason=used.reason,
        cost_nano=min(billed.nano, LARGEST) if billed.whole else None,
        price=source,
        metering="inline",
    )
    amounts = {
        "requests": used.requests,
        "tokens": usage.total_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "usd": billed.nano,
    }
    return Settlement(facts["lease"], {unit: min(amount, LARGEST) for unit, amount in amounts.items()}, entry.row())


def _estimate(facts: Mapping[str, Any], requests: int) -> Usage:
    """Where the provider reports none: the worst case of those requests that ran."""
    ran = min(requests, facts["requests"])
    if not ran:
        return Usage()
    return Usage(
        input_tokens=-(-facts["input_tokens"] * ran // (facts["requests"] * BYTES_PER_TOKEN)),
        output_tokens=-(-facts["output_tokens"] * ran // facts["requests"]),
        estimated=True,
    )


def _bill(facts: Mapping[str, Any], usage: Usage, requests: int, snapshot: Snapshot) -> tuple[Bill, str | None]:
    upstream = snapshot.upstreams.get(facts["provider"])
    price = snapshot.book.price(upstream.row.kind, facts["model"], facts["at"]) if upstream else None
    if price is None:
        return Bill(0, whole=False), None
    batched = at_batch_rate(price, requests, facts["longest"])
    return bill(batched, usage), batched.source
