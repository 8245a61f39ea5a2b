"""Bounds: a hard limit holds room for all that could be used, and refuses what has no bound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ext_proc.errors import Unsupported
from ext_proc.limit_rules import LimitRule, Share
from ext_proc.plan import Step
from ext_proc.snapshot import Snapshot
from ext_proc.stages.read import Reading
from ext_proc.stages.worst import COUNTS_INPUT, COUNTS_OUTPUT

LONG_CONTEXT = 1_000_000
"""Tokens that Claude sees where a client asks for it by a beta feature, whatever is published for the model."""


def bounded(reading: Reading, shares: Sequence[Share], steps: Sequence[Step], snapshot: Snapshot) -> Reading:
    """The same call, its input bounded by the window of the model where only that bounds it."""
    rule = _hard(shares, COUNTS_INPUT)
    _check_output(reading, shares)
    if rule is None:
        return reading
    if reading.outline.outside is not None:
        member = reading.outline.outside
        raise Unsupported(
            f"`{member}` brings in input that cannot be counted before the call, and the limit {rule.name!r} is hard. "
            "Send that input in the request itself.",
            code="unbounded_input",
            param=member,
        )
    if reading.outline.windowed is None:
        return reading
    return replace(reading, input_bound=_widest(reading, rule, steps, snapshot))


def _widest(reading: Reading, rule: LimitRule, steps: Sequence[Step], snapshot: Snapshot) -> int:
    windows = {step: snapshot.window(reading.outline.model, step.provider, step.model) for step in steps}
    unknown = next((step for step, window in windows.items() if window is None), None)
    if unknown is not None:
        raise Unsupported(
            f"`{reading.outline.windowed}` brings in input whose tokens only the context window of the model bounds, "
            f"that of {unknown.model!r} at {unknown.provider} is not known, and the limit {rule.name!r} is hard. "
            "Send the text itself; or have the operator say the backend's context_window.",
            code="unbounded_input",
            param=reading.outline.windowed,
        )
    asked = LONG_CONTEXT if reading.long_context else 0
    return max(asked, *(window for window in windows.values() if window is not None))


def _check_output(reading: Reading, shares: Sequence[Share]) -> None:
    """What is written without an end has no bound that could be reserved."""
    rule = _hard(shares, COUNTS_OUTPUT)
    if reading.outline.endless is not None and rule is not None:
        member = reading.outline.endless
        raise Unsupported(
            f"`{member}` has the provider write without a bound that is known before the call, and the limit "
            f"{rule.name!r} is hard. Leave it out.",
            code="unbounded_output",
            param=member,
        )
    if reading.counts.uncapped is not None and rule is not None:
        raise Unsupported(
            f"{reading.counts.uncapped} sets no cap on its output, and the limit {rule.name!r} is hard. "
            "Give each line a cap, as `max_completion_tokens` is one, and upload the file again.",
            code="unbounded_output",
            param="input_file_id",
        )


def _hard(shares: Sequence[Share], units: Iterable[str]) -> LimitRule | None:
    return next((share.rule for share in shares if share.rule.enforce and share.rule.unit in units), None)
