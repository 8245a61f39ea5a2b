"""Bounds: what has none that could be reserved is refused where a hard limit would count it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ext_proc.errors import Unsupported
from ext_proc.limit_rules import LimitRule, Share
from ext_proc.stages.read import Reading
from ext_proc.stages.worst import COUNTS_INPUT, COUNTS_OUTPUT


def check_bounded(reading: Reading, shares: Sequence[Share]) -> None:
    """Input from elsewhere, and what is written without an end, have no bound that could be reserved."""
    rule = _hard(shares, COUNTS_INPUT)
    if reading.outline.outside is not None and rule is not None:
        member = reading.outline.outside
        raise Unsupported(
            f"`{member}` brings in input that cannot be counted before the call, and the limit {rule.name!r} is hard. "
            "Send that input in the request itself.",
            code="unbounded_input",
            param=member,
        )
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
