"""The record of who changed what: one JSON line in the log for each change, asked for, done or refused."""

from __future__ import annotations

import json
import logging
from typing import Any

from ext_proc.admin.route import Ask, Route
from ext_proc.admin_tokens import AdminToken
from ext_proc.instants import iso

log = logging.getLogger(__name__)


def record(route: Route, ask: Ask, outcome: str) -> None:
    """No body of the admin API holds a secret, so that all of it is told."""
    told = ask.body.model_dump(mode="json", exclude_none=True) if ask.body is not None else {}
    _write(route, ask.token, ask.now, {**ask.path, **told, "outcome": outcome})


def record_refusal(route: Route, token: AdminToken, now: float) -> None:
    _write(route, token, now, {"outcome": "forbidden"})


def _write(route: Route, token: AdminToken, now: float, told: dict[str, Any]) -> None:
    who = {"at": iso(now), "role": token.role, "token": token.name}
    log.info("admin %s", json.dumps({**who, "did": f"{route.method} {route.path}", "with": told}))
