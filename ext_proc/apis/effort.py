"""How much to think, as a word and as a budget in tokens: the exchange between APIs that know only one of the two."""

from __future__ import annotations

from collections.abc import Mapping

from ext_proc.chat import Effort

BUDGETS: Mapping[Effort, int] = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 24576,
    "max": 32000,
}

_KNOWN_TO_ALL: tuple[Effort, ...] = ("low", "medium", "high")


def effort_of_budget(budget: int) -> Effort:
    """The effort nearest above, in the words that every model knows."""
    return next((effort for effort in _KNOWN_TO_ALL if budget <= BUDGETS[effort]), "high")
