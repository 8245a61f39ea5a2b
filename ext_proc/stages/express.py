"""Express: a request of the client's API in the words of a provider's other one, and what cannot be said there."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import orjson

from ext_proc.apis import APIS
from ext_proc.apis.api import Api, Asked, kin
from ext_proc.apis.dialect import Dialect
from ext_proc.errors import Unsupported
from ext_proc.plan import Plan, Step
from ext_proc.providers.provider import Provider
from ext_proc.stages.drop import made, without, without_member
from ext_proc.stages.hints import said
from ext_proc.stages.read import Reading
from ext_proc.stages.translate import said_by_path


@dataclass(frozen=True, slots=True)
class Expressed:
    """The body for a provider of another API, the request that it says, and what of that it leaves unsaid."""

    body: bytes
    request: Asked
    dropped: tuple[str, ...] = ()


def express(plan: Plan, step: Step, body: bytes, content_type: str, row: Provider) -> Expressed:
    """Raises `Unsupported` for what cannot be said."""
    client, provider = APIS[plan.api], APIS[step.api]
    members = {**client.body.read(body, content_type), **said_by_path(plan)}
    asked, unread = _read(client, members, drop=plan.drop)
    written, unsaid = _written(provider, asked.for_step(step.model, plan.cap, usage=plan.stream), drop=plan.drop)
    fitted = orjson.dumps(row.fitted(step.api, orjson.loads(written))) if row.fits else written
    return Expressed(fitted, asked, tuple(dict.fromkeys((*unread, *unsaid, *_hints(provider, asked)))))


def expressible(reading: Reading, steps: tuple[Step, ...], *, drop: bool) -> tuple[Step, ...]:
    """The steps whose API can say what the client says. Raises `Unsupported` where none can, as of the first."""
    others = {step.api for step in steps} - {reading.api.name}
    if not others:
        return steps
    faults = _faults(reading, others, drop=drop)
    able = tuple(step for step in steps if step.api not in faults)
    if not able:
        raise faults[steps[0].api]
    return able


def _faults(reading: Reading, apis: AbstractSet[str], *, drop: bool) -> dict[str, Unsupported]:
    """Why those of the APIs that cannot say it cannot."""
    dialects = {api: pair[1] for api in apis if (pair := kin(reading.api, APIS[api])) is not None}
    return _unspoken(reading, dialects) | _untold(reading, apis - dialects.keys(), drop=drop)


def _unspoken(reading: Reading, dialects: Mapping[str, Dialect]) -> dict[str, Unsupported]:
    faults = {}
    for api, dialect in dialects.items():
        try:
            dialect.refuse(reading.told)
        except Unsupported as error:
            faults[api] = error
    return faults


def _untold(reading: Reading, apis: AbstractSet[str], *, drop: bool) -> dict[str, Unsupported]:
    if not apis:
        return {}
    try:
        request, _ = _read(reading.api, reading.told, drop=drop)
    except Unsupported as error:
        return dict.fromkeys(apis, error)
    faults = {}
    for api in apis:
        try:
            _written(APIS[api], request, drop=drop)
        except Unsupported as error:
            faults[api] = error
    return faults


def _read(api: Api, members: Mapping[str, Any], *, drop: bool) -> tuple[Asked, tuple[str, ...]]:
    return made(api.read_request, members, without_member) if drop else (api.read_request(members), ())


def _written(api: Api, request: Asked, *, drop: bool) -> tuple[bytes, tuple[str, ...]]:
    return made(api.write_request, request, without) if drop else (api.write_request(request), ())


def _hints(api: Api, request: Asked) -> tuple[str, ...]:
    """What the client said of speed, cost or sampling that this API has no word for."""
    told = (name for name in sorted(api.lacks) if said(request, name))
    return (*told, *getattr(request, "unread", ()))
