"""The one vocabulary that every chat API is read into and written from.

A request is a `Request`; an answer is a sequence of parts. What a format says that the vocabulary cannot hold is kept
by name in `Request.unread`, so that nothing is dropped silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ext_proc.parts import Citation, TokenLogprob

Role = Literal["user", "assistant"]
Effort = Literal["minimal", "low", "medium", "high", "xhigh", "max"]
ServiceTier = Literal["auto", "default", "flex", "priority"]
"""OpenAI's words: `default` is the standard tier, whatever the account has; `auto` takes a better one where it can."""

Cache = bool | Literal["1h"]
"""Whether a cache point follows a block; "1h" asks to keep it for an hour, not just for some minutes."""


# --- content blocks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text. `cache` asks for a cache point after this block (Messages: `cache_control`).

    In an answer, `citations` say where it comes from and `logprobs` how likely its tokens were.
    """

    text: str
    cache: Cache = False
    citations: tuple[Citation, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """An image by `url`, or as base64 `data` with its `media_type`. `detail` is OpenAI's hint."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    cache: Cache = False


@dataclass(frozen=True, slots=True)
class Document:
    """A document: base64 `data` with its `media_type`, plain `text`, or a `url`; exactly one of the three.

    `name` is its file name or title, `context` what is said about it; `citations` asks the model to cite it.
    """

    data: str | None = None
    media_type: str | None = None
    text: str | None = None
    url: str | None = None
    name: str | None = None
    context: str | None = None
    citations: bool = False
    cache: Cache = False


@dataclass(frozen=True, slots=True)
class Audio:
    """Recorded sound for the model to hear, as base64 `data`; `media_type` as in audio/wav."""

    data: str
    media_type: str


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call of a tool by the assistant; `arguments` is JSON text, kept as the model wrote it."""

    id: str
    name: str
    arguments: str
    cache: Cache = False


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered, in a user message; `tool_use_id` names the call."""

    tool_use_id: str
    content: tuple[Text | Image | Document, ...]
    is_error: bool = False
    cache: Cache = False


@dataclass(frozen=True, slots=True)
class Thinking:
    """Reasoning that the model showed; `signature` proves it on a later turn, `redacted` is the sealed form."""

    text: str = ""
    signature: str | None = None
    redacted: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that the model put in place of content (Chat Completions: `refusal`)."""

    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


Block = Text | Image | Document | Audio | ToolUse | ToolResult | Thinking | Refusal


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. Tool results stand in user messages, system prompts in `Request.system`."""

    role: Role
    content: tuple[Block, ...]


# --- request --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call; `parameters` is its JSON schema."""

    name: str
    description: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    strict: bool | None = None
    cache: Cache = False


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether a tool must be called: `name` goes with mode `tool`; `parallel` None leaves the provider's default."""

    mode: Literal["auto", "none", "required", "tool"] = "auto"
    name: str | None = None
    parallel: bool | None = None


@dataclass(frozen=True, slots=True)
class ThinkingConfig:
    """How much to think: a budget in tokens, an effort, or `enabled=False` to turn it off."""

    enabled: bool = True
    budget_tokens: int | None = None
    effort: Effort | None = None


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """Structured output: any JSON object when `schema` is None, else an instance of that JSON schema."""

    schema: Mapping[str, Any] | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One call for a chat answer. `None` means that the client did not say."""

    model: str
    messages: tuple[Message, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    output_format: OutputFormat | None = None
    thinking: ThinkingConfig | None = None
    max_output_tokens: int | None = None
    stop: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logprobs: bool = False
    """Log probabilities of the tokens of the answer are asked for, with `top_logprobs` alternatives each."""
    top_logprobs: int | None = None
    service_tier: ServiceTier | None = None
    n: int = 1
    stream: bool = False
    include_usage: bool = False
    user: str | None = None
    unread: Mapping[str, Any] = field(default_factory=dict)

    def for_step(self, model: str, cap: int | None, *, usage: bool) -> Request:
        """The same request of another model, its output capped; `usage` asks a stream to tell it."""
        most = self.max_output_tokens if cap is None else cap
        return replace(self, model=model, max_output_tokens=most, include_usage=self.include_usage or usage)
