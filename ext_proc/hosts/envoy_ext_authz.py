"""Envoy's ext_authz: one unary call, the whole request in, allow with a plan or an answer out.

Source: envoy/service/auth/v3/external_auth.proto.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from ext_proc.drive import Driver
from ext_proc.edit import Edit
from ext_proc.events import Call, Headers
from ext_proc.pb import ext_authz_pb2 as pb
from ext_proc.pb.core_pb2 import HeaderValueOption
from ext_proc.plan_names import plan_cluster_name, provider_cluster_name
from ext_proc.replies import Allow, Answer

SERVICE = "envoy.service.auth.v3.Authorization"
PERMISSION_DENIED = 7
LEAST_RETRIES = 1
"""With one backend a retry still helps where a kept connection had just been closed."""
OVERWRITE = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
READY = "yes"
"""Under `ready` in the metadata: the host need not ask at the attempt. After edits the host says so itself."""


def handler(driver: Driver) -> grpc.GenericRpcHandler:
    async def check(request: pb.CheckRequest, _context: Any) -> pb.CheckResponse:
        reply = await driver.decide(read(request))
        if isinstance(reply, Answer):
            return write_answer(reply)
        return write_allow(reply, request.attributes.context_extensions.get("tollkeeper.order", ""))

    method = grpc.unary_unary_rpc_method_handler(
        check,
        request_deserializer=pb.CheckRequest.FromString,
        response_serializer=pb.CheckResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(SERVICE, {"Check": method})


def read(request: pb.CheckRequest) -> Call:
    """The call as Envoy hands it over. With raw headers, a header that came twice stands twice."""
    attributes = request.attributes
    http = attributes.request.http
    native = attributes.context_extensions.get("tollkeeper.native", "")
    return Call(
        method=http.method,
        path=http.path,
        headers=_headers(http),
        body=http.raw_body or http.body.encode(),
        native=frozenset(native.split(",")) if native else frozenset(),
    )


def write_allow(reply: Allow, order: str) -> pb.CheckResponse:
    """OK, with the plan as dynamic metadata and the backends in the words of the host's own mechanism."""
    response = pb.CheckResponse()
    metadata = response.dynamic_metadata.fields
    metadata["plan"].string_value, metadata["decision"].string_value = reply.plan, reply.decision_id
    ok = response.ok_response
    _add(ok.headers, "x-envoy-max-retries", str(max(LEAST_RETRIES, len(reply.backends) - 1)))
    if reply.edits:
        _edits(metadata["edits"].list_value.values, reply.edits)
    elif reply.ready:
        metadata["ready"].string_value = READY
    if reply.cuts:
        metadata["cuts"].string_value = "yes"
    for name, value in reply.set_headers:
        _add(ok.headers, name, value)
    ok.headers_to_remove.extend(reply.remove_headers)
    for name, value in reply.response_headers:
        _add(ok.response_headers_to_add, name, value)
    _ORDERS[order](response, reply.backends)
    return response


def write_answer(reply: Answer) -> pb.CheckResponse:
    response = pb.CheckResponse()
    response.status.code = PERMISSION_DENIED
    response.dynamic_metadata.fields["decision"].string_value = reply.decision_id
    denied = response.denied_response
    denied.status.code = reply.status
    denied.body = reply.body.decode("utf-8")
    for name, value in reply.headers:
        _add(denied.headers, name, value)
    if reply.record is not None:
        response.dynamic_metadata.fields["plan"].string_value = reply.record
    return response


def _headers(http: Any) -> Headers:
    raw = http.header_map.headers
    if not raw:
        return tuple(http.headers.items())
    return tuple([(header.key, header.raw_value.decode("latin-1") or header.value) for header in raw])


def _edits(values: Any, edits: tuple[Edit, ...]) -> None:
    for edit in edits:
        fields = values.add().struct_value.fields
        fields["start"].number_value, fields["end"].number_value = edit.start, edit.end
        fields["new"].string_value = edit.new


def _add(headers: Any, name: str, value: str) -> None:
    option = headers.add()
    option.header.key, option.header.value, option.append_action = name, value, OVERWRITE


def _priority_groups(response: pb.CheckResponse, backends: tuple[str, ...]) -> None:
    """Envoy 1.40: the order in the words of `PriorityGroupClusterSpecifier`. A header makes it look again."""
    groups = response.dynamic_metadata.fields["priority_groups"].list_value.values
    for number, backend in enumerate(backends):
        group = groups.add().struct_value.fields
        group["name"].string_value = str(number)
        cluster = group["clusters"].list_value.values.add().struct_value.fields
        cluster["cluster_name"].string_value = provider_cluster_name(backend)
        cluster["weight"].number_value = 1
    _add(response.ok_response.headers, "x-tollkeeper-plan", "1")


def _plan_cluster(response: pb.CheckResponse, backends: tuple[str, ...]) -> None:
    """Before Envoy 1.40: one cluster for each order, with the providers as its priorities."""
    _add(response.ok_response.headers, "x-tollkeeper-plan", plan_cluster_name(backends))


_ORDERS: dict[str, Callable[[pb.CheckResponse, tuple[str, ...]], None]] = {
    "priority_group": _priority_groups,
    "plan": _plan_cluster,
    "": lambda _response, _backends: None,
}
