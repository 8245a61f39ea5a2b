"""The steps of the demo, in order. Each makes real calls, shows what happened, and says so only when it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from openai.types.chat import ChatCompletion

from ext_proc.demo import refusals, sums
from ext_proc.demo.stage import Stage, expect


@dataclass(frozen=True, slots=True)
class Step:
    """`run` returns what was shown, in a few words, or raises NotShown."""

    title: str
    run: Callable[[Stage], str]


def openai_to_anthropic(stage: Stage) -> str:
    stage.show.line("sent", "OpenAI SDK, POST /v1/chat/completions, claude-haiku-4-5, stream")
    with stage.openai(stage.keys["demo"]) as client:
        raw = client.chat.completions.with_raw_response.create(
            model="claude-haiku-4-5",
            messages=[{"role": "user", "content": "What is the capital of France?"}],
            max_tokens=100,
            stream=True,
        )
        chunks = (chunk.choices[0].delta.content or "" for chunk in raw.parse() if chunk.choices)
        text = stage.show.stream("answer", chunks)
    stage.saw(raw.headers, text)
    stage.decided("anthropic", "as Messages")
    stage.charged(stage.entry(raw.headers))
    expect("Paris" in text, f"the answer was {text!r}")
    expect(b'"max_tokens"' in stage.providers["anthropic"].last.body, "the provider got no Messages request")
    return "each event was translated as it passed"


def anthropic_to_openai(stage: Stage) -> str:
    stage.show.line("sent", "Anthropic SDK, POST /v1/messages, model gpt-4o-mini")
    with stage.anthropic(stage.keys["demo"]) as client:
        raw = client.messages.with_raw_response.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "A haiku about the toll, please."}],
            max_tokens=100,
        )
        message = raw.parse()
    text = "".join(block.text for block in message.content if block.type == "text")
    stage.saw(raw.headers, text)
    stage.show.line("answer", text, "green")
    stage.decided("openai", "as Chat Completions")
    stage.charged(stage.entry(raw.headers))
    expect(message.type == "message" and message.stop_reason == "end_turn", f"the answer was {message!r}")
    return "all that the client had to change is its base URL and key"


def untouched_bytes(stage: Stage) -> str:
    provider = stage.providers["openai"]
    stage.show.line("sent", "OpenAI SDK, POST /v1/chat/completions, model gpt-4o-mini")
    with stage.openai(stage.keys["demo"]) as client:
        raw = client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "Who stands at the toll?"}],
            max_tokens=100,
        )
        answer: ChatCompletion = raw.parse()
    sent, got = raw.http_request.content, raw.content
    stage.saw(raw.headers, raw.text)
    stage.show.line("answer", answer.choices[0].message.content or "", "green")
    stage.decided("openai", "as it is")
    stage.show.line("bytes", f"{len(sent)} sent and {len(got)} received, the same at both ends")
    entry = stage.entry(raw.headers)
    stage.charged(entry)
    expect(provider.last.body == sent, "the provider got other bytes than were sent")
    expect(provider.last.answered == got, "the client got other bytes than the provider sent")
    expect(entry["metering"] == "native", f"the answer was metered {entry['metering']}, not by Envoy")
    return "no byte of the answer passed through Python"


STEPS = (
    Step("An OpenAI client streams from an Anthropic provider", openai_to_anthropic),
    Step("An Anthropic client gets its answer from an OpenAI provider", anthropic_to_openai),
    Step("Same API on both sides: bytes pass untouched, and Envoy counts", untouched_bytes),
    Step("A hard limit is hard: what is in flight counts, too", refusals.over_the_limit),
    Step("Errors that each SDK knows by name", refusals.named_errors),
    Step("Keys stay apart", sums.keys_apart),
    Step("Every call is charged exactly", sums.exact_cost),
)
