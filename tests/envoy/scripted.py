"""A service that does as a test tells it, behind a real Envoy with a rendered bootstrap and in front of such providers.

They prove what Envoy itself does with our configuration; the real service has tests of its own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from ext_proc.pb import access_log_service_pb2 as als
from ext_proc.pb import ext_authz_pb2 as authz
from ext_proc.pb import ext_proc_pb2 as proc
from ext_proc.plan_names import plan_cluster_name, provider_cluster_name
from ext_proc.render.envoy import CA_FILE, render
from ext_proc.render.upstream_filter import PROVIDER_ATTRIBUTE
from ext_proc.settings import Settings
from tests.envoy.proxy import Envoy, free_port, running_envoy
from tests.envoy.scripted_provider import Provider, Script

WITHIN = 10.0
READ = grpc.aio.EOF


Decide = Callable[[authz.CheckRequest], authz.CheckResponse]
Attempt = Callable[["Stream"], Awaitable[None]]


@dataclass(slots=True)
class Stream:
    """One attempt as the upstream filter tells it."""

    context: Any
    first: proc.ProcessingRequest

    @property
    def provider(self) -> str:
        return str(self.attributes[PROVIDER_ATTRIBUTE])

    @property
    def attributes(self) -> dict[str, Any]:
        return {name: value for fields in self.first.attributes.values() for name, value in _plain(fields).items()}

    @property
    def plan(self) -> dict[str, Any]:
        return _plain(self.first.metadata_context.filter_metadata["envoy.filters.http.ext_authz"])

    async def read(self) -> proc.ProcessingRequest | None:
        message = await self.context.read()
        return None if message is READ else message

    async def write(self, response: proc.ProcessingResponse) -> None:
        await self.context.write(response)


def _plain(struct: Any) -> dict[str, Any]:
    return dict(json_format.MessageToDict(struct))


def header_mutation(**headers: str) -> Any:
    put = [
        {"header": {"key": name.replace("_", "-"), "raw_value": value.encode()}, "append_action": 2}
        for name, value in headers.items()
    ]
    return proc.HeaderMutation(set_headers=put)


async def passing(stream: Stream) -> None:
    """Names the attempt's provider to it, and ends the RPC at once."""
    told = header_mutation(x_provider=stream.provider)
    await stream.write(proc.ProcessingResponse(request_headers={"response": {"header_mutation": told}}))


def ordering(*providers: str) -> Decide:
    """Allows, and tells the order in the way that this Envoy asked for."""

    def decide(request: authz.CheckRequest) -> authz.CheckResponse:
        return allowed(providers, request.attributes.context_extensions["tollkeeper.order"])

    return decide


def allowed(providers: tuple[str, ...], order: str, **headers: str) -> authz.CheckResponse:
    response = authz.CheckResponse(status={"code": 0}, ok_response={})
    metadata: dict[str, Any] = {"plan": "the plan", "decision": "d1"}
    headers = {"x-tollkeeper-some": "header", **headers}
    if order == "plan":
        headers["x-tollkeeper-plan"] = plan_cluster_name(providers)
    else:
        metadata["priority_groups"] = [
            {"name": f"try-{at}", "clusters": [{"cluster_name": provider_cluster_name(name), "weight": 1}]}
            for at, name in enumerate(providers)
        ]
    for name, value in headers.items():
        response.ok_response.headers.add(header={"key": name, "value": value}, append_action=2)
    decision = {"key": "x-tollkeeper-decision", "value": "d1"}
    response.ok_response.response_headers_to_add.add(header=decision, append_action=2)
    response.dynamic_metadata.update(metadata)
    return response


@dataclass(slots=True)
class Service:
    """The three gRPC services that Envoy calls, and what they were told."""

    decide: Decide
    attempt: Attempt = passing
    address: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    checks: list[authz.CheckRequest] = field(default_factory=list)
    attempts: list[Stream] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)
    server: Any = None
    logged: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        self.server = await self._start()
        try:
            yield
        finally:
            await self.server.stop(0)

    async def restart(self, during: Callable[[], Awaitable[None]]) -> None:
        await self.server.stop(0)
        await during()
        self.server = await self._start()

    async def _start(self) -> grpc.aio.Server:
        server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1)])
        server.add_generic_rpc_handlers(self._handlers())
        servicer = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
        server.add_insecure_port(self.address)
        await server.start()
        return server

    def _handlers(self) -> tuple[Any, ...]:
        return (
            grpc.method_handlers_generic_handler(
                "envoy.service.auth.v3.Authorization",
                {
                    "Check": grpc.unary_unary_rpc_method_handler(
                        self._check, authz.CheckRequest.FromString, authz.CheckResponse.SerializeToString
                    )
                },
            ),
            grpc.method_handlers_generic_handler(
                "envoy.service.ext_proc.v3.ExternalProcessor",
                {
                    "Process": grpc.stream_stream_rpc_method_handler(
                        self._process, proc.ProcessingRequest.FromString, proc.ProcessingResponse.SerializeToString
                    )
                },
            ),
            grpc.method_handlers_generic_handler(
                "envoy.service.accesslog.v3.AccessLogService",
                {
                    "StreamAccessLogs": grpc.stream_unary_rpc_method_handler(
                        self._logs,
                        als.StreamAccessLogsMessage.FromString,
                        als.StreamAccessLogsResponse.SerializeToString,
                    )
                },
            ),
        )

    async def _check(self, request: authz.CheckRequest, _: Any) -> authz.CheckResponse:
        self.checks.append(request)
        return self.decide(request)

    async def _process(self, _: Any, context: Any) -> None:
        first = await context.read()
        if first is READ:
            return
        stream = Stream(context, first)
        self.attempts.append(stream)
        await self.attempt(stream)

    async def _logs(self, messages: AsyncIterator[als.StreamAccessLogsMessage], _: Any) -> Any:
        async for message in messages:
            async with self.logged:
                self.entries.extend(message.http_logs.log_entry)
                self.logged.notify_all()
        return als.StreamAccessLogsResponse()

    async def entry(self, at: int = 0) -> Any:
        """The access log's entry number `at`, once it has come."""
        async with asyncio.timeout(WITHIN), self.logged:
            await self.logged.wait_for(lambda: len(self.entries) > at)
        return self.entries[at]


def metadata_of(entry: Any, namespace: str) -> dict[str, Any]:
    return _plain(entry.common_properties.metadata.filter_metadata[namespace])


@dataclass(frozen=True, slots=True)
class Secure:
    """A provider behind TLS, as the name that its endpoint has."""

    host: str
    context: ssl.SSLContext


@dataclass(slots=True)
class Gateway:
    url: str
    service: Service
    providers: dict[str, Provider]
    envoy: Envoy


@asynccontextmanager
async def gateway(
    version: str,
    folder: Path,
    service: Service,
    *,
    stopped: tuple[str, ...] = (),
    proxy: Any = None,
    listen: Any = None,
    twice: bool = False,
    secure: Mapping[str, Secure] = {},
    ca_file: str = CA_FILE,
    **scripts: Script,
) -> AsyncIterator[Gateway]:
    """Envoy between a client and providers named as the keywords; those in `stopped` refuse connections.

    One model has all of them in that order, the first one `twice` if so; each has a model of its own.
    """
    providers = {name: Provider(script) for name, script in scripts.items()}
    port = free_port()
    first = next(iter(providers))
    models = {"all": [first, *providers] if twice else [*providers], **{name: [name] for name in providers}}
    settings = Settings(
        listen={"grpc": service.address, **(listen or {})},
        proxy={"listen": f"127.0.0.1:{port}", **(proxy or {})},
        providers={
            name: {"kind": "openai-compatible", "endpoint": f"{_origin(secure.get(name))}:{provider.port}/v1"}
            for name, provider in providers.items()
        },
        models={
            model: {"backends": [{"provider": name, "priority": at} for at, name in enumerate(names)]}
            for model, names in models.items()
        },
    )
    async with AsyncExitStack() as stack:
        for name, provider in providers.items():
            if name not in stopped:
                context = secure[name].context if name in secure else None
                await stack.enter_async_context(provider.serving(context))
        await stack.enter_async_context(service.serving())
        bootstrap = render(settings, version=version, ca_file=ca_file)
        envoy = await stack.enter_async_context(running_envoy(version, bootstrap, folder))
        yield Gateway(f"http://127.0.0.1:{port}", service, providers, envoy)


def _origin(secure: Secure | None) -> str:
    return f"https://{secure.host}" if secure else "http://127.0.0.1"
