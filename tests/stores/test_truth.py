"""Many callers on a Redis that hangs and dies under them, beside a truth of what was used that no store knows of."""

import asyncio
import random
import time

from ext_proc.errors import ControlError
from ext_proc.stores.redis import RedisStore
from ext_proc.stores.redis_address import RedisAddress
from tests.stores.backends import claim, lease, settlement, standing
from tests.stores.servers import RedisServer

TEAM = ("usd", "team=a")
CALLERS, CALLS, WORST, MAXIMUM = 48, 40, 10, 6000


class Callers:
    """What they used, in truth, and what they could not tell the store."""

    def __init__(self, store, now):
        self.store, self.now = store, now
        self.truth, self.untold, self.over = {}, [], 0

    async def call(self, decision_id, chance):
        """One call: some tell twice, some late, some not at all, and a call may outlive its lease."""
        now = self.now()
        try:
            wanted = lease(decision_id, claim(amount=WORST, maximum=MAXIMUM), expires_at=now + chance.choice((0.02, 1)))
            if not (await self.store.reserve(wanted, now)).granted:
                return
        except ControlError:
            return
        used = self.truth[decision_id] = chance.randrange(WORST + 1)
        told = settlement(decision_id, at=now, usd=used)
        if chance.random() < 0.1:
            self.untold.append(told)
            return
        for _ in range(chance.choice((1, 1, 1, 2))):
            await self.tell(told)

    async def tell(self, told):
        try:
            await self.store.settle([told], self.now())
        except ControlError:
            self.untold.append(told)

    async def run(self, number):
        chance = random.Random(number)
        for count in range(CALLS):
            await self.call(f"{number}-{count}", chance)

    async def watch(self):
        """Sees every instant that it can."""
        while True:
            try:
                self.over = max(self.over, sum((await standing(self.store, self.now())).get(TEAM, (0, 0))) - MAXIMUM)
                await self.store.expire(self.now())
            except ControlError:
                pass
            await asyncio.sleep(0)

    async def resolve(self):
        """The access log's last words, and the end of every lease."""
        while self.untold:
            await self.tell(self.untold.pop())
        while await self.store.leases():
            await self.store.expire(self.now())


async def test_whatever_fails_nothing_is_overspent_and_the_sum_is_the_truth(tmp_path):
    server = RedisServer(tmp_path, appendonly="yes", appendfsync="always").start()
    store = RedisStore(RedisAddress("one", (("127.0.0.1", server.port),), timeout=0.5))
    callers = Callers(store, lambda: time.time() - 7200)  # their clock is two hours off that of Redis
    try:
        await store.open()
        watching = asyncio.create_task(callers.watch())
        calling = [asyncio.create_task(callers.run(number)) for number in range(CALLERS)]
        for fault in (server.stop, server.go_on, server.kill, server.start, server.stop, server.go_on):
            await asyncio.wait(calling, timeout=0.4)
            await asyncio.to_thread(fault)
        await asyncio.gather(*calling)
        watching.cancel()
        await callers.resolve()
        settled, leased = (await standing(store, callers.now()))[TEAM]
        entries = await store.entries(0, float("inf"))
        assert (callers.over, leased) == (0, 0)
        assert settled == sum(callers.truth.values()) == sum(row["cost_nano"] for row in entries)
        assert {row["decision_id"] for row in entries} == set(callers.truth)
        assert len(callers.truth) > CALLERS
    finally:
        await store.close()
        server.end()
