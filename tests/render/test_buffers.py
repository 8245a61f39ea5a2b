"""No connection is paused before it holds what a large answer needs: a pause crashes Envoy where an answer is observed."""

from __future__ import annotations

import pytest

from ext_proc.render.config import BUFFER
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
