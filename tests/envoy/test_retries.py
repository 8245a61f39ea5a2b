"""A failed attempt goes to the next provider of the plan, whatever way it failed and however the order was told."""

from __future__ import annotations

import httpx
import pytest

from tests.envoy.proxy import every_envoy
from tests.envoy.scripted import Service, gateway, ordering
from tests.envoy.scripted_provider import answering, resetting, silent

pytestmark = every_envoy()

FAILURES = {
    "503": answering(503),
    "429": answering(429),
    "529": answering(529),
    "reset": resetting,
    "silent": silent,
    "refused": None,
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failed_attempt_is_tried_at_the_next_provider_with_the_clients_own_body(version, failure, tmp_path):
    first = FAILURES[failure]
    stopped = () if first else ("first",)
    proxy = {"first_byte_timeout": "500ms"}
    service = Service(ordering("first", "second"))
    async with (
        gateway(
            version,
            tmp_path,
            service,
            stopped=stopped,
            proxy=proxy,
            first=first or silent,
            second=answering(200, b'"2"'),
        ) as run,
        httpx.AsyncClient() as client,
    ):
        answer = await client.post(f"{run.url}/v1/chat/completions", content=b"x" * 300_000)
        assert (answer.status_code, answer.text) == (200, '"2"')
        (received,) = run.providers["second"].received
        assert received.body == b"x" * 300_000
        assert [stream.provider for stream in service.attempts] == ([] if not first else ["first"]) + ["second"]
        entry = await service.entry()
        assert entry.common_properties.upstream_request_attempt_count == 2
