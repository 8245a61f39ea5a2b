"""One step at Redis: a script run in one round trip, and every failure told as a ControlError.

Redis knows no calendar. A step is told the present period of each calendar window that was seen here; where Redis
finds that one is missing or over it does nothing, names it, and the step is tried again with it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import orjson
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
)

from ext_proc.errors import ControlError
from ext_proc.stores.redis_client import MOST_CONNECTIONS, Client, connect, disconnect, together
from ext_proc.stores.redis_scripts import script
from ext_proc.windows import CALENDAR, bucket, resets_at, split_window

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from ext_proc.stores.redis_address import RedisAddress

log = logging.getLogger(__name__)
_FAILURES = {
    AuthenticationError: "refuses the user or the password",
    NoPermissionError: "does not let its user do all that is needed",
    ReadOnlyError: "is a replica and takes no writes",
    OutOfMemoryError: "has no memory left",
}
_WRITTEN = frozenset({b"granted", b"settled"})
_TRIES = 5
"""With windows that Redis names; each time more of them are known."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a step said, and when it was by the clock that counts."""

    status: str
    now: float
    rows: Sequence[bytes]


class RedisSteps:
    """`keep` is how many seconds entries stay; with `own_time` off the caller's clock counts, as tests have it."""

    def __init__(self, address: RedisAddress, keep: int, *, own_time: bool) -> None:
        self.address, self.keep, self.own_time = address, keep, own_time
        self._client: Client | None = None
        self._free = asyncio.Semaphore(MOST_CONNECTIONS)
        self._windows: set[str] = set()
        self._ahead = 0.0

    async def open(self) -> None:
        if self._client is None:
            self._client = connect(self.address)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await disconnect(client)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Any]:
        """Of no type, as redis-py's answers have too many. Raises ControlError for whatever fails while it is used."""
        if self._client is None:
            raise ControlError("the store is not open")
        try:
            async with self._free:
                yield self._client
        except (RedisError, OSError, TimeoutError) as error:
            log.debug("redis: %s", type(error).__name__)
            told = next((told for kind, told in _FAILURES.items() if isinstance(error, kind)), "does not answer")
            raise ControlError(f"the store {told}") from error

    def prefix(self, shard: int) -> str:
        return f"tollkeeper:{{{shard}}}"

    async def run(
        self,
        step: str,
        shard: int,
        asked: dict[str, Any],
        now: float,
        rows: Iterable[bytes] = (),
        *,
        confirm: bool = False,
    ) -> Done:
        """Raises ControlError, also when not enough replicas could be seen to `confirm` it."""
        rows = tuple(rows)
        for _ in range(_TRIES):
            message = orjson.dumps(asked | self._terms(now) | {"confirm": confirm and self.address.replicas > 0})
            moment = b"" if self.own_time else repr(now).encode()
            reply = await self._evaluate(step, self.prefix(shard), (moment, message, *rows), confirm=confirm)
            done = Done(reply[0].decode(), float(reply[1]), reply[2:])
            self._ahead = done.now - now
            if done.status != "windows":
                return done
            self.know(name.decode() for name in done.rows)
        raise ControlError("the clocks of the store and of this machine run apart")

    async def alone(self, step: str, prefix: str, *arguments: str | bytes) -> Any:
        """A step that has nothing to do with limits."""
        return await self._evaluate(step, prefix, arguments, confirm=False)

    async def synchronise(self, now: float) -> None:
        """Asks for the time that counts, for steps that only read."""
        async with self.client() as client:
            seconds, microseconds = await client.time()
        self._ahead = seconds + microseconds / 1e6 - now

    def know(self, windows: Iterable[str]) -> None:
        self._windows.update(window for window in windows if split_window(window)[0] in CALENDAR)

    def time(self, now: float) -> float:
        """The time that counts, as far as it is known without asking."""
        return now + self._ahead if self.own_time else now

    def until(self, instant: float, now: float) -> float:
        """An instant of the caller's clock, in the form that steps take."""
        return instant - now if self.own_time else instant

    def _terms(self, now: float) -> dict[str, Any]:
        here = self.time(now)
        calendar = {window: _period(window, here) for window in self._windows}
        return {"calendar": calendar, "keep": self.keep, "relative": self.own_time, "nonce": token_hex(12)}

    async def _evaluate(self, step: str, prefix: str, arguments: Sequence[str | bytes], *, confirm: bool) -> Any:
        code = script(step)
        async with self.client() as client:
            try:
                return await self._send(client, ("EVALSHA", code.sha, 1, prefix, *arguments), confirm=confirm)
            except NoScriptError:
                return await self._send(client, ("EVAL", code.source, 1, prefix, *arguments), confirm=confirm)

    async def _send(self, client: Any, command: tuple[Any, ...], *, confirm: bool) -> Any:
        if not confirm or not self.address.replicas:
            return await client.execute_command(*command)
        patience = max(1, int(self.address.timeout * 500))
        wait = ("WAIT", self.address.replicas, patience)
        reply, confirmed = await together(client, command[3], (command, wait))
        if confirmed < self.address.replicas and reply[0] in _WRITTEN:
            raise Unconfirmed("too few replicas of the store have what was written")
        return reply


class Unconfirmed(ControlError):
    """A reservation or a settlement was made, and may be lost with the server that made it."""


def _period(window: str, now: float) -> tuple[int, float]:
    parts = split_window(window)
    return bucket(*parts, now), resets_at(*parts, now) or 0.0
