"""Any order of steps and of time leaves every store where a simple model says, and no limit passed."""

import asyncio
import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ext_proc.leases import Grant
from ext_proc.limits import Claim
from tests.stores.backends import extension, lease, settlement
from tests.stores.model import Model

EXAMPLES = 900 if os.environ.get("FAULTS") == "long" else 25
"""Of forty steps each: over all stores more than a hundred thousand steps in the long run."""
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
NAMES = st.sets(st.sampled_from(sorted(LIMITS)), min_size=1)
TIMES = st.sampled_from([1, 60, 4000])
STEPS = st.sampled_from([0, 0.4, 1, 29, 61, 3600, 86_400, 20 * 86_400, -1, -45, -7200])
SHARES = st.integers(0, 4)
START = 1_793_000_000.0
"""A few days before clocks are set back in Berlin and a month ends."""


def claims_of(names, amounts):
    return tuple(
        Claim(name, "team=a", unit, window, most, _amount(unit, amounts[name]), enforce, (50, 80))
        for name, (unit, window, most, enforce) in LIMITS.items()
        if name in names
    )


def _amount(unit, amount):
    return 1 if unit in {"requests", "concurrent"} else amount


class StoreMachine(RuleBasedStateMachine):
    backend = None

    @initialize()
    def begin(self):
        self.loop = asyncio.Runner()
        self.now, self.count = START, 0
        self.model = Model()
        type(self).examples = getattr(type(self), "examples", 0) + 1
        self.store = self.backend.store(f"example-{self.examples}")
        self.run(self.store.open())

    def teardown(self):
        self.run(self.store.close())
        self.loop.close()

    def run(self, step):
        self.model.latest = max(self.model.latest, self.now)
        return self.loop.run(step)

    @rule(decision_id=IDS, amounts=AMOUNTS, names=NAMES, ttl=TIMES)
    def reserve(self, decision_id, amounts, names, ttl):
        wanted = lease(decision_id, *claims_of(names, amounts), expires_at=self.now + ttl)
        reserved = self.run(self.store.reserve(wanted, self.now))
        self.model.expire(self.now)
        if decision_id in self.model.leases or decision_id in self.model.entries:
            assert reserved.granted
            return
        self.model.know(wanted.claims)
        assert (not reserved.granted) in self.model.may_refuse(wanted.claims, self.now)
        if reserved.granted:
            self.model.reserve(wanted)

    @rule(decision_id=IDS, amounts=AMOUNTS, names=NAMES | st.just(set()), ttl=TIMES)
    def extend(self, decision_id, amounts, names, ttl):
        wanted = extension(decision_id, *claims_of(names, amounts), expires_at=self.now + ttl)
        extended = self.run(self.store.extend(wanted, self.now))
        self.model.expire(self.now)
        assert extended.ended == (not self.model.is_live(decision_id, self.now))
        if extended.ended:
            return
        self.model.know(wanted.claims)
        assert (not extended.granted) in self.model.may_refuse(wanted.claims, self.now)
        if extended.granted:
            self.model.extend(wanted)

    @rule(decision_id=IDS, ttl=TIMES)
    def renew(self, decision_id, ttl):
        wanted = extension(decision_id, expires_at=self.now + ttl)
        live = self.model.is_live(decision_id, self.now)
        assert self.run(self.store.renew([wanted], self.now)) == ([] if live else [decision_id])
        if live:
            self.model.extend(wanted)

    @rule(decision_id=IDS, share=SHARES)
    def settle(self, decision_id, share):
        self._settle(decision_id, self._usage([decision_id], share), ())

    @rule(draws_on=st.lists(IDS, min_size=1, max_size=2, unique=True), share=SHARES, again=st.booleans())
    def draw(self, draws_on, share, again):
        self.count += not again
        self._settle(f"{draws_on[0]}.{self.count}", self._usage(draws_on, share), draws_on)

    def _settle(self, decision_id, amounts, draws_on):
        told = settlement(decision_id, at=self.now, draws_on=draws_on, **amounts)
        done = self.run(self.store.settle([told], self.now))
        assert done == self.model.settle(decision_id, amounts, draws_on, self.now)

    @rule(decision_id=IDS, share=SHARES, wait=st.sampled_from([2, 100]))
    def settle_later(self, decision_id, share, wait):
        amounts = self._usage([decision_id], share)
        self.run(self.store.settle_later([settlement(decision_id, at=self.now, **amounts)], self.now + wait))
        self.model.settle_later(decision_id, amounts, self.now + wait)

    def _usage(self, ids, share):
        """Up to the worst case that is held, as providers keep to the output cap."""
        most = {"usd": 40, "tokens": 40}
        for decision_id in ids:
            held = self.model.leases.get(decision_id)
            holds = [(claim.unit, claim.amount) for claim in held.holds.values()] if held else []
            charged = [(one.unit, one.charged) for one in self.model.expired.get(decision_id, [])]
            for unit, amount in holds + charged:
                most[unit] = min(most.get(unit, 40), amount)
        return {unit: amount * share // 4 for unit, amount in most.items() if unit in {"usd", "tokens"}}

    @rule(name=st.sampled_from(sorted(LIMITS)), amount=st.integers(0, 30), ttl=TIMES)
    def grant(self, name, amount, ttl):
        self.count += 1
        given = Grant(f"g{self.count}", name, "team=a", LIMITS[name][0], amount, self.now, self.now + ttl)
        self.run(self.store.grant(given, self.now))
        self.model.grants[given.id] = given
        self.model.excess[given.key] += amount

    @rule(number=st.integers(1, 20))
    def revoke_grant(self, number):
        self.run(self.store.revoke_grant(f"g{number}", self.now))
        self.model.grants.pop(f"g{number}", None)

    @rule(name=st.sampled_from(sorted(LIMITS)))
    def reset(self, name):
        keys = [key for key, claim in self.model.known.items() if claim.limit == name]
        assert self.run(self.store.reset(name, "team=a", self.now)) == len(keys)
        for key in keys:
            self.model.reset(key)

    @rule()
    def expire(self):
        assert self.run(self.store.expire(self.now)) == self.model.expire(self.now)

    @rule(step=STEPS)
    def wait(self, step):
        self.now += step

    @invariant()
    def balances_are_the_models_and_no_enforced_limit_is_passed(self):
        balances = self.run(self.store.balances(self.now))
        assert sorted(balance.limit for balance in balances) == sorted(c.limit for c in self.model.known.values())
        claims = {claim.limit: claim for claim in self.model.known.values()}
        for balance in balances:
            claim = claims[balance.limit]
            least, most = self.model.settled(claim.key, claim.window, self.now)
            assert least <= balance.settled <= most
            assert balance.leased == self.model.leased(claim.key)
            highest = claim.maximum + self.model.excess[claim.key]
            assert not balance.enforce or balance.settled + balance.leased <= highest

    @invariant()
    def every_call_has_one_entry(self):
        rows = self.run(self.store.entries(0, float("inf")))
        assert sorted(row["decision_id"] for row in rows) == sorted(self.model.entries)


def test_a_store_keeps_its_promises_in_any_order_of_steps(backend):
    machine = type("Machine", (StoreMachine,), {"backend": backend})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None, suppress_health_check=checks),
    )
