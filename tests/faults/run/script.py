"""What each call asks for, and how each try of it at a provider goes: drawn from the seed, whatever the time is.

The part that concerns the provider travels in the prompt, so that the provider needs no other word of the run.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass

MODELS = {
    "chat": ("gpt-native", "gpt-watched", "claude-chat", "either", "either-way"),
    "messages": ("claude-native", "claude-watched", "gpt-messages", "either", "either-way"),
}
"""By the client's API: metered by Envoy, watched by the service, translated, and two with a fallback."""

TRIES = {"ok": 60, "mute": 8, "429": 7, "500": 7, "reset": 5, "break": 6, "hang": 1, "long": 1, "half": 3, "garbled": 2}
"""How one try goes, with weights. `mute` tells no usage, `reset` drops the connection before a byte, `break` in the
middle of a stream, `half` in the middle of a whole answer, `hang` is silent, `long` streams for longer than a call may
take, and `garbled` is a 200 that nobody can read."""

MOST_TRIES = 3
LONG = 400
"""Events of a stream that no call has the time for."""


@dataclass(frozen=True, slots=True)
class Part:
    """The provider's part. Of `events` each is one token; `first` and `pace` are seconds."""

    tag: str
    tries: tuple[str, ...]
    events: int
    first: float
    pace: float

    def at(self, number: int) -> str:
        """How try `number` goes, from 1."""
        return self.tries[number - 1] if number <= len(self.tries) else "ok"


@dataclass(frozen=True, slots=True)
class Script:
    """One call. `leaves` is after how many pieces the client hangs up, None for a patient one."""

    part: Part
    api: str
    model: str
    stream: bool
    cap: int | None
    leaves: int | None
    rest: float
    """Seconds until the caller's next call."""

    def body(self) -> dict[str, object]:
        prompt = "Tell me of tolls and bridges. " + json.dumps(asdict(self.part))
        body: dict[str, object] = {"model": self.model, "messages": [{"role": "user", "content": prompt}]}
        if self.cap is not None:
            body["max_tokens" if self.api == "messages" else "max_completion_tokens"] = self.cap
        return body | ({"stream": True} if self.stream else {})


def draw(seed: int, caller: int, number: int, without: frozenset[str] = frozenset()) -> Script:
    """The same for the same arguments, in whatever order calls are made. Tries of the kinds `without` are "ok"."""
    dice = random.Random(f"{seed}/{caller}/{number}")
    api = dice.choice(("chat", "messages"))
    stream = dice.random() < 0.55
    drawn = dice.choices(list(TRIES), list(TRIES.values()), k=MOST_TRIES)
    tries = tuple("ok" if goes in without else goes for goes in drawn)
    leaves = dice.random() < 0.12
    events = dice.randint(3, 14)
    # A whole answer that its client does not wait for comes long after it has left, so that nothing is under way then
    first = 0.9 if leaves and not stream else dice.uniform(0.01, 0.15)
    part = Part(f"{caller}-{number}", tries, events, first, dice.uniform(0.01, 0.04))
    capped = api == "messages" or dice.random() < 0.7
    return Script(
        part=part,
        api=api,
        model=dice.choice(MODELS[api]),
        stream=stream,
        cap=dice.randint(8, 40) if capped else None,
        leaves=dice.randint(1, events - 1) if leaves else None,
        rest=dice.uniform(0.02, 0.2),
    )


def part_of(prompt: str) -> Part:
    members = json.loads(prompt[prompt.index("{") :])
    return Part(**members | {"tries": tuple(members["tries"])})
