"""What one call used: token counts, in OpenTelemetry GenAI's names (`gen_ai.usage.*`).

`input_tokens` includes what was read from and written to a cache; `output_tokens` includes reasoning.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one answer; all non-negative integers. `estimated` says that they were counted here."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    reasoning_output_tokens: int = 0
    estimated: bool = False

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def merged(self, later: Usage) -> Usage:
        """Take the greater of each count: providers report running totals, never decrements."""
        counts = {f.name: max(getattr(self, f.name), getattr(later, f.name)) for f in fields(self)}
        return Usage(**counts)
