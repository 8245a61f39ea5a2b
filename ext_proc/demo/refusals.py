"""The steps that are refused: over a limit, an unknown model, a wrong key."""

from __future__ import annotations

import re
from collections.abc import Callable

import anthropic
import openai

from ext_proc.demo.files import TRIAL_TOKENS
from ext_proc.demo.stage import NotShown, Stage, expect

WRONG_KEY = "tk-this-key-was-never-made"


def over_the_limit(stage: Stage) -> str:
    with stage.openai(stage.keys["trial"]) as client:
        stage.show.line("sent", f"OpenAI SDK, stream, max_tokens 600; its key has {TRIAL_TOKENS:,} tokens a day")
        stream = client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "A story about a toll keeper."}],
            max_tokens=600,
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = (chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        first = next(chunks) + next(chunks)
        stage.show.line("meanwhile", "a second call with the same key, max_tokens 600")
        refusal = _refusal(lambda: _ask(client, "gpt-4o-mini", 600), openai.RateLimitError)
        _show_limit(stage, refusal)
        text = stage.show.stream("the first", (first, *chunks))
    expect(text.endswith("."), f"the stream that was let in ended with {text[-20:]!r}")
    in_flight = re.search(rf"and ([\d,]+) tokens in flight of {TRIAL_TOKENS:,} tokens", refusal.message)
    expect(in_flight and in_flight[1] != "0", f"the refusal says {refusal.message!r}")
    return "refused before it could spend; the stream that was let in went on"


def named_errors(stage: Stage) -> str:
    with stage.openai(stage.keys["demo"]) as client:
        unknown = _refusal(lambda: _ask(client, "gpt-4o-mni", 20), openai.NotFoundError)
    _show_error(stage, "unknown", unknown, openai.NotFoundError)
    with stage.openai(WRONG_KEY) as client:
        wrong = _refusal(lambda: _ask(client, "gpt-4o-mini", 20), openai.AuthenticationError)
    _show_error(stage, "wrong key", wrong, openai.AuthenticationError)
    with stage.anthropic(WRONG_KEY) as other:
        also = _refusal(lambda: _ask_messages(other), anthropic.AuthenticationError)
    _show_error(stage, "wrong key", also, anthropic.AuthenticationError)
    expect("gpt-4o-mini" in unknown.message, f"the near name is missing: {unknown.message!r}")
    return "nothing was sent to a provider"


def _ask(client: openai.OpenAI, model: str, most: int) -> object:
    return client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "A story, please."}], max_tokens=most
    )


def _ask_messages(client: anthropic.Anthropic) -> object:
    return client.messages.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "A story, please."}], max_tokens=20
    )


def _refusal(call: Callable[[], object], expected: type) -> openai.APIStatusError | anthropic.APIStatusError:
    """The error that the call must end with."""
    try:
        call()
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        if isinstance(error, expected):
            return error
        raise NotShown(f"{type(error).__name__} in place of {expected.__name__}: {error.message}") from None
    raise NotShown(f"the call was let in; {expected.__name__} was expected")


def _show_limit(stage: Stage, refusal: openai.APIStatusError | anthropic.APIStatusError) -> None:
    stage.saw(refusal.response.headers, refusal.response.text)
    stage.show.line("refused", f"{refusal.status_code}  {_said(refusal)}", "yellow")
    after = expect(refusal.response.headers.get("retry-after"), "the refusal has no retry-after header")
    stage.show.line("resets", f"in {int(after):,} s, says its retry-after header")


def _show_error(
    stage: Stage, label: str, error: openai.APIStatusError | anthropic.APIStatusError, expected: type
) -> None:
    stage.saw(error.response.headers, error.response.text)
    stage.show.line(
        label, f"{expected.__module__.partition('.')[0]}.{expected.__name__}, {error.status_code}", "yellow"
    )
    stage.show.line("", _said(error))


def _said(error: openai.APIStatusError | anthropic.APIStatusError) -> str:
    body = error.response.json()
    return str(body["error"]["message"])
