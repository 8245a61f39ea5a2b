"""One process of several that reserve from one store until they are refused or killed.

python hammer.py STORE NAME MOST LIMIT: prints a line for every decision that was granted. STORE is the path of a
database, or the port of a Redis.
"""

import asyncio
import sys
from pathlib import Path

from ext_proc.stores.sqlite import SqliteStore
from tests.stores.backends import NOW, claim, lease, redis_store, settlement


async def hammer(where, name, most, maximum):
    store = redis_store(int(where)) if where.isdigit() else SqliteStore(Path(where), patience=30)
    await store.open()
    for number in range(int(most)):
        decision_id = f"{name}-{number}"
        reserved = await store.reserve(
            lease(decision_id, claim(amount=3, maximum=int(maximum)), expires_at=NOW + 1e9), NOW
        )
        if not reserved.granted:
            break
        if number % 2:
            await store.settle([settlement(decision_id, usd=3)], NOW)
        print(decision_id, flush=True)
    await store.close()


asyncio.run(hammer(*sys.argv[1:]))
