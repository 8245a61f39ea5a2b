"""Keep: what a provider says of things that it keeps, as the client may see it, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from ext_proc.apis import APIS
from ext_proc.apis.json_value import as_array, as_object, as_text
from ext_proc.apis.keeps import Keeps
from ext_proc.apis.message_batches.results import ResultLines
from ext_proc.effects import Forget, Keep, Objects, Settle
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.plan import Plan, Step
from ext_proc.snapshot import Snapshot
from ext_proc.stages.batch import batch_settlement
from ext_proc.stages.relay import MAX_WHOLE_ANSWER
from ext_proc.stored import Kind, Stored

MOST_SEEN = 64 * 1024
"""Bytes of a thing's description that are kept."""


@dataclass(frozen=True, slots=True)
class Said:
    """A good answer of a provider about what it keeps."""

    plan: Plan
    step: Step
    body: bytes
    snapshot: Snapshot
    now: float

    @property
    def keeps(self) -> Keeps:
        keeps = APIS[self.plan.api].keeps
        assert keeps is not None
        return keeps

    def object(self) -> dict[str, Any]:
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise ProviderError("The provider's answer cannot be read.")
        return value

    def shown(self, told: Mapping[str, Any]) -> bytes:
        """The provider's own bytes where the client may see all of them."""
        shown = self.keeps.telling.shown(told)
        return self.body if shown == told else orjson.dumps(shown)

    def stored(self, kind: Kind, told: Mapping[str, Any], facts: dict[str, Any] | None = None) -> Stored:
        object_id = as_text(told.get("id"))
        if not object_id:
            raise ProviderError("The provider's answer names no id.")
        expires = told.get("expires_at") if kind == "file" else None
        return Stored(
            id=object_id,
            kind=kind,
            provider=self.step.provider,
            owner=self.plan.keeps["owner"],
            created_at=self.now,
            expires_at=float(expires) if isinstance(expires, int | float) and expires > 0 else None,
            facts=facts or {},
            seen=dict(self.keeps.telling.shown(told))
            if told.keys() != {"id"} and len(orjson.dumps(told)) <= MOST_SEEN
            else None,
        )


class Results:
    """Results of a batch that pass by, and are counted; whoever sees the last of them settles it."""

    content_type = None
    over = False

    def __init__(self) -> None:
        self._lines = ResultLines()

    def feed(self, data: bytes) -> bytes:
        self._lines.feed(data)
        return data

    def finish(self) -> bytes:
        return b""

    async def told(self, plan: Plan, _step: Step, snapshot: Snapshot, _now: float) -> bytes:
        await Settle(batch_settlement(plan.keeps["facts"], self._lines.used(), snapshot))
        return b""


class Kept:
    """A good answer, gathered until it can be told; `status` becomes another one where it cannot."""

    content_type = "application/json"
    over = False

    def __init__(self, status: int) -> None:
        self.status = status
        self._body = bytearray()

    def feed(self, data: bytes) -> bytes:
        if len(self._body) + len(data) <= MAX_WHOLE_ANSWER:
            self._body += data
        return b""

    def finish(self) -> bytes:
        """Without a body nothing can be told."""
        self.status = 502
        return b""

    async def told(self, plan: Plan, step: Step, snapshot: Snapshot, now: float) -> bytes:
        try:
            return await keep(Said(plan, step, bytes(self._body), snapshot, now))
        except TollkeeperError as error:
            self.status = error.status
            return APIS[plan.api].write_error(error, plan.id)


async def keep(said: Said) -> bytes:
    """The body for the client. Raises `ProviderError` for an answer that is none, `ControlError` without a store."""
    return await _KEEPS[said.keeps.does](said)


async def _made(said: Said) -> bytes:
    facts = said.plan.keeps.get("facts", {})
    if "lease" in facts:
        facts = {**facts, "principal": said.plan.principal}
    told = said.object()
    await Keep((said.stored(said.keeps.kind, told, facts),))
    return said.shown(told)


async def _seen(said: Said) -> bytes:
    told = said.object()
    await _settle(said, told, said.plan.keeps["facts"])
    await Keep(_things(said, told))
    return said.shown(told)


async def _deleted(said: Said) -> bytes:
    await Forget(said.plan.keeps["id"])
    return said.body


async def _listed(said: Said) -> bytes:
    """The owner's own things as the store has them, each as the provider now tells of it where it does.

    The provider's page is one of the whole account: it could have none of the caller's on it, and more behind it.
    """
    own = await Objects(said.plan.keeps["owner"], said.keeps.kind)
    known = {one.id: one for one in own if one.provider == said.step.provider}
    told = {as_text(one.get("id")): one for one in map(as_object, as_array(said.object().get("data")))}
    fresh = {object_id: one for object_id, one in told.items() if object_id in known}
    await _catch_up(said, fresh, known)
    telling = said.keeps.telling
    fresh = {object_id: telling.shown(one) for object_id, one in fresh.items()}
    query = dict(parse_qsl(said.plan.path.partition("?")[2]))
    return orjson.dumps(telling.page(own, fresh, query))


async def _catch_up(said: Said, fresh: Mapping[str, Mapping[str, Any]], known: Mapping[str, Stored]) -> None:
    for object_id, told in fresh.items():
        used = said.keeps.telling.used
        if used(told) and not used(known[object_id].seen or {}):
            await _settle(said, told, known[object_id].facts)
            await Keep(_things(said, told))


def _things(said: Said, told: Mapping[str, Any]) -> tuple[Stored, ...]:
    """What is told of, and where it is a batch the files that were written for it."""
    written = said.keeps.telling.output_files(told)
    return (said.stored(said.keeps.kind, told), *(said.stored("file", {"id": file}) for file in written))


async def _settle(said: Said, told: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Whoever asks first settles a batch; its lease's id makes that the only time."""
    used = said.keeps.telling.used(told)
    if used is not None:
        await Settle(batch_settlement(facts, used, said.snapshot))


_KEEPS: dict[str, Callable[[Said], Awaitable[bytes]]] = {
    "make": _made,
    "begin": _made,
    "read": _seen,
    "change": _seen,
    "delete": _deleted,
    "list": _listed,
}
