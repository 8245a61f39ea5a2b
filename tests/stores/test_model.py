"""Any order of reserve, settle, expire and time leaves every store where a simple model says, and no limit passed."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ext_proc.limits import Claim, charge, worst_charge
from ext_proc.windows import bucket, first_live_bucket, split_window
from tests.stores.backends import BACKENDS, lease, settlement

LIMITS = {
    "minute": ("requests", "1m", 3, True),
    "month": ("usd", "month@Europe/Berlin", 100, True),
    "hour": ("usd", "hour@Australia/Lord_Howe", 60, True),
    "ever": ("tokens", "forever", 500, True),
    "slots": ("concurrent", "", 2, True),
    "shadow": ("usd", "24h", 50, False),
}
IDS = st.sampled_from([f"d{number}" for number in range(8)])
AMOUNTS = st.fixed_dictionaries({name: st.integers(0, 40) for name in LIMITS})
STEPS = st.sampled_from([0, 0.4, 1, 29, 61, 3600, 86_400, 20 * 86_400])
START = 1_793_000_000.0
"""A few days before clocks are set back in Berlin and a month ends."""


class Model:
    """What a store promises, as plain dicts, one step after the other."""

    def __init__(self):
        self.leases, self.spent, self.expired, self.entries = {}, {}, {}, {}
        self.known = set()

    def settled(self, claim, now):
        live = first_live_bucket(*split_window(claim.window), now)
        return sum(amount for start, amount in self.spent.get(claim.key, {}).items() if start >= live)

    def leased(self, claim):
        return sum(held.amount for one in self.leases.values() for held in one.claims if held.key == claim.key)

    def reserve(self, wanted, now):
        self.expire(now)
        if wanted.decision_id in self.leases or wanted.decision_id in self.entries:
            return True
        self.known |= set(wanted.claims)
        over = [c for c in wanted.claims if self.settled(c, now) + self.leased(c) + c.amount > c.maximum]
        if any(claim.enforce for claim in over):
            return False
        self.leases[wanted.decision_id] = wanted
        return True

    def charge(self, claim, start, amount):
        buckets = self.spent.setdefault(claim.key, {})
        buckets[start] = buckets.get(start, 0) + amount

    def settle(self, decision_id, amounts, now):
        if self.entries.get(decision_id) == "settled":
            return 0
        for claim, start, charged in self.expired.pop(decision_id, []):
            self.charge(claim, start, charge(claim.unit, claim.amount, amounts) - charged)
        if decision_id in self.leases:
            for claim in self.leases.pop(decision_id).claims:
                used = charge(claim.unit, claim.amount, amounts)
                self.charge(claim, bucket(*split_window(claim.window), now), used)
        self.entries[decision_id] = "settled"
        return 1

    def expire(self, now):
        due = [one for one in self.leases.values() if one.expires_at <= now]
        for one in due:
            del self.leases[one.decision_id]
            self.entries[one.decision_id] = "expired"
            for claim in one.claims:
                worst, start = worst_charge(claim.unit, claim.amount), bucket(*split_window(claim.window), now)
                self.charge(claim, start, worst)
                self.expired.setdefault(one.decision_id, []).append((claim, start, worst))
        return len(due)


class StoreMachine(RuleBasedStateMachine):
    make = None

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.Runner()
        self.now = START
        self.model = Model()
        self.store = type(self).make(Path(self.folder.name))
        self.loop.run(self.store.open())

    def teardown(self):
        self.loop.run(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    @rule(
        decision_id=IDS,
        amounts=AMOUNTS,
        names=st.sets(st.sampled_from(sorted(LIMITS)), min_size=1),
        ttl=st.sampled_from([1, 60, 4000]),
    )
    def reserve(self, decision_id, amounts, names, ttl):
        claims = [
            Claim(
                name, "team=a", unit, window, most, 1 if unit in {"requests", "concurrent"} else amounts[name], enforce
            )
            for name, (unit, window, most, enforce) in LIMITS.items()
            if name in names
        ]
        wanted = lease(decision_id, *claims, expires_at=self.now + ttl)
        assert self.loop.run(self.store.reserve(wanted, self.now)).granted == self.model.reserve(wanted, self.now)

    @rule(decision_id=IDS, share=st.integers(0, 4))
    def settle(self, decision_id, share):
        """Usage up to the worst case that was reserved, as providers keep to the output cap."""
        worst = {unit: min(claims) for unit, claims in self._claimed(decision_id).items()} or {"usd": 40}
        amounts = {unit: amount * share // 4 for unit, amount in worst.items() if unit in {"usd", "tokens"}}
        done = self.loop.run(self.store.settle([settlement(decision_id, at=self.now, **amounts)], self.now))
        assert done == self.model.settle(decision_id, amounts, self.now)

    def _claimed(self, decision_id):
        held = self.model.leases.get(decision_id)
        claims = held.claims if held else [claim for claim, _, _ in self.model.expired.get(decision_id, [])]
        return {c.unit: [o.amount for o in claims if o.unit == c.unit] for c in claims}

    @rule()
    def expire(self):
        assert self.loop.run(self.store.expire(self.now)) == self.model.expire(self.now)

    @rule(step=STEPS)
    def wait(self, step):
        self.now += step

    @invariant()
    def balances_are_the_models_and_no_enforced_limit_is_passed(self):
        balances = {balance.limit: balance for balance in self.loop.run(self.store.balances(self.now))}
        claims = {claim.limit: claim for claim in self.model.known}
        assert {name: (b.settled, b.leased) for name, b in balances.items()} == {
            name: (self.model.settled(claim, self.now), self.model.leased(claim)) for name, claim in claims.items()
        }
        assert [b for b in balances.values() if b.enforce and b.settled + b.leased > b.maximum] == []

    @invariant()
    def every_call_has_one_entry(self):
        rows = self.loop.run(self.store.entries(0, float("inf")))
        assert sorted(row["decision_id"] for row in rows) == sorted(self.model.entries)


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_a_store_keeps_its_promises_in_any_order_of_steps(backend):
    machine = type("Machine", (StoreMachine,), {"make": staticmethod(BACKENDS[backend])})
    checks = [HealthCheck.too_slow]
    run_state_machine_as_test(
        machine, settings=settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=checks)
    )
