"""What a store promises, as plain dicts, one step after the other.

Where the clock was set back, a store may have forgotten what it no longer had to keep: settled amounts are a range.
"""

from collections import defaultdict
from dataclasses import dataclass, replace

from ext_proc.limits import charge, drawn, worst_charge
from ext_proc.windows import bucket, first_live_bucket, split_window


@dataclass
class Held:
    """A live lease: what it holds by account, each in a window, and how it ends by itself."""

    holds: dict
    expires_at: float
    closing: dict | None = None


@dataclass
class Charge:
    """What expiry charged."""

    key: str
    unit: str
    start: int
    held: int
    charged: int
    epoch: int


class Model:
    def __init__(self):
        self.leases, self.expired, self.entries, self.grants, self.known = {}, {}, {}, {}, {}
        self.spent, self.epochs, self.excess = defaultdict(dict), defaultdict(int), defaultdict(int)
        self.latest = 0.0

    def settled(self, key, window, now):
        """The least and the most that a store may say."""
        lives = [first_live_bucket(*split_window(window), moment) for moment in (max(now, self.latest), now)]
        return [sum(amount for start, amount in self.spent[key].items() if start >= live) for live in lives]

    def leased(self, key):
        return sum(held.holds[key].amount for held in self.leases.values() if key in held.holds)

    def maximum(self, claim, now):
        """The most and the least."""
        own = [grant for grant in self.grants.values() if grant.key == claim.key]
        moments = (now, max(now, self.latest))
        return [claim.maximum + sum(grant.amount for grant in own if grant.until > moment) for moment in moments]

    def may_refuse(self, claims, now):
        """Whether these claims must be held, must not, or either."""
        return {any(self._over(claim, bound, now) for claim in claims if claim.enforce) for bound in (0, 1)}

    def _over(self, claim, bound, now):
        settled = self.settled(claim.key, claim.window, now)[bound]
        return settled + self.leased(claim.key) + claim.amount > self.maximum(claim, now)[bound]

    def know(self, claims):
        self.known |= {claim.key: claim for claim in claims}

    def reserve(self, wanted):
        self.leases[wanted.decision_id] = Held({claim.key: claim for claim in wanted.claims}, wanted.expires_at)

    def is_live(self, decision_id, now):
        held = self.leases.get(decision_id)
        return held is not None and held.closing is None and held.expires_at > now

    def extend(self, wanted):
        held = self.leases[wanted.decision_id]
        for claim in wanted.claims:
            before = held.holds[claim.key].amount if claim.key in held.holds else 0
            held.holds[claim.key] = replace(claim, amount=before + claim.amount)
        held.expires_at = max(held.expires_at, wanted.expires_at)

    def settle(self, decision_id, amounts, draws_on, now):
        if decision_id in self.expired:
            for one in self.expired.pop(decision_id):
                self.amend(one, one.charged, charge(one.unit, one.held, amounts, one.key))
        elif decision_id in self.entries:
            return 0
        else:
            held = self.leases.pop(decision_id, Held({}, 0))
            self.entries[decision_id] = held.holds
            for claim in held.holds.values():
                self.charge(claim, charge(claim.unit, claim.amount, amounts, claim.key), now)
        for other in draws_on:
            self.draw(other, amounts, now)
        return 1

    def settle_later(self, decision_id, amounts, due):
        if decision_id not in self.entries:
            held = self.leases.setdefault(decision_id, Held({}, due))
            held.expires_at, held.closing = due, amounts

    def draw(self, decision_id, amounts, now):
        if decision_id in self.leases:
            holds = self.leases[decision_id].holds
            for key, claim in holds.items():
                used = drawn(claim.unit, amounts, claim.key)
                self.charge(claim, used, now)
                holds[key] = replace(claim, amount=max(0, claim.amount - used))
                self.excess[key] += max(0, used - claim.amount)
        elif decision_id in self.expired:
            for one in self.expired[decision_id]:
                used = drawn(one.unit, amounts, one.key)
                covered = min(one.charged, used)
                self.amend(one, covered, used)
                one.charged -= covered
                self.excess[one.key] += used
        else:
            for key, claim in self.entries.get(decision_id, {}).items():
                self.charge(claim, drawn(claim.unit, amounts, claim.key), now)
                self.excess[key] += drawn(claim.unit, amounts, claim.key)

    def charge(self, claim, amount, now):
        if amount:
            start = bucket(*split_window(claim.window), now)
            self.spent[claim.key][start] = self.spent[claim.key].get(start, 0) + amount

    def amend(self, one, old, new):
        if one.epoch == self.epochs[one.key] and (new > old or one.start in self.spent[one.key]):
            self.spent[one.key][one.start] = max(0, self.spent[one.key].get(one.start, 0) + new - old)

    def expire(self, now):
        due = [decision_id for decision_id, held in self.leases.items() if held.expires_at <= now]
        for decision_id in due:
            held = self.leases.pop(decision_id)
            self.entries[decision_id], self.expired[decision_id] = held.holds, []
            for key, claim in held.holds.items():
                spent = worst_charge(claim.unit, claim.amount)
                if held.closing is not None:
                    spent = charge(claim.unit, claim.amount, held.closing, claim.key)
                start = bucket(*split_window(claim.window), now)
                self.charge(claim, spent, now)
                self.expired[decision_id].append(Charge(key, claim.unit, start, claim.amount, spent, self.epochs[key]))
        return len(due)

    def reset(self, key):
        self.spent[key] = {}
        self.epochs[key] += 1
