"""Our code alone, for each event of a streamed answer: as it is observed in an API, or translated to another one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ext_proc.apis import APIS
from ext_proc.apis.api import Api
from ext_proc.chat import Request
from ext_proc.parts import Part, Start, TextDelta
from ext_proc.stages.relay import ObservedStream, Pair, Relay, Seen, TranslatedStream

EVENTS = 500
TRIES = 15
OBSERVED_TARGET, TRANSLATED_TARGET = 10.0, 40.0
ASKED = Request("m", (), stream=True)
START = Start("call-1", "model-1", 1_760_000_000)
BETWEEN = "chat_completions"
"""Translated are all streams to this API, and from it to all."""


@dataclass(frozen=True, slots=True)
class PerEvent:
    """Microseconds of CPU, the least of several tries. `provider` and `client` are one where it is observed."""

    provider: str
    client: str
    micros: float

    @property
    def title(self) -> str:
        return self.client if self.observed else f"{self.provider} → {self.client}"

    @property
    def observed(self) -> bool:
        return self.provider == self.client


def per_event() -> list[PerEvent]:
    """Text by the word, each event by itself, as a proxy hands them on."""
    streamed = {name: _stream(api) for name, api in APIS.items() if api.family == "chat"}
    others = [name for name in streamed if name != BETWEEN]
    observed = [(name, name) for name in streamed]
    translated = [(name, BETWEEN) for name in others] + [(BETWEEN, name) for name in others]
    return [PerEvent(*pair, _least(_relay(*pair), streamed[pair[0]])) for pair in observed + translated]


def _stream(api: Api) -> list[bytes]:
    writer = api.stream_writer(ASKED)
    parts: list[list[Part]] = [[START, TextDelta(" a")], *([TextDelta(f" word{n}")] for n in range(EVENTS))]
    return [writer.write(some) for some in parts]


def _relay(provider: str, client: str) -> Callable[[], Relay]:
    source, target = APIS[provider], APIS[client]
    if source is target:
        return lambda: ObservedStream(target.stream_observer(False), Seen())  # noqa: FBT003  as the protocol has it
    return lambda: TranslatedStream(Pair(source, target, ASKED, START), Seen())


def _least(begin: Callable[[], Relay], stream: Sequence[bytes]) -> float:
    return min(_once(begin(), stream) for _ in range(TRIES))


def _once(relay: Relay, stream: Sequence[bytes]) -> float:
    relay.feed(stream[0])
    began = time.process_time()
    for event in stream[1:]:
        relay.feed(event)
    return (time.process_time() - began) * 1e6 / (len(stream) - 1)
