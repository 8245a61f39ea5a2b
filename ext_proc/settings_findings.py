"""What is wrong with the operator's file: findings with their place, as people and programs read them.

A finding never holds a secret: a value under a credential, or one that looks like a key, is not shown.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_VALUE = 60

_SECRET_PLACES = {"credential", "hash_key", "token", "secret", "password", "api_key", "apikey", "authorization"}
_SECRET_LOOKS = re.compile(
    r"""\b(?:sk|tk|pk|rk|gsk|xai|hf|ghp|gho|ghs|glpat|xox[a-z])[-_][A-Za-z0-9_-]{6,}   # vendors' prefixes
    | \b(?:AKIA|ASIA|AIza|ya29\.|eyJ)[A-Za-z0-9_.-]{8,}
    | \bBearer\s+\S+
    | ://[^/\s]*@                                                                # user and password of a URL
    | \b(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{24,}
    | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake or warning. Line and column count from 1; `key` is dotted, empty for the whole file."""

    line: int
    column: int
    key: str
    problem: str
    value: str | None = None
    allowed: str | None = None
    nearest: tuple[str, ...] = ()
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        warning = "warning: " if self.severity == "warning" else ""
        hints = [
            f"value {self.value}" if self.value is not None else "",
            f"did you mean {' or '.join(self.nearest)}?" if self.nearest else "",
            f"allowed: {self.allowed}" if self.allowed else "",
        ]
        told = "; ".join(hint for hint in hints if hint)
        return f"{self.line}:{self.column}: {warning}{key}{self.problem}" + (f" ({told})" if told else "")

    def row(self) -> dict[str, Any]:
        return asdict(self)


class ConfigError(Exception):
    """The operator's file cannot be used. `findings` holds every mistake, in file order."""

    def __init__(self, path: str, findings: Sequence[Finding]) -> None:
        super().__init__(path, findings)
        self.path = path
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return "\n".join(f"{self.path}:{finding}" for finding in self.findings)


def dotted(path: Sequence[str | int]) -> str:
    """`models."gpt-4.1".backends.0`: a name that is more than a word is quoted."""
    return ".".join(_word(str(part)) for part in path)


def _word(part: str) -> str:
    if _SECRET_LOOKS.search(part):
        return "(hidden)"
    return part if re.fullmatch(r"[\w*-]+", part) else json.dumps(part, ensure_ascii=False)


def shown(value: Any, path: Sequence[str | int]) -> str | None:
    """The value as a finding may show it: short, on one line, or `(hidden)`. None for whole mappings and lists."""
    if isinstance(value, dict | list):
        return None
    text = f"{value:f}" if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    if value is not None and (_SECRET_PLACES.intersection(path) or _SECRET_LOOKS.search(text)):
        return "(hidden)"
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def masked(text: str) -> str:
    """A message of someone else's, without what looks like a key."""
    return _SECRET_LOOKS.sub("(hidden)", text)
