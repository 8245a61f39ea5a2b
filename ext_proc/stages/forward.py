"""Forward: the headers of one attempt. Each sets them whole, since a retry arrives with those of the last one."""

from __future__ import annotations

from ext_proc.apis import APIS
from ext_proc.apis.message_batches import MESSAGE_BATCHES
from ext_proc.apis.paths import filled
from ext_proc.errors import ControlError
from ext_proc.events import Headers
from ext_proc.plan import Plan, Step
from ext_proc.providers import KINDS
from ext_proc.snapshot import Snapshot, Upstream
from ext_proc.stages.facts import attribute_headers
from ext_proc.stages.translate import said_by_path

_CREDENTIALS = frozenset({row.auth_header for row in KINDS.values()}) | {"authorization", "x-api-key", "api-key"}
_ACCOUNT = frozenset({"cookie", "proxy-authorization", "openai-organization", "openai-project"})
"""Headers that speak of the caller's own account, not of the one that is called."""
_OF_MESSAGES = frozenset({"anthropic-version", "anthropic-beta", "anthropic-dangerous-direct-browser-access"})
_SPEAK_MESSAGES = frozenset({"messages", "messages_count_tokens"}) | {api.name for api in MESSAGE_BATCHES}
_HOST_PREFIXES = ("x-envoy-", "x-forwarded-", "x-tollkeeper-", "x-stainless-", "x-fern-")
_HOST_HEADERS = frozenset({"x-request-id", "accept-encoding", "expect"})


def headers(request: Headers, plan: Plan, step: Step, snapshot: Snapshot) -> tuple[Headers, tuple[str, ...]]:
    """What to set and what to remove, so that no attempt carries another provider's credential or a header of ours."""
    upstream = _upstream(step, snapshot)
    given = {name for name, _ in request}
    put = {":path": _path(plan, step, upstream)}
    if upstream.credential is not None:
        put[upstream.row.auth_header] = upstream.credential
    same = step.api == plan.api
    put |= {name: value for name, value in upstream.row.headers if not (same and name in given)}
    foreign = _CREDENTIALS | _ACCOUNT | _HOST_HEADERS
    if not same or step.api not in _SPEAK_MESSAGES:
        foreign |= _OF_MESSAGES
    put |= _betas(plan, step)
    drop = {name for name in given if name in foreign or name.startswith(_HOST_PREFIXES)}
    drop |= given & attribute_headers(snapshot)
    return tuple(put.items()), tuple(sorted(drop - put.keys()))


def _betas(plan: Plan, step: Step) -> dict[str, str]:
    """Features of Messages in beta, for a dialect of it that is told of them in a header."""
    client, target = APIS[plan.api].dialect, APIS[step.api].dialect
    if client is None or target is None or client.of != target.of or target.betas_member is not None:
        return {}
    betas = [beta for beta in plan.betas if target.takes_beta(beta)]
    return {"anthropic-beta": ",".join(betas)} if betas else {}


def _upstream(step: Step, snapshot: Snapshot) -> Upstream:
    upstream = snapshot.upstreams.get(step.provider)
    if upstream is None or (upstream.needs_credential and upstream.credential is None):
        raise ControlError(f"The provider {step.provider} has no credential at hand.", code="no_credential")
    return upstream


def _path(plan: Plan, step: Step, upstream: Upstream) -> str:
    """The provider's path; a query goes along only to the API that it was meant for, and never with a key in it."""
    paths = upstream.stream_paths if plan.stream else upstream.paths
    path = filled(paths[step.api], {**said_by_path(plan), "model": step.model})
    if step.api != plan.api or "?" in path:
        return path
    page = _PAGES.get(step.api)
    own = ("key=",) if page is None else ("key=", "limit=")
    pairs = [pair for pair in plan.path.partition("?")[2].split("&") if pair and not pair.startswith(own)]
    query = "&".join([*pairs, page] if page else pairs)
    return f"{path}?{query}" if query else path


_PAGES = {"batches_list": "limit=100", "message_batches_list": "limit=1000"}
"""How much to ask for where other callers' things may stand between those that this one may see."""
