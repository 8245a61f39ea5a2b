"""Clamp: how large a single call may be, whatever its limits have room for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ext_proc.errors import ControlError, TooLong
from ext_proc.limit_rules import ClampRule, Facts
from ext_proc.policy.conditions import ConditionError
from ext_proc.snapshot import Snapshot
from ext_proc.stages.read import Reading

MOST_BYTES_PER_TOKEN = 8
"""No text that people write or programs print has longer tokens on average, so a request is never refused in vain."""


@dataclass(frozen=True, slots=True)
class Clamped:
    """The least of what holds for the call; None where nothing does."""

    max_output_tokens: int | None


def clamp(reading: Reading, facts: Facts, snapshot: Snapshot) -> Clamped:
    """Raises `TooLong` for an input that is certainly above its maximum, `ControlError` where a condition fails."""
    if reading.outline.free or reading.api.keeps is not None:
        return Clamped(None)
    model = snapshot.model(reading.outline.model)
    rules = list(_matching(facts, snapshot)) if snapshot.clamps else []
    longest = [most for most in (model.max_input_tokens, *(rule.max_input_tokens for rule in rules)) if most]
    caps = [most for most in (model.max_output_tokens, *(rule.max_output_tokens for rule in rules)) if most]
    if longest:
        _check_length(reading, min(longest))
    return Clamped(min(caps, default=None))


def _matching(facts: Facts, snapshot: Snapshot) -> Iterator[ClampRule]:
    for number, rule in enumerate(snapshot.clamps):
        try:
            if rule.selector.selects(facts) is not None:
                yield rule
        except ConditionError as error:
            raise ControlError(f"The clamp {number} could not be decided: {error}.", code="condition_failed") from error


def _check_length(reading: Reading, most: int) -> None:
    least = -(-reading.text_bytes // MOST_BYTES_PER_TOKEN)
    if least > most:
        raise TooLong(
            f"The input has {least:,} tokens at least, and {most:,} are allowed for this call. Send less of the "
            "conversation.",
        )
