"""The usage entry: one row a call, in OpenTelemetry GenAI's words. Money is integer nano-dollars, time seconds."""

from __future__ import annotations

from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One call. `cost_nano` is None when the model has no known price.

    A tuple, as two are made for each call, and one of its size is made in a third of a frozen dataclass's time.
    """

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
    cache_creation_1h_input_tokens: int = 0
    reasoning_output_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    input_image_tokens: int = 0
    output_image_tokens: int = 0
    images: int = 0
    searches: int = 0
    characters: int = 0
    audio_milliseconds: int = 0
    service_tier: str | None = None
    estimated: bool = False
    cost_nano: int | None = None
    price: str | None = None
    """Where the price came from: source, version and effective date."""
    latency: float | None = None
    time_to_first_token: float | None = None
    attempts: int = 0
    metering: str | None = None

    def row(self) -> dict[str, Any]:
        return self._asdict()
