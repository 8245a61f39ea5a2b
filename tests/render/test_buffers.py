"""No connection is paused before it holds what a large answer needs: a pause crashes Envoy where an answer is observed."""

from __future__ import annotations

import pytest

from ext_proc.render.config import BUFFER, SERVICE_WINDOW
from ext_proc.render.envoy import KNOWN_VERSIONS, render
from ext_proc.settings import Settings

SETTINGS = Settings(
    providers={"openai": {"kind": "openai"}, "claude": {"kind": "anthropic"}},
    models={"two": {"backends": [{"provider": "openai"}, {"provider": "claude", "priority": 1}]}},
)


@pytest.mark.parametrize("version", KNOWN_VERSIONS)
def test_every_listener_and_every_cluster_of_a_call_holds_a_large_answer(version):
    static = render(SETTINGS, version=version)["static_resources"]
    held = {
        one["name"]: one.get("per_connection_buffer_limit_bytes") for one in static["clusters"] + static["listeners"]
    }
    assert {name: limit for name, limit in held.items() if limit != BUFFER and name != "nowhere"} == {}


@pytest.mark.parametrize("version", KNOWN_VERSIONS)
def test_every_stream_of_http2_holds_as_much(version):
    """A stream's window is its buffer, too: a client of HTTP/2 that reads slowly fills it before the connection's."""
    static = render(SETTINGS, version=version)["static_resources"]
    (manager,) = static["listeners"][0]["filter_chains"][0]["filters"]
    client = manager["typed_config"]["http2_protocol_options"]["initial_stream_window_size"]
    service = next(one for one in static["clusters"] if one["name"] == "tollkeeper")["typed_extension_protocol_options"]
    (options,) = service.values()
    window = options["explicit_http_config"]["http2_protocol_options"]["initial_stream_window_size"]
    assert (client, window) == (BUFFER, SERVICE_WINDOW)
