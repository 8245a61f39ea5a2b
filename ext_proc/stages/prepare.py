"""Prepare: what the edge does itself for a call that no attempt need ask about, as it has one provider to go to.

The host makes the edits, and only when all are made it passes the attempt by; otherwise that does all of it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from ext_proc.edit import Edit
from ext_proc.events import Call, Headers
from ext_proc.plan import Plan
from ext_proc.snapshot import Snapshot
from ext_proc.stages.forward import headers
from ext_proc.stages.read import Reading
from ext_proc.stages.translate import changes, needs_body

MOST_EDITED = 1024 * 1024
"""Bytes of a body that the host edits; it holds some copies of it then."""
_NEEDED_BY_HOST = frozenset({"x-request-id", "x-forwarded-for", "x-forwarded-proto"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """The changes that turn the client's request into the provider's."""

    set_headers: Headers
    remove_headers: tuple[str, ...]
    edits: tuple[Edit, ...] = ()


def prepare(call: Call, reading: Reading, plan: Plan, snapshot: Snapshot) -> Prepared | None:
    """None where an attempt must be asked: its provider is not certain, or bytes of the answer concern us."""
    step = plan.steps[0]
    edited = needs_body(plan, step)
    if len(plan.steps) > 1 or not step.native or (edited and len(call.body) > MOST_EDITED):
        return None
    put, drop = headers(call.headers, plan, step, snapshot)
    kept = tuple(name for name in drop if not _is_needed(name))
    made = (
        reading.api.body.edits(
            call.body, changes(plan, step, reading.members, snapshot.upstreams[step.provider].row), reading.members
        )
        if edited
        else ()
    )
    return Prepared(put, kept, made)


def _is_needed(name: str) -> bool:
    """The host takes these off by itself, later."""
    return name in _NEEDED_BY_HOST or name.startswith("x-envoy-")
