"""Envoy's ext_proc at the upstream filter: one stream an attempt, its messages turned into events and replies.

Source: envoy/service/ext_proc/v3/external_processor.proto.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from ext_proc.attempt import Attempt, Event, State
from ext_proc.drive import Driver
from ext_proc.errors import ControlError
from ext_proc.events import (
    Headers,
    RequestBody,
    RequestHeaders,
    ResponseBody,
    ResponseHeaders,
    ResponseTrailers,
)
from ext_proc.hosts.end_mark import END_MARK
from ext_proc.hosts.envoy_cuts import CUTS, pass_on
from ext_proc.pb import ext_proc_pb2 as pb
from ext_proc.pb.core_pb2 import HeaderMap, HeaderValueOption
from ext_proc.pb.processing_mode_pb2 import ProcessingMode
from ext_proc.replies import Answer, AnswerBody, AnswerHeaders, AnswerTrailers, AnswerWhole, Hold, Reply, Send, SendBody

SERVICE = "envoy.service.ext_proc.v3.ExternalProcessor"
PROVIDER = "xds.upstream_host_metadata.filter_metadata['tollkeeper']['provider']"
ATTEMPT = "upstream.request_attempt_count"
PLAN_NAMESPACE = "envoy.filters.http.ext_authz"
DETAILS = "tollkeeper"
"""By this the host tells an answer of ours from one of its own making."""
OVERWRITE = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD


def handler(driver: Driver, open_attempts: set[object]) -> grpc.GenericRpcHandler:
    """`open_attempts` holds what is open or still being closed, streams passed on included, for an orderly end."""

    async def close(attempt: Attempt) -> None:
        try:
            await driver.closed(attempt)
        finally:
            open_attempts.discard(asyncio.current_task())

    async def process(requests: AsyncIterator[pb.ProcessingRequest], context: Any) -> None:
        open_attempts.add(token := object())
        try:
            cuts = CUTS in context.invocation_metadata()
            return await (pass_on(requests, context) if cuts else attempted(requests, context))
        finally:
            open_attempts.discard(token)

    async def attempted(requests: AsyncIterator[pb.ProcessingRequest], context: Any) -> None:
        attempt = driver.attempt()
        try:
            async for request in requests:
                reply = await driver.on(attempt, read(request))
                for response in write(reply):
                    await context.write(response)
                if isinstance(reply, AnswerBody) and reply.cut:
                    return await _swallow(requests)
                if attempt.state is State.DONE or isinstance(reply, Answer):
                    return None  # the host goes on alone
        except ControlError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message)
        finally:
            # A client that hangs up cancels this task; what was delivered is settled by one that cannot be cancelled.
            if attempt.is_open:
                open_attempts.add(asyncio.create_task(close(attempt)))

    method = grpc.stream_stream_rpc_method_handler(
        process,
        request_deserializer=pb.ProcessingRequest.FromString,
        response_serializer=pb.ProcessingResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(SERVICE, {"Process": method})


async def _swallow(requests: AsyncIterator[pb.ProcessingRequest]) -> None:
    """What the provider still sends until the host has aborted it."""
    async for _ in requests:
        pass


def read(request: pb.ProcessingRequest) -> Event:
    """Raises ControlError for a message that the filter does not ask for, and for one that is not sound."""
    kind = request.WhichOneof("request") or "nothing known"
    if kind not in _READ:
        raise ControlError(f"The host sent {kind}, which was not asked for.", code="protocol")
    try:
        return _READ[kind](request)
    except (ValueError, OverflowError):
        raise ControlError(f"The host sent {kind} with a number that is none.", code="protocol") from None


def write(reply: Reply) -> list[pb.ProcessingResponse]:
    return _WRITE[type(reply)](reply)


def _read_request_headers(request: pb.ProcessingRequest) -> RequestHeaders:
    facts: dict[str, Any] = {}
    for struct in request.attributes.values():
        facts.update(struct.fields.items())
    plan = request.metadata_context.filter_metadata[PLAN_NAMESPACE].fields["plan"].string_value
    return RequestHeaders(
        headers=_headers(request.request_headers.headers),
        provider=facts[PROVIDER].string_value if PROVIDER in facts else "",
        attempt=int(facts[ATTEMPT].number_value) if ATTEMPT in facts else 1,
        plan=plan,
    )


def _read_response_headers(request: pb.ProcessingRequest) -> ResponseHeaders:
    headers = _headers(request.response_headers.headers)
    status = next((value for name, value in headers if name == ":status"), "0")
    return ResponseHeaders(int(status), headers, request.response_headers.end_of_stream)


_READ: dict[str, Callable[[pb.ProcessingRequest], Event]] = {
    "request_headers": _read_request_headers,
    "request_body": lambda request: RequestBody(request.request_body.body),
    "response_headers": _read_response_headers,
    "response_body": lambda request: ResponseBody(request.response_body.body, request.response_body.end_of_stream),
    "response_trailers": lambda _: ResponseTrailers(),
}


def _headers(given: HeaderMap) -> Headers:
    return tuple([(header.key, header.raw_value.decode("latin-1") or header.value) for header in given.headers])


def _write_send(reply: Send) -> list[pb.ProcessingResponse]:
    response = pb.ProcessingResponse()
    mutation = response.request_headers.response.header_mutation
    _mutate(mutation, reply.set_headers, reply.remove_headers)
    if reply.ask_body or reply.watch:
        mode = response.mode_override
        mode.request_header_mode = ProcessingMode.SEND
        mode.request_body_mode = ProcessingMode.BUFFERED if reply.ask_body else ProcessingMode.NONE
        mode.response_header_mode = ProcessingMode.SEND if reply.watch else ProcessingMode.SKIP
        mode.response_body_mode = ProcessingMode.FULL_DUPLEX_STREAMED if reply.watch else ProcessingMode.NONE
        mode.response_trailer_mode = ProcessingMode.SEND if reply.watch else ProcessingMode.SKIP
    return [response]


def _write_send_body(reply: SendBody) -> list[pb.ProcessingResponse]:
    response = pb.ProcessingResponse()
    common = response.request_body.response
    common.body_mutation.body = reply.body
    _mutate(common.header_mutation, (("content-length", str(len(reply.body))),), ())
    return [response]


def _write_answer_headers(reply: AnswerHeaders) -> list[pb.ProcessingResponse]:
    response = pb.ProcessingResponse()
    put = tuple(reply.set_headers.items()) + (((":status", str(reply.status)),) if reply.status else ())
    _mutate(response.response_headers.response.header_mutation, put, reply.remove_headers)
    return [response]


def _write_answer_body(reply: AnswerBody) -> list[pb.ProcessingResponse]:
    if not reply.data and not reply.end_of_stream:
        return []
    response = pb.ProcessingResponse()
    streamed = response.response_body.response.body_mutation.streamed_response
    if reply.cut:
        streamed.body = reply.data + END_MARK
    else:
        streamed.body, streamed.end_of_stream = reply.data, reply.end_of_stream
    return [response]


def _write_answer_trailers(reply: AnswerTrailers) -> list[pb.ProcessingResponse]:
    trailers = pb.ProcessingResponse()
    trailers.response_trailers.SetInParent()
    headers = [] if reply.headers is None else _write_answer_headers(reply.headers)
    return [*headers, *_write_answer_body(AnswerBody(reply.data)), trailers]


def _write_answer(reply: Answer) -> list[pb.ProcessingResponse]:
    response = pb.ProcessingResponse()
    immediate = response.immediate_response
    immediate.status.code, immediate.body, immediate.details = reply.status, reply.body, DETAILS
    _mutate(immediate.headers, reply.headers, ())
    return [response]


_WRITE: dict[type, Callable[[Any], list[pb.ProcessingResponse]]] = {
    Send: _write_send,
    SendBody: _write_send_body,
    AnswerHeaders: _write_answer_headers,
    AnswerBody: _write_answer_body,
    AnswerTrailers: _write_answer_trailers,
    AnswerWhole: lambda reply: [*_write_answer_headers(reply.headers), *_write_answer_body(reply.body)],
    Hold: lambda _: [],
    Answer: _write_answer,
}


def _mutate(mutation: pb.HeaderMutation, put: Headers, drop: tuple[str, ...]) -> None:
    mutation.remove_headers.extend(drop)
    for name, value in put:
        option = mutation.set_headers.add()
        option.header.key, option.header.raw_value, option.append_action = name, value.encode(), OVERWRITE
