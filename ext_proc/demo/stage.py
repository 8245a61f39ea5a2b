"""What a step of the demo works with: clients of the gateway, the providers behind it, and the ledger."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, TypeVar

from anthropic import Anthropic, AnthropicError
from openai import OpenAI, OpenAIError

from ext_proc.cli.app import main
from ext_proc.cli.tables import usd
from ext_proc.demo.gateway import Gateway
from ext_proc.demo.interrupts import Interrupts
from ext_proc.demo.providers import FakeProvider
from ext_proc.demo.show import Show

T = TypeVar("T")
DECISION = "x-tollkeeper-decision"
SETTLED_WITHIN = 15.0


class NotShown(Exception):
    """A step did not show what it promised. Its text is the reason."""


FAULTS = (NotShown, AnthropicError, OpenAIError, KeyError, ValueError)
"""How a step can fail: an answer that is not what it should be, or none."""


@dataclass(slots=True)
class Stage:
    """`keys` are the virtual keys that the demo made, by name; `seen` is all that a client got to see."""

    show: Show
    gateway: Gateway
    providers: Mapping[str, FakeProvider]
    interrupts: Interrupts
    keys: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def openai(self, key: str) -> OpenAI:
        return OpenAI(base_url=f"{self.gateway.url}/v1", api_key=key, max_retries=0, timeout=20)

    def anthropic(self, key: str) -> Anthropic:
        return Anthropic(base_url=self.gateway.url, api_key=key, max_retries=0, timeout=20)

    def command(self, *words: str) -> str:
        """Runs a command of the command line, in this process, and returns what it printed."""
        printed = StringIO()
        try:
            with self.interrupts.hold(), redirect_stdout(printed):
                main([*words, "-c", str(self.gateway.files.settings)])
        except SystemExit as end:
            if end.code:
                raise NotShown(f"tollkeeper {words[0]} ended with status {end.code}") from None
        return printed.getvalue()

    def entry(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """The usage entry of the call that was answered with these headers."""
        decision = headers.get(DECISION)
        expect(decision, f"the answer has no {DECISION} header")
        found = self.eventually(lambda: next((e for e in self._entries() if e["decision_id"] == decision), None))
        return expect(found, f"no usage entry for the decision {decision} within {SETTLED_WITHIN:.0f} s")

    def eventually(self, look: Callable[[], T | None]) -> T | None:
        """The first true value of `look`, or None when it takes too long."""
        deadline = time.monotonic() + SETTLED_WITHIN
        while time.monotonic() < deadline:
            if found := look():
                return found
            self.interrupts.check()
            time.sleep(0.05)
        return None

    def saw(self, headers: Mapping[str, str], text: str) -> None:
        self.seen += [f"{name}: {value}" for name, value in headers.items()] + [text]

    def decided(self, provider: str, api: str) -> None:
        """The line about the decision, and the one about what the provider was sent."""
        one = self.providers[provider]
        self.show.line("decided", f"the service, at the edge: to {provider}, {api}")
        self.show.line("arrived", f"POST {one.last.path}, provider's key {masked(one.key)}")

    def charged(self, entry: dict[str, Any]) -> None:
        """The line about what a call cost, and who counted it."""
        by = {"native": "Envoy", "inline": "the service"}.get(entry["metering"], "nobody")
        counted = f"{entry['input_tokens']} tokens in, {entry['output_tokens']} out"
        self.show.line("charged", f"{counted}: ${usd(entry['cost_nano'])} to team {entry['team']}, counted by {by}")

    def _entries(self) -> list[dict[str, Any]]:
        path = self.gateway.files.usage
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines]


def expect(found: T | None, reason: str) -> T:
    """What was found. Raises NotShown with the reason when that is nothing or False."""
    if not found:
        raise NotShown(reason)
    return found


def masked(secret: str) -> str:
    """Enough to tell two apart, too little to use."""
    return f"{secret[:10]}…{secret[-3:]}" if len(secret) > 16 else "…"
