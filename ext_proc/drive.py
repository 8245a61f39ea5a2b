"""Performs the effects that the core awaits: a deadline and a failure policy for each kind, in one place.

A control that cannot decide refuses. A settle that cannot be done now is left to the access log, which comes later.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from ext_proc.attempt import Attempt, Event, refuse
from ext_proc.effects import Apart, Effect, Extend, FindKey, FindObject, Forget, Keep, Objects, Reserve, Settle
from ext_proc.errors import ControlError, DeadlineExceeded, TollkeeperError
from ext_proc.events import Call
from ext_proc.exchange import Exchange
from ext_proc.principal import Principal
from ext_proc.replies import Allow, Answer, Reply
from ext_proc.snapshot import Snapshot
from ext_proc.stages.read import Reading

T = TypeVar("T")
log = logging.getLogger(__name__)
Perform = Mapping[type[Effect[Any]], Callable[[Any], Awaitable[Any]]]


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds that an effect may take, and what its failure means for the call.

    An effect that `outlives` its call is done even when the client hangs up in the middle of it.
    """

    deadline: float
    on_failure: Literal["refuse", "go on"]
    outlives: bool = False


POLICIES: dict[type[Effect[Any]], Policy] = {
    FindKey: Policy(2.0, "refuse"),
    Reserve: Policy(2.0, "refuse"),
    Extend: Policy(2.0, "refuse"),
    Settle: Policy(1.0, "go on", outlives=True),
    FindObject: Policy(2.0, "refuse"),
    Objects: Policy(2.0, "refuse"),
    Keep: Policy(2.0, "refuse", outlives=True),
    Forget: Policy(1.0, "go on", outlives=True),
    Apart: Policy(4.0, "refuse"),
}


@dataclass(frozen=True, slots=True)
class Driver:
    """Runs the core's machines. `snapshot` gives the present one, `clock` Unix seconds, `new_id` a decision id."""

    snapshot: Callable[[], Snapshot]
    perform: Perform
    clock: Callable[[], float]
    new_id: Callable[[], str]
    draw: Callable[[], float]
    policies: Mapping[type[Effect[Any]], Policy] = field(default_factory=lambda: POLICIES)

    async def decide(self, call: Call) -> Allow | Answer:
        exchange = Exchange(self.snapshot(), self.new_id(), self.clock(), self.draw)
        try:
            return await self._run(exchange.decide(call))
        except Exception as error:  # noqa: BLE001  the one place where an unforeseen fault becomes a refusal
            return exchange.refuse(call, _unforeseen(error))

    async def ask(self, reading: Reading, principal: Principal, attributes: Mapping[str, str]) -> dict[str, Any]:
        """Whether a call would be let in, as its dry run tells. Raises ControlError when that cannot be decided."""
        exchange = Exchange(self.snapshot(), self.new_id(), self.clock(), self.draw)
        return await self._run(exchange.ask(reading, principal, attributes))

    def attempt(self) -> Attempt:
        return Attempt(self.snapshot(), self.clock)

    async def on(self, attempt: Attempt, event: Event) -> Reply:
        """One event of an attempt. Before an answer has begun a fault is an answer of its own, after it, a reset."""
        try:
            return await self._run(attempt.on(event))
        except TollkeeperError as error:
            return refuse(attempt, error)
        except Exception as error:  # noqa: BLE001  the same for the upstream filter
            return refuse(attempt, _unforeseen(error))

    async def closed(self, attempt: Attempt) -> None:
        try:
            await self._run(attempt.closed())
        except Exception as error:  # noqa: BLE001  nobody is left to be told; the access log settles it
            _unforeseen(error)

    async def _run(self, machine: Coroutine[Effect[Any], Any, T]) -> T:
        try:
            effect = machine.send(None)
            while True:
                try:
                    result = await self._performed(effect)
                except TollkeeperError as error:
                    effect = machine.throw(error)
                else:
                    effect = machine.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    async def _performed(self, effect: Effect[Any]) -> Any:
        policy = self.policies[type(effect)]
        try:
            async with asyncio.timeout(policy.deadline):
                performing = self.perform[type(effect)](effect)
                return await (_shielded(performing) if policy.outlives else performing)
        except TimeoutError:
            failure: ControlError = DeadlineExceeded(f"{type(effect).__name__} took longer than {policy.deadline} s.")
        except ControlError as error:
            failure = error
        except Exception as error:  # noqa: BLE001  the policy holds for every failure of an effect
            failure = _unforeseen(error)
        if policy.on_failure == "refuse":
            raise failure
        log.warning("%s failed: %s", type(effect).__name__, failure.code)
        return False


def _shielded(performing: Awaitable[Any]) -> asyncio.Future[Any]:
    """Done even when nobody waits for it any more; what fails then is not told by the loop, which would quote it."""
    task = asyncio.ensure_future(performing)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return asyncio.shield(task)


def _unforeseen(error: Exception) -> ControlError:
    """Logged by its kind and place alone: the message of an exception may quote a prompt."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    log.error("unforeseen %s at %s", type(error).__name__, place)
    return ControlError("The gateway could not decide about this call.", code="internal")
