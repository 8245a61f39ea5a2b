"""Envoy's ext_proc at the edge, for streams that may be cut: it passes bytes on, and ends where the mark stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ext_proc.hosts.end_mark import EndMark
from ext_proc.pb import ext_proc_pb2 as pb

CUTS = ("x-tollkeeper-filter", "cuts")
"""The initial metadata by which this filter is told from that of an attempt."""


async def pass_on(requests: AsyncIterator[pb.ProcessingRequest], context: Any) -> None:
    mark = EndMark()
    async for request in requests:
        for response in answers(mark, request):
            await context.write(response)
        if mark.found or request.response_body.end_of_stream or request.HasField("response_trailers"):
            return


def answers(mark: EndMark, request: pb.ProcessingRequest) -> list[pb.ProcessingResponse]:
    if request.HasField("response_trailers"):
        trailers = pb.ProcessingResponse()
        trailers.response_trailers.SetInParent()
        return [*_body(mark.finish(), over=False), trailers]
    ends = request.response_body.end_of_stream
    data = mark.feed(request.response_body.body)
    return _body(data + mark.finish() if ends else data, over=ends or mark.found)


def _body(data: bytes, *, over: bool) -> list[pb.ProcessingResponse]:
    if not data and not over:
        return []
    response = pb.ProcessingResponse()
    streamed = response.response_body.response.body_mutation.streamed_response
    streamed.body, streamed.end_of_stream = data, over
    return [response]
