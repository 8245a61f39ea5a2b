"""What the fake models say: a line for a word of the prompt. A token is a word with the space before it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STORY = """\
Once there was a bridge that everybody used and nobody counted. Its keeper wrote each crossing into a book, and in the \
evening the sums never matched. So he built a gate that took the coin before the cart rolled on, and gave back what \
was too much. Since then the sums are right, and the carts go as fast as ever. Some say that he still sits there, and \
that he knows every wheel by its sound."""
_LINES = {
    "france": "Paris is the capital of France, and has been for most of a thousand years.",
    "haiku": "Coins fall in the dark. / The gate counts what it lets through. / Morning comes, all paid.",
    "story": _STORY,
    "toll": "A toll keeper stands at the gate, asks who you are, counts what passes, and opens for those who may.",
}
"""The first word that the prompt has decides."""
_OTHERWISE = "This is a fake model. You wrote {words} words, of which {longest!r} was the longest."


@dataclass(frozen=True, slots=True)
class Speech:
    """An answer in tokens, and what was counted. `cut` says that the output cap came first."""

    tokens: tuple[str, ...]
    cut: bool
    input_tokens: int

    @property
    def text(self) -> str:
        return "".join(self.tokens)


def speak(prompt: str, cap: int | None) -> Speech:
    tokens = tokens_of(_line(prompt))
    said = tokens if cap is None else tokens[:cap]
    return Speech(said, len(said) < len(tokens), max(1, len(tokens_of(prompt))))


def tokens_of(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\s*\S+", text))


def prompt_of(messages: list[dict[str, object]]) -> str:
    """The text of the last message, whose content is a string or a list of blocks in either API."""
    content = messages[-1].get("content") if messages else ""
    if isinstance(content, list):
        return " ".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
    return str(content or "")


def _line(prompt: str) -> str:
    found = next((line for word, line in _LINES.items() if word in prompt.lower()), None)
    words = re.findall(r"\w+", prompt)
    return found or _OTHERWISE.format(words=len(words), longest=max(words, key=len, default=""))
