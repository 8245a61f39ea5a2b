"""The input of a batch as this gateway takes it: what it asks for, and that its caller may ask for it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ext_proc.apis import APIS
from ext_proc.apis.api import Api, Outline
from ext_proc.apis.batches.lines import BatchInput, Check, read_lines
from ext_proc.apis.form_body import content
from ext_proc.apis.message_batches.requests import Requests
from ext_proc.effects import Apart
from ext_proc.errors import Forbidden, Malformed, TollkeeperError, Unsupported
from ext_proc.events import Call
from ext_proc.principal import Principal
from ext_proc.snapshot import Snapshot
from ext_proc.stages.read import input_bound

BATCHED = {
    APIS[name].paths[0]: APIS[name]
    for name in ("chat_completions", "responses", "embeddings", "completions", "moderations")
}
"""What a batch may call, by the path that its lines name."""


async def read_input(call: Call, provider: str, principal: Principal, snapshot: Snapshot) -> BatchInput:
    """What the file of an uploaded form asks. Raises what is wrong with one of its lines."""

    def read() -> BatchInput:
        file = content(call.body, call.first("content-type") or "", "file")
        return read_lines(file, BATCHED, _check(provider, principal, snapshot), input_bound)

    return await _apart(read)


async def read_requests(
    members: Mapping[str, Any], provider: str, principal: Principal, snapshot: Snapshot
) -> BatchInput:
    """What the requests of a Message Batch ask. Raises what is wrong with one of them."""
    requests = Requests(APIS["messages"], _check(provider, principal, snapshot), input_bound)
    return await _apart(lambda: requests.read(members))


async def _apart(read: Callable[[], BatchInput]) -> BatchInput:
    """An error comes back as a value: to the driver, one that is raised there would be a fault."""

    def work() -> BatchInput | TollkeeperError:
        try:
            return read()
        except TollkeeperError as error:
            return error

    found = await Apart(work)
    if isinstance(found, TollkeeperError):
        raise found
    return found


def _check(provider: str, principal: Principal, snapshot: Snapshot) -> Check:
    def check(api: Api, outline: Outline) -> None:
        check_model(outline.model, provider, api, principal, snapshot)
        _check_cap(outline, snapshot)

    return check


def check_model(model: str, provider: str, api: Api, principal: Principal, snapshot: Snapshot) -> None:
    """The provider reads the file as it is, so that the model must have the same name there."""
    settings = snapshot.model(model)
    if not principal.may_use(model):
        raise Forbidden(f"This key may not use the model {model[:128]!r}.", code="model_not_allowed", param="model")
    there = [backend for backend in settings.backends if backend.provider == provider]
    if not any(backend.model in {None, model} for backend in there):
        raise Malformed(
            f"The model {model[:128]!r} is not served under this name by {provider}, which has the batch; "
            "ask for a model that is.",
            code="model_elsewhere",
            param="model",
        )
    if api.name not in snapshot.upstreams[provider].paths:
        raise Unsupported(f"{provider} does not speak {api.title or api.name}.", code="unsupported_api")


def _check_cap(outline: Outline, snapshot: Snapshot) -> None:
    """A call would be capped here, but nobody can write into the file."""
    most, asked = snapshot.model(outline.model).max_output_tokens, outline.max_output_tokens
    if outline.writes and most is not None and (asked is None or asked > most):
        raise Malformed(
            f"the line must set a cap on its output of at most {most} tokens, which is the most for this model.",
            code="output_cap",
        )
