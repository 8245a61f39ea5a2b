"""Read: which API the call speaks, and what the edge must know of its body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ext_proc.apis import APIS
from ext_proc.apis.api import Api, Outline
from ext_proc.apis.paths import Found, find, methods
from ext_proc.errors import Malformed, NotFound, WrongMethod
from ext_proc.events import Call
from ext_proc.limits import UNITS, Unit

GOOGLES_PATH = "/v1beta/"
_SUGGESTS = (("anthropic-version", "messages"), ("x-goog-api-key", "generate_content"))
LONGEST_MODEL = 512
"""Characters of a model's name, which travels in the plan, to logs and into the ledger."""
MOST_BETAS = 64
"""Features in beta, which travel in the plan."""
_BETA = re.compile(r"[A-Za-z0-9._-]{1,128}")
UNCOUNTED_PER_IMAGE = 50_000
"""No provider bills more tokens for one image (gpt-4o-mini: 48,169 at most)."""
UNCOUNTED_PER_SOUND = 150_000
"""No provider takes a longer recording in one call (Voxtral: 3 hours, at 12.5 tokens a second), whatever its bytes."""
UNCOUNTED_FOR_TOOLS = 700
"""What a provider adds to the prompt so that the model knows how to call tools (Messages: up to 675)."""
_HOUR = (b'"1h"', b"\\u0031", b"\\u0068")
"""How a body says that a cache is to be kept for an hour: plainly, or with an escaped letter."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What limits count of a call: so many requests, in these units, and what of it has no bound."""

    requests: int = 1
    units: tuple[Unit, ...] = UNITS
    longest: int | None = None
    """In a batch, the input bound of its longest request."""
    uncapped: str | None = None
    """The part of the call whose output nothing bounds, though nobody can change it any more."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One call for a model, read as far as the edge needs. `input_bound` is never below its input tokens.

    `members` are the body's own; `told` are those and what the path says.
    """

    api: Api
    members: Mapping[str, Any]
    told: Mapping[str, Any]
    outline: Outline
    input_bound: int
    counts: Counts = Counts()
    text_bytes: int = 0
    """Bytes of the body that are neither images, documents nor recordings."""
    long_context: bool = False
    """The client asks for more context than the model sees by itself."""
    keeps_an_hour: bool = False
    """The body may ask that a cache be kept for an hour, which costs more."""

    def of_model(self, model: str) -> Reading:
        """The same call for another model."""
        return replace(self, outline=replace(self.outline, model=model))


def read(call: Call, found: Found) -> Reading:
    """Raises `Malformed` for a body that is not a sound request of the API."""
    encoding = call.first("content-encoding")
    if encoding not in {None, "", "identity"}:
        raise Malformed("A compressed request body cannot be read; send it as it is.", code="unsupported_encoding")
    if len(call.values("content-type")) > 1:
        raise Malformed("The header content-type stands more than once; send it once.", code="duplicate_header")
    members = found.api.body.read(call.body, call.first("content-type") or "")
    told = {**members, **found.said} if found.said else members
    outline = found.api.outline(told)
    if len(outline.model) > LONGEST_MODEL:
        raise Malformed(f"`model` must be at most {LONGEST_MODEL} characters long.", param="model")
    bound, hour = input_bound(len(call.body), outline), any(word in call.body for word in _HOUR)
    text = max(0, len(call.body) - outline.image_bytes - outline.attached_bytes)
    reading = Reading(found.api, members, told, outline, bound, text_bytes=text, keeps_an_hour=hour)
    return replace(reading, long_context=True) if _asks_long_context(call, reading) else reading


def _asks_long_context(call: Call, reading: Reading) -> bool:
    return reading.outline.windowed is not None and any(beta.startswith("context-1m") for beta in betas(call, reading))


def betas(call: Call, reading: Reading) -> list[str]:
    """Features in beta that a client of Messages asked for; a list may stand in many headers."""
    dialect = reading.api.dialect
    if dialect is None:
        return []
    listed = ",".join(call.values("anthropic-beta")).split(",")
    inside = reading.members.get(dialect.betas_member or "")
    asked = [*(inside if isinstance(inside, list) else ()), *listed]
    named = dict.fromkeys(beta.strip() for beta in asked if isinstance(beta, str) and _BETA.fullmatch(beta.strip()))
    return list(named)[:MOST_BETAS]


def found_at(call: Call) -> Found:
    """The API at the call's path. Unknown paths are denied: nothing passes that no control has read."""
    path = path_of(call)
    found = find(path, call.method)
    if found is not None:
        return found
    allowed = methods(path)
    if not allowed:
        raise NotFound(f"There is no {path[:128]!r} here.", code="unknown_path")
    raise WrongMethod(f"{path} takes {' or '.join(allowed)}, not {call.method[:16]}.", allowed=allowed)


def path_of(call: Call) -> str:
    return without_query(call.path)


def without_query(path: str) -> str:
    return path.partition("?")[0]


def error_api(call: Call) -> Api:
    """The API in whose shape an error answers: that of the path, else what the client's headers suggest."""
    path = path_of(call)
    found = find(path, call.method) or next((find(path, method) for method in methods(path)), None)
    return found.api if found else APIS[suggested_api(call)]


def suggested_api(call: Call) -> str:
    """Whose client it is, where the path is not that of an API."""
    if path_of(call).startswith(GOOGLES_PATH):
        return "generate_content"
    return next((name for header, name in _SUGGESTS if call.first(header)), "chat_completions")


def input_bound(size: int, outline: Outline) -> int:
    """Tokens are at least one byte each, so the bytes of the text are a bound that no tokenizer exceeds."""
    if outline.free:
        return 0
    text = size - outline.image_bytes + outline.read_again
    media = outline.images * UNCOUNTED_PER_IMAGE + outline.sounds * UNCOUNTED_PER_SOUND
    return text + media + (UNCOUNTED_FOR_TOOLS if outline.tools else 0)
