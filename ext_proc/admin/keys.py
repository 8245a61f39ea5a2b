"""Virtual keys: made, listed and revoked. A key is told once, in the answer that makes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ext_proc import virtual_keys
from ext_proc.admin.pages import Next, PageQuery, page
from ext_proc.admin.problem import Problem, Wrong
from ext_proc.admin.route import Ask, Desk, Part
from ext_proc.instants import after, iso
from ext_proc.principal import Principal

Fitting = Annotated[str, Field(pattern=virtual_keys.FITTING, description=virtual_keys.FITTING_WORDS)]
State = Literal["active", "expired", "revoked"]
_COLUMNS = ("tenant", "team", "app", "user")


class KeysQuery(PageQuery):
    state: State | None = None
    tenant: str | None = None
    team: str | None = None
    app: str | None = None
    user: str | None = None


class NewKey(Part):
    name: Fitting
    tenant: Fitting | None = None
    team: Fitting | None = None
    app: Fitting | None = None
    user: Fitting | None = None
    models: list[Fitting] = Field(
        default=[], max_length=256, description="Globs that it may ask for; empty allows all."
    )
    expires: str | None = Field(default=None, max_length=64, description="30d, 12h or a date, as 2027-01-31 (UTC).")


class KeyRow(Part):
    """A key but for the secret itself."""

    id: str
    name: str
    tenant: str | None
    team: str | None
    app: str | None
    user: str | None
    models: list[str]
    created: str | None
    expires: str | None
    revoked: str | None
    state: State


class MadeKey(KeyRow):
    secret: str = Field(description="The key as clients present it. It cannot be shown again.")


class KeyPage(Part):
    keys: list[KeyRow]
    next: Next = None


class RevokedKey(Part):
    id: str
    revoked: str | None


async def list_keys(desk: Desk, ask: Ask) -> KeyPage:
    query: KeysQuery = ask.query
    rows = [KeyRow(**virtual_keys.row(key, ask.now)) for key in await desk.store.list_keys()]
    wanted = [row for row in rows if _is_wanted(row, query)]
    shown, following = page(wanted, lambda row: row.id, query)
    return KeyPage(keys=list(shown), next=following)


async def create_key(desk: Desk, ask: Ask) -> MadeKey:
    body: NewKey = ask.body
    told: dict[str, Any] = {name: getattr(body, name) for name in _COLUMNS}
    principal = Principal(**told, models=tuple(body.models))
    ends = _ends(body.expires, ask.now)
    secret, key = virtual_keys.make(body.name, principal, ask.now, ends, desk.snapshot().hash_key)
    await desk.store.add_key(key)
    return MadeKey(**virtual_keys.row(key, ask.now), secret=secret)


async def revoke_key(desk: Desk, ask: Ask) -> RevokedKey:
    """Every worker refuses the key within a second."""
    key_id = ask.path["id"]
    if not await desk.store.revoke_key(key_id, ask.now):
        raise Problem("not-found", "There is no key of this id that still works.", "GET /admin/v1/keys lists all.")
    return RevokedKey(id=key_id, revoked=iso(ask.now))


def _is_wanted(row: KeyRow, query: KeysQuery) -> bool:
    given = query.model_dump(exclude_none=True, include={"state", *_COLUMNS})
    return all(getattr(row, name) == value for name, value in given.items())


def _ends(expires: str | None, now: float) -> float | None:
    if expires is None:
        return None
    try:
        ends = after(expires, now)
    except ValueError as error:
        raise _wrong_end(str(error)) from None
    if ends <= now:
        raise _wrong_end("it is in the past")
    return ends


def _wrong_end(problem: str) -> Problem:
    return Problem("invalid", "The key would have no good end.", errors=[Wrong(at="/expires", problem=problem)])
