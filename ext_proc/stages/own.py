"""Own: who has what a call is about, in place of a route. What is not the caller's own does not exist for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ext_proc.apis.batches.outline import WINDOWS
from ext_proc.apis.named_files import may_name_files, named_files
from ext_proc.effects import FindObject
from ext_proc.errors import ControlError, Forbidden, Malformed, NotFound
from ext_proc.events import Call
from ext_proc.limits import UNITS
from ext_proc.plan import Step
from ext_proc.principal import Principal
from ext_proc.snapshot import Snapshot
from ext_proc.stages.batch_input import BATCHED, check_model, read_input, read_requests
from ext_proc.stages.read import Counts, Reading
from ext_proc.stored import Kind, Stored, owner_of

LONGEST_ID = 256
MOST_NAMED = 100
"""Stored files that one request, or the input of one batch, may name."""
LEASE_MARGIN = 3600.0
"""Seconds beyond its window in which somebody may ask for a batch, until it is charged at its worst case."""


@dataclass(frozen=True, slots=True)
class Owned:
    """Where the call goes, its reading with what was found, and what its plan keeps.

    `lease` is the id, and the seconds, of one that outlives the call.
    """

    step: Step
    reading: Reading
    keeps: dict[str, Any] = field(default_factory=dict)
    lease: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """One call about what a provider keeps, and who makes it."""

    call: Call
    reading: Reading
    principal: Principal
    snapshot: Snapshot
    decision_id: str
    now: float

    @property
    def owner(self) -> str:
        return owner_of(self.principal)

    def step(self, provider: str, model: str = "") -> Step:
        """Raises `NotFound` where the provider has no such API any more."""
        api = self.reading.api
        upstream = self.snapshot.upstreams.get(provider)
        if upstream is None or api.name not in upstream.paths:
            raise NotFound(f"The provider {provider} does not serve {api.title} here.", code="not_served")
        if upstream.needs_credential and upstream.credential is None:
            raise ControlError(f"{provider} cannot be called: its credential is missing.", code="no_credential")
        return Step(provider, model, api.name, native=api.keeps is not None and api.keeps.does == "download")

    async def find(self, object_id: str, kind: Kind, param: str | None = None) -> Stored:
        return await _find_own(object_id, kind, self.owner, param)


async def own(caller: Caller) -> Owned:
    """Raises `NotFound`, or what is wrong with the input of a batch."""
    keeps = caller.reading.api.keeps
    assert keeps is not None
    if not caller.owner:
        raise Forbidden("Your identity has no team, key, user, app or tenant that could own anything.", code="no_owner")
    owned = await _FINDS.get((keeps.kind, keeps.does), _find)(caller)
    return replace(owned, keeps={"owner": caller.owner, **owned.keeps})


async def check_files(call: Call, reading: Reading, principal: Principal, snapshot: Snapshot) -> None:
    """What a request has a model read by its id must be its caller's own, where callers' files are kept."""
    if reading.api.paths[0] not in BATCHED or not may_name_files(call.body):
        return
    if _keeper("files_create", snapshot) is None:
        return
    await _check_own(sorted(named_files(reading.members)), owner_of(principal), "file_id")


async def _check_own(files: Sequence[str], owner: str, param: str) -> None:
    if len(files) > MOST_NAMED:
        raise Malformed(f"At most {MOST_NAMED} stored files may be named; these are {len(files)}.", param=param)
    for file in files:
        await _find_own(file, "file", owner, param)


async def _find_own(object_id: str, kind: Kind, owner: str, param: str | None) -> Stored:
    """Another's thing is told in the words of one that was never there."""
    found = await FindObject(object_id) if len(object_id) <= LONGEST_ID else None
    if found is None or found.owner != owner or found.kind != kind:
        raise NotFound(f"No such {kind.replace('_', ' ')}: {object_id[:64]!r}.", code="not_found", param=param)
    return found


def _for_new(caller: Caller) -> Step:
    """At the first of those that keep things who serves this API."""
    api = caller.reading.api
    provider = _keeper(api.name, caller.snapshot)
    if provider is None:
        raise NotFound(
            f"{api.title} are not served here. The operator can name who keeps them under files.provider.",
            code="files_not_configured",
        )
    return caller.step(provider)


def _keeper(api: str, snapshot: Snapshot) -> str | None:
    return next((name for name in snapshot.settings.files.provider if api in snapshot.upstreams[name].paths), None)


async def _list(caller: Caller) -> Owned:
    return Owned(_for_new(caller), _uncounted(caller.reading))


async def _find(caller: Caller) -> Owned:
    keeps = caller.reading.api.keeps
    assert keeps is not None
    found = await caller.find(str(caller.reading.told.get("id", "")), keeps.kind)
    kept = {"id": found.id, "facts": found.facts, "at": found.created_at}
    return Owned(caller.step(found.provider), _uncounted(caller.reading), kept)


async def _upload(caller: Caller) -> Owned:
    """What a batch will ask is read before its provider has the file: afterwards nobody could change it."""
    step = _for_new(caller)
    if caller.reading.told.get("purpose") != "batch":
        return Owned(step, _uncounted(caller.reading))
    found = await read_input(caller.call, step.provider, caller.principal, caller.snapshot)
    await _check_own(found.files, caller.owner, "file")
    return Owned(step, _uncounted(caller.reading), {"facts": {"batch": found.facts()}})


async def _batch(caller: Caller) -> Owned:
    """The batch's worst case is that of its input, which one provider has: so the lease is made out for all of it."""
    told = caller.reading.told
    file = await caller.find(told["input_file_id"], "file", "input_file_id")
    found = file.facts.get("batch")
    if found is None:
        raise Malformed(
            "`input_file_id` names a file that was not uploaded for a batch: upload it with the purpose `batch`.",
            param="input_file_id",
        )
    if told["endpoint"] != found["endpoint"]:
        raise Malformed(f"`endpoint` must be {found['endpoint']}, as in the input file.", param="endpoint")
    check_model(found["model"], file.provider, BATCHED[found["endpoint"]], caller.principal, caller.snapshot)
    return _begun(caller, file.provider, found, WINDOWS[told["completion_window"]])


async def _message_batch(caller: Caller) -> Owned:
    """The same for one whose requests stand in its own body."""
    provider = _for_new(caller).provider
    found = await read_requests(caller.reading.members, provider, caller.principal, caller.snapshot)
    return _begun(caller, provider, found.facts(), WINDOWS["24h"])


def _begun(caller: Caller, provider: str, found: dict[str, Any], window: float) -> Owned:
    lease = f"{caller.decision_id}-batch"
    facts = {"lease": lease, "at": caller.now, "provider": provider, "api": caller.reading.api.name, **found}
    step = caller.step(provider, found["model"])
    return Owned(step, _counted(caller.reading, found), {"facts": facts}, (lease, window + LEASE_MARGIN))


def _uncounted(reading: Reading) -> Reading:
    """A request like any other, without a token."""
    return replace(reading, input_bound=0, counts=Counts(units=("requests", "concurrent")))


def _counted(reading: Reading, found: dict[str, Any]) -> Reading:
    """All that the input asks for; it waits at the provider, and takes nobody's place among concurrent calls."""
    outline = replace(
        reading.outline,
        model=found["model"],
        max_output_tokens=found["output_tokens"],
        outside=found["outside"],
        heeds_cap=False,
        writes=True,
    )
    units = tuple(unit for unit in UNITS if unit != "concurrent")
    uncapped = None if found["uncapped"] is None else f"In the input file, {found['uncapped']}"
    counts = Counts(found["requests"], units, found["longest"], uncapped)
    return replace(reading, outline=outline, input_bound=found["input_tokens"], counts=counts)


_FINDS: dict[tuple[str, str], Callable[[Caller], Awaitable[Owned]]] = {
    ("file", "make"): _upload,
    ("file", "list"): _list,
    ("batch", "make"): _batch,
    ("batch", "list"): _list,
    ("message_batch", "begin"): _message_batch,
    ("message_batch", "list"): _list,
}
"""Everything else is found by its id."""
