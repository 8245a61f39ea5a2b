"""Whether a call would be let in: by which limits, on which backends, at what price. Nothing is reserved or called."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StrictInt

from ext_proc.admin.keys import Fitting
from ext_proc.admin.problem import Problem, Wrong
from ext_proc.admin.route import Ask, Desk, Part
from ext_proc.principal import Principal
from ext_proc.stages.imagined import IMAGINABLE, imagined

Tokens = Annotated[StrictInt, Field(ge=0, le=1_000_000_000)]
_WHO = ("tenant", "team", "app", "user")


class Question(Part):
    """Who asks for what: `key` is a key's id, and says who alone."""

    model: str = Field(min_length=1, max_length=256)
    input_tokens: Tokens = 0
    output_tokens: StrictInt | None = Field(default=None, ge=1, le=1_000_000_000, description="The output cap.")
    key: str | None = Field(default=None, max_length=128)
    tenant: Fitting | None = None
    team: Fitting | None = None
    app: Fitting | None = None
    user: Fitting | None = None
    api: str = Field(default="chat_completions", description="The API of the client.")
    tools: list[Fitting] = Field(default=[], max_length=64)
    attributes: dict[str, str] = Field(default={}, max_length=64, description="Those of `attributes` in the settings.")


class Refusal(Part):
    """As the client would see it."""

    status: int
    code: str | None
    message: str


class CheckedBackend(Part):
    provider: str
    model: str
    api: str


class InputTokens(Part):
    estimated: int
    worst: int


class OutputTokens(Part):
    worst: int | None


class CheckedTokens(Part):
    input: InputTokens
    output: OutputTokens


class Cost(Part):
    """Nano-dollars; null where a price is not known."""

    estimated: int | None
    worst: int | None


class CheckedLimit(Part):
    limit: str
    scope: str
    unit: str
    window: str | None
    enforced: bool
    maximum: int
    used: int
    leased: int
    remaining: int
    needed: int
    fits: bool
    resets_at: str | None


class Checked(Part):
    """`limits` are all that the call would be counted in, those that shadow too."""

    allowed: bool
    decision_id: str
    error: Refusal | None
    model: str | None
    backends: list[CheckedBackend]
    tokens: CheckedTokens | None
    cost_nano: Cost | None
    limits: list[CheckedLimit]


async def check(desk: Desk, ask: Ask) -> Checked:
    question: Question = ask.body
    attributes = dict.fromkeys(desk.snapshot().settings.attributes, "") | question.attributes
    _refuse([*_mistakes(question), *_unknown(attributes, desk)])
    reading = imagined(
        question.api, question.model, question.input_tokens, question.output_tokens, tuple(question.tools)
    )
    told = await desk.driver.ask(reading, await _principal(desk, question), attributes)
    return Checked.model_validate(told)


def _mistakes(question: Question) -> list[Wrong]:
    found = []
    if question.api not in IMAGINABLE:
        found.append(Wrong(at="/api", problem=f"unknown; allowed: {', '.join(IMAGINABLE)}"))
    if question.key is not None and any(getattr(question, name) for name in _WHO):
        found.append(Wrong(at="/key", problem=f"it says who calls; leave out {', '.join(_WHO)}"))
    return found


def _unknown(attributes: dict[str, str], desk: Desk) -> list[Wrong]:
    known = desk.snapshot().settings.attributes
    allowed = ", ".join(known) or "none"
    return [
        Wrong(at="/attributes", problem=f"{name[:64]!r} is none of the settings; allowed: {allowed}")
        for name in attributes
        if name not in known
    ]


def _refuse(wrong: list[Wrong]) -> None:
    if wrong:
        raise Problem("invalid", "The question does not hold.", errors=wrong)


async def _principal(desk: Desk, question: Question) -> Principal:
    if question.key is None:
        told: dict[str, Any] = {name: getattr(question, name) for name in _WHO}
        return Principal(**told)
    key = next((key for key in await desk.store.list_keys() if key.id == question.key), None)
    if key is None:
        raise Problem("not-found", "There is no key of this id.", "GET /admin/v1/keys lists all.")
    return key.principal
