"""What one call used: token counts, in OpenTelemetry GenAI's names (`gen_ai.usage.*`).

`input_tokens` includes what was read from and written to a cache, audio and images; `output_tokens` includes reasoning,
audio and images. What is billed in other units stands beside the tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts of one answer; all non-negative integers. `estimated` says that they were counted here."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    reasoning_output_tokens: int = 0
    estimated: bool = False
    cache_creation_1h_input_tokens: int = 0
    """Of the tokens written to a cache, those that are kept there for an hour, and cost more."""
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    input_image_tokens: int = 0
    output_image_tokens: int = 0
    images: int = 0
    """Images made."""
    searches: int = 0
    """Searches of the web, or units of a rerank."""
    characters: int = 0
    """Characters of text that was spoken."""
    audio_milliseconds: int = 0
    """Sound that was transcribed."""
    service_tier: str | None = None
    """The tier that the provider says it served in, in its own word."""

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Usage:
        return cls(**counts)  # type: ignore[arg-type]

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def merged(self, later: Usage) -> Usage:
        """Take the greater of each count: providers report running totals, never decrements."""
        counts = {name: max(getattr(self, name), getattr(later, name)) for name in _COUNTS}
        return Usage(service_tier=later.service_tier or self.service_tier, **counts)

    def plus(self, other: Usage) -> Usage:
        """Both together, for reports that each tell of their own part."""
        counts = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS if name != "estimated"}
        estimated = self.estimated or other.estimated
        return Usage(estimated=estimated, service_tier=other.service_tier or self.service_tier, **counts)

    @property
    def is_metered(self) -> bool:
        """Something that an answer is billed by was reported: tokens, images, or the length of what was heard."""
        return bool(self.output_tokens or self.images or self.audio_milliseconds)


_COUNTS = tuple(field.name for field in fields(Usage) if field.name != "service_tier")
