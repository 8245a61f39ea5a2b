"""The plan: what the edge decided, as it travels to the upstream filter and to the access log.

It is dynamic metadata of the host, which no client can forge, and holds neither prompts nor secrets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson


class Step(NamedTuple):
    """One backend to try: the provider's name in the settings, the model there, the API spoken, who meters.

    `fit` says that the provider takes something in the client's body otherwise.
    """

    provider: str
    model: str
    api: str
    native: bool
    fit: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`cap` is the most output tokens that the budget holds for; `limit_output` says that the body must be told so."""

    id: str
    at: float
    api: str
    path: str
    model: str
    steps: tuple[Step, ...]
    principal: dict[str, str | None]
    stream: bool = False
    show_usage: bool = False
    cap: int | None = None
    limit_output: bool = False
    input_bound: int = 0
    n: int = 1
    writes: bool = True
    """The model writes an answer; embeddings and the like have none to be charged for."""
    units: dict[str, int] = field(default_factory=dict)
    """What is billed beside tokens when the call is served, by the names of `Usage`."""
    estimate: dict[str, int] = field(default_factory=dict)
    """What to charge where the answer does not tell, by the names of `Usage`."""
    picture: str = ""
    """The quality and the size of images, where the request names both."""
    betas: list[str] = field(default_factory=list)
    """Features of Messages in beta that the client asked for, in a header or in the body."""
    keeps: dict[str, Any] = field(default_factory=dict)
    """For a call about what a provider keeps: its owner, its id where it has one, and what is known of it."""
    drop: bool = False
    """What a provider's API cannot say is left out, even where the answer is then another one."""
    by_provider: dict[str, list[str]] = field(default_factory=dict)
    """Accounts of limits that are charged only when one of these providers serves."""
    draws_on: list[str] = field(default_factory=list)
    """Leases of the worker that let the call in while the store was away; it is charged out of them."""
    unchecked: list[str] = field(default_factory=list)
    """The limits that let it in meanwhile without looking."""
    routed: dict[str, str] = field(default_factory=dict)
    """The limit that sent the call to another model, that model, and the one that the client asked for."""
    slices: list[dict[str, Any]] = field(default_factory=list)
    """For a stream that extends its lease while it runs: what one output token claims of each limit."""
    held: int = 0
    """The output tokens that its lease began with."""
    refused: dict[str, Any] = field(default_factory=dict)
    """For a call that was refused or answered here: status and reason."""

    def dump(self) -> str:
        return orjson.dumps(self, default=tuple).decode()

    def spared(self, provider: str | None) -> list[str]:
        """The accounts that are not charged when this provider serves, or none."""
        return [account for account, providers in self.by_provider.items() if provider not in providers]

    def step(self, provider: str | None, attempt: int) -> Step | None:
        """The step of attempt number `attempt` (from 1) when it is at `provider`, else the first one there."""
        at = min(attempt, len(self.steps)) - 1
        if at >= 0 and provider in {None, self.steps[at].provider}:
            return self.steps[at]
        return next((step for step in self.steps if step.provider == provider), None)


def load(text: str) -> Plan:
    """Reads a plan back. Raises ValueError or TypeError when it is not one."""
    members = orjson.loads(text)
    members["steps"] = tuple(Step(*step) for step in members["steps"])
    return Plan(**members)
