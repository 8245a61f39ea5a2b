"""Usage that Envoy reads out of an answer by itself, without a byte through our service, into dynamic metadata.

The members of Chat Completions and of Messages have different names, so that one list serves both. Streams are read by
a Lua script: Envoy's own `sse_to_metadata` crashes it on an event whose data is a JSON scalar, as in `data: null`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ext_proc.render.config import USAGE_NAMESPACE, extension

if TYPE_CHECKING:
    from ext_proc.render.config import Config
    from ext_proc.render.versions import EnvoyVersion

_MESSAGES_USAGE = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")

NUMBERS: dict[tuple[str, ...], str] = {
    ("usage", "prompt_tokens"): "prompt_tokens",
    ("usage", "completion_tokens"): "completion_tokens",
    ("usage", "prompt_tokens_details", "cached_tokens"): "cached_tokens",
    ("usage", "completion_tokens_details", "reasoning_tokens"): "reasoning_tokens",
    ("usage", "prompt_tokens_details", "audio_tokens"): "input_audio_tokens",
    ("usage", "completion_tokens_details", "audio_tokens"): "output_audio_tokens",
    ("usage", "prompt_tokens_details", "cache_write_tokens"): "cache_write_tokens",
    ("usage", "cache_creation", "ephemeral_1h_input_tokens"): "ephemeral_1h_input_tokens",
    ("usage", "server_tool_use", "web_search_requests"): "web_search_requests",
    **{("usage", name): name for name in _MESSAGES_USAGE},
}
WORDS: dict[tuple[str, ...], str] = {
    ("model",): "response_model",
    ("stop_reason",): "finish_reason",
    ("service_tier",): "service_tier",
    ("usage", "service_tier"): "service_tier",
    ("usage", "speed"): "speed",
}
STREAM_METER = Path(__file__).with_name("stream_meter.lua")


def metering_filters(version: EnvoyVersion) -> list[Config]:
    return [_FILTERS[meter]() for meter in version.meters]


def _json() -> Config:
    return extension(
        "envoy.filters.http.json_to_metadata",
        "envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata",
        response_rules={
            "rules": _rules(NUMBERS, "NUMBER") + _rules(WORDS, "STRING"),
            "allow_content_types_regex": {"regex": r"(?i)application/json\s*(;.*)?"},
        },
    )


def _sse() -> Config:
    return extension(
        "envoy.filters.http.lua",
        "envoy.extensions.filters.http.lua.v3.Lua",
        default_source_code={"inline_string": STREAM_METER.read_text()},
    )


_FILTERS = {"json": _json, "sse": _sse}


def _rules(members: dict[tuple[str, ...], str], kind: str) -> list[Config]:
    return [
        {
            "selectors": [{"key": part} for part in path],
            "on_present": {"metadata_namespace": USAGE_NAMESPACE, "key": name, "type": kind},
        }
        for path, name in members.items()
    ]
