"""What a provider keeps for a caller, files and batches, and whose each of them is.

Several teams share one account there, so that the account itself tells nobody's things apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from ext_proc.principal import Principal

Kind = Literal["file", "batch", "message_batch"]


@dataclass(frozen=True, slots=True)
class Stored:
    """One thing under the id that its provider gave it. Times are Unix seconds; `expires_at` None: kept for good."""

    id: str
    kind: Kind
    provider: str
    """The provider's name in the settings."""
    owner: str
    created_at: float
    expires_at: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """What was found when it was made; it never changes."""
    seen: dict[str, Any] | None = None
    """What the provider last said of it, in the provider's own words."""


def owner_of(principal: Principal) -> str:
    """Whose things a caller's are: its team's, or where it has none its own. Nothing for a caller without a name."""
    own = next((name for name in ("team", "key", "user", "app") if getattr(principal, name)), "tenant")
    names = ("tenant", own) if own != "tenant" else ("tenant",)
    return ",".join(f"{name}={quote(getattr(principal, name), safe='')}" for name in names if getattr(principal, name))
