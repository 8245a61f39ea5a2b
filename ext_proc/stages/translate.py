"""Translate: what changes in the bytes of a request where client and provider speak one API, or dialects of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis import APIS
from ext_proc.apis.api import kin
from ext_proc.apis.dialect import respoken
from ext_proc.apis.json_body import edited
from ext_proc.apis.paths import find
from ext_proc.plan import Plan, Step
from ext_proc.providers.provider import Provider
from ext_proc.stages.read import without_query


def alike(one: str, other: str) -> bool:
    """Whether nothing need be translated between these APIs."""
    return one == other or kin(APIS[one], APIS[other]) is not None


def changes(plan: Plan, step: Step, members: Mapping[str, Any], row: Provider) -> dict[str, Any]:
    """The top-level members to set for a provider that speaks the client's API: model name, cap, usage. Often none."""
    api = APIS[plan.api]
    fit = row.changes(step.api, members) if step.fit else {}
    changed: dict[str, Any] = {}
    if step.model != plan.model and api.rename is not None:
        changed |= api.rename(members, step.model)
    elif step.model != plan.model and not api.model_in_path:
        changed["model"] = step.model
    if plan.limit_output and plan.cap is not None:
        changed |= api.limit_output(members, plan.cap)
    if plan.stream and not step.native:
        changed |= api.ask_usage(members)
    return fit | row.fitted(step.api, changed)


def needs_body(plan: Plan, step: Step) -> bool:
    """Whether the body must be seen and changed at this step; otherwise its bytes pass untouched."""
    asks = plan.stream and not step.native and not plan.show_usage
    api = APIS[plan.api]
    renamed = step.model != plan.model and (api.rename is not None or not api.model_in_path)
    return step.api != plan.api or renamed or step.fit or plan.limit_output or asks


def rewrite_body(plan: Plan, step: Step, body: bytes, content_type: str, row: Provider) -> bytes:
    """The body for a provider that speaks the client's API, or a dialect of it."""
    form = APIS[plan.api].body
    members = form.read(body, content_type)
    dialects = kin(APIS[plan.api], APIS[step.api])
    body = edited(body, form.edits(body, changes(plan, step, members, row), members))
    if dialects is None or step.api == plan.api:
        return body
    return respoken(body, members, dialects, {"model": step.model, "stream": plan.stream, "betas": plan.betas})


def said_by_path(plan: Plan) -> Mapping[str, Any]:
    found = find(without_query(plan.path), APIS[plan.api].method)
    return found.said if found else {}
