"""The usage entry: one row a call, in OpenTelemetry GenAI's words. Money is integer nano-dollars, time seconds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. `cost_nano` is None when the model has no known price."""

    decision_id: str
    at: float
    tenant: str | None = None
    team: str | None = None
    app: str | None = None
    user: str | None = None
    key: str | None = None
    api: str = ""
    operation: str = ""
    request_model: str = ""
    response_model: str | None = None
    provider: str | None = None
    stream: bool = False
    status: int = 0
    outcome: str = "served"
    """served; aborted by the client or the provider; failed; refused; expired: nobody told how it went"""
    reason: str | None = None
    finish_reason: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    reasoning_output_tokens: int = 0
    estimated: bool = False
    cost_nano: int | None = None
    price: str | None = None
    """Where the price came from: source, version and effective date."""
    latency: float | None = None
    time_to_first_token: float | None = None
    attempts: int = 0
    metering: str | None = None

    def row(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _NAMES}


_NAMES = tuple(field.name for field in fields(Entry))
