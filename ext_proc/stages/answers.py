"""Answers: which relay a provider's answer gets, by its status, its form and the two APIs."""

from __future__ import annotations

from dataclasses import replace

from ext_proc.apis import APIS
from ext_proc.apis.api import Asked
from ext_proc.chat import Request
from ext_proc.errors import ControlError
from ext_proc.events import ResponseHeaders
from ext_proc.parts import Start
from ext_proc.plan import Plan, Step
from ext_proc.stages.keep import Kept, Results
from ext_proc.stages.relay import (
    HIDDEN_STATUSES,
    ObservedWhole,
    Pair,
    Refusal,
    Relay,
    Seen,
    TranslatedStream,
    TranslatedWhole,
    observed,
)
from ext_proc.stages.translate import alike


def relay_for(plan: Plan, step: Step, event: ResponseHeaders, request: Asked | None, seen: Seen) -> Relay:
    """`request` is what the client asked, where it had to be read."""
    client, provider, given = APIS[plan.api], APIS[step.api], dict(event.headers)
    status, media = event.status, given.get("content-type", "")
    if status in HIDDEN_STATUSES or (status >= 400 and client is not provider):
        return Refusal(provider, client, status, given, plan.id)
    if client.keeps and 200 <= status < 300:
        return Results() if client.keeps.does == "results" else Kept(status)
    streamed = media.lower().startswith(provider.stream_content_type)
    if alike(plan.api, step.api):
        if streamed == plan.stream or status >= 300 or client.family != "chat":
            return observed(provider, client, seen, plan) if streamed else ObservedWhole(client, seen, media)
        # a stream in place of a whole answer, or the other way round: written as it was asked for
        request = plain_request(plan)
    if request is None:
        raise ControlError("The request was not read before its answer came.", code="protocol")
    pair = Pair(provider, client, request, Start(plan.id, step.model, int(plan.at)))
    if streamed and plan.stream and not event.end_of_stream:
        return TranslatedStream(pair, seen)
    return TranslatedWhole(pair, seen, status, streamed=streamed)


def plain_request(plan: Plan) -> Request:
    """What is known of a request of the client's own API without its body."""
    return replace(Request(plan.model, (), stream=plan.stream), include_usage=plan.show_usage)
