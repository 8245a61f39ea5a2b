"""The record of who changed what: one JSON line in the log for each change, asked for, done or refused."""

from __future__ import annotations

import json
import logging
from typing import Any

from ext_proc.admin.route import Ask, Part, Route
from ext_proc.admin_tokens import AdminToken
from ext_proc.instants import iso

log = logging.getLogger(__name__)


def record(route: Route, ask: Ask, outcome: str, result: Part | None = None) -> None:
    """No body of the admin API holds a secret, so that all of it is told; of a result only the id."""
    told = ask.body.model_dump(mode="json", exclude_none=True) if ask.body is not None else {}
    made = {} if result is None or not hasattr(result, "id") else {"id": result.id}
    _write(route, ask.token, ask.now, {**ask.path, **told, **made, "outcome": outcome})


def record_refusal(route: Route, token: AdminToken, now: float) -> None:
    _write(route, token, now, {"outcome": "forbidden"})


def _write(route: Route, token: AdminToken, now: float, told: dict[str, Any]) -> None:
    who = {"at": iso(now), "role": token.role, "token": token.name}
    log.info("admin %s", json.dumps({**who, "did": f"{route.method} {route.path}", "with": told}))
