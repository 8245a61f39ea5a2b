"""The null two-level server: it speaks every message that the service speaks, and decides nothing.

The check is answered with a constant plan, an attempt with constant headers; bytes of streams go back as they came.
What the service costs more than this is what its decisions cost.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from bench.calls import INLINE_MODEL, NATIVE_MODEL, PATH
from ext_proc.hosts import envoy_access_log, envoy_ext_authz, envoy_ext_proc
from ext_proc.pb import access_log_service_pb2 as als
from ext_proc.pb import ext_authz_pb2 as authz
from ext_proc.pb import ext_proc_pb2 as pb
from ext_proc.plan import Plan, Step
from ext_proc.replies import Allow, AnswerHeaders, Send

_INLINE = f'"{INLINE_MODEL}"'.encode()
_DECISION = "0123456789abcdef0123456789abcdef"
_LIMIT = ("limit", "remaining", "reset")
_DROPPED = ("accept-encoding", "x-envoy-expected-rq-timeout-ms", "x-forwarded-proto", "x-stainless-lang")


def _allowed(model: str, *, native: bool, order: str) -> authz.CheckResponse:
    step = Step("openai", model, "chat_completions", native)
    principal = {"tenant": None, "team": "research", "app": None, "user": None, "key": "key_0123456789abcdef"}
    plan = Plan(_DECISION, 1_760_000_000.125, "chat_completions", PATH, model, (step,), principal)
    limits = tuple((f"x-ratelimit-{what}-{unit}", "1000000") for what in _LIMIT for unit in ("requests", "tokens"))
    reply = Allow(
        decision_id=_DECISION,
        plan=plan.dump(),
        backends=("openai",),
        remove_headers=("authorization", "x-api-key", "api-key"),
        response_headers=(("x-tollkeeper-decision", _DECISION), *limits),
    )
    return envoy_ext_authz.write_allow(reply, order)


def _sent(*, watch: bool) -> pb.ProcessingResponse:
    put = ((":path", PATH), ("authorization", "Bearer sk-bench"))
    return envoy_ext_proc.write(Send(put, _DROPPED, watch=watch))[0]


SENT, WATCHED = _sent(watch=False), _sent(watch=True)
ANSWER_HEADERS = envoy_ext_proc.write(AnswerHeaders())[0]


def _check(order: str) -> grpc.GenericRpcHandler:
    native = _allowed(NATIVE_MODEL, native=True, order=order)
    inline = _allowed(INLINE_MODEL, native=False, order=order)

    async def check(request: authz.CheckRequest, _context: Any) -> authz.CheckResponse:
        return inline if _INLINE in request.attributes.request.http.raw_body else native

    method = grpc.unary_unary_rpc_method_handler(
        check,
        request_deserializer=authz.CheckRequest.FromString,
        response_serializer=authz.CheckResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(envoy_ext_authz.SERVICE, {"Check": method})


def _process() -> grpc.GenericRpcHandler:
    async def process(requests: AsyncIterator[pb.ProcessingRequest], context: Any) -> None:
        async for request in requests:
            kind = request.WhichOneof("request")
            if kind == "request_headers":
                plan = request.metadata_context.filter_metadata[envoy_ext_proc.PLAN_NAMESPACE].fields["plan"]
                watched = f'"{INLINE_MODEL}"' in plan.string_value
                await context.write(WATCHED if watched else SENT)
                if not watched:
                    return
            elif kind == "response_headers":
                await context.write(ANSWER_HEADERS)
            elif kind == "response_body":
                await context.write(_passed(request.response_body))
                if request.response_body.end_of_stream:
                    return

    method = grpc.stream_stream_rpc_method_handler(
        process,
        request_deserializer=pb.ProcessingRequest.FromString,
        response_serializer=pb.ProcessingResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(envoy_ext_proc.SERVICE, {"Process": method})


def _passed(body: Any) -> pb.ProcessingResponse:
    response = pb.ProcessingResponse()
    streamed = response.response_body.response.body_mutation.streamed_response
    streamed.body, streamed.end_of_stream = body.body, body.end_of_stream
    return response


def _access_log() -> grpc.GenericRpcHandler:
    async def stream_access_logs(
        messages: AsyncIterator[als.StreamAccessLogsMessage], _context: Any
    ) -> als.StreamAccessLogsResponse:
        async for _ in messages:
            pass
        return als.StreamAccessLogsResponse()

    method = grpc.stream_unary_rpc_method_handler(
        stream_access_logs,
        request_deserializer=als.StreamAccessLogsMessage.FromString,
        response_serializer=als.StreamAccessLogsResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(envoy_access_log.SERVICE, {"StreamAccessLogs": method})


async def main() -> None:
    address, order = sys.argv[1:]
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((_check(order), _process(), _access_log()))
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port(address)
    await server.start()
    await checks.set("", health_pb2.HealthCheckResponse.SERVING)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
