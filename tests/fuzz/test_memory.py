"""A stream of 10 MB, be it of many events or of a few large ones, takes no more memory than its largest events.

Where an API's last events repeat what was said, or hold it whole, they are the largest.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.api import Api
from ext_proc.parts import Finish, Part, Start, TextDelta, ThinkingDelta, ThinkingSignature, ToolUseDelta, ToolUseStart
from ext_proc.stages.relay import Pair, Seen, TranslatedStream
from fuzz.targets import START, TARGETS, asked

STREAMED = [APIS[name.removesuffix(".stream")] for name in TARGETS if name.endswith(".stream")]
CHATS = [api for api in STREAMED if api.family == "chat"]
LENGTH = 10_000_000
CONSTANT = 300_000
"""Bytes that the machines take in any case."""
COPIES = 32
"""How often the largest event may stand in memory: as bytes, as base64, decoded, written, and twelvefold in orjson."""

BEGIN = Start("i", "m", 7)
SAID: dict[str, tuple[list[Part], Callable[[str], Part], list[Part]]] = {
    "text": ([BEGIN], TextDelta, []),
    "thinking": ([BEGIN], ThinkingDelta, [ThinkingSignature("c2Vh")]),
    "arguments": (
        [BEGIN, ToolUseStart(0, "t", "f"), ToolUseDelta(0, '{"a":"')],
        lambda text: ToolUseDelta(0, text),
        [ToolUseDelta(0, '"}')],
    ),
}
"""How each kind of content begins, goes on and ends."""
HELD = {("chat_completions", "thinking")}
"""Held whole, as only the end of thinking tells whether it is signed, and so said again in one piece."""
SIZES = {"many events": 4_000, "few large events": 200_000}


def stream(api: Api, said: str, size: int) -> Iterator[bytes]:
    """Made as it is asked for, so that it is not in memory itself."""
    begin, delta, end = SAID[said]
    writer = api.stream_writer(asked(api)[0])
    yield writer.write([*begin, delta("a")])
    event = writer.write([delta("x" * size)])
    yield from (event for _ in range(LENGTH // size))
    yield writer.write([*end, Finish("stop")])


def peak_beyond(machine: Any, pieces: Iterable[bytes]) -> tuple[int, int]:
    """The bytes of the largest piece, in or out, and the most that were allocated at once."""
    largest = 0
    tracemalloc.start()
    try:
        for piece in pieces:
            largest = max(largest, len(piece), len(shown(machine.feed(piece))))
        largest = max(largest, len(shown(machine.finish())))
        return largest, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def shown(given: bytes | tuple[bytes, list[Part]]) -> bytes:
    return given if isinstance(given, bytes) else given[0]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("reader", CHATS, ids=lambda api: api.name)
def test_a_translated_stream_takes_constant_memory(reader, said, size):
    """Each reader with a writer that is another one for each kind of content."""
    away = 1 + list(SAID).index(said) + len(SAID) * list(SIZES).index(size)
    writer = CHATS[(CHATS.index(reader) + away) % len(CHATS)]
    if said != "text" and "completions" in (reader.name, writer.name):
        writer = reader = APIS["messages"]  # a text completion has text alone
    relay = TranslatedStream(Pair(reader, writer, asked(writer)[0], START), Seen())
    largest, peak = peak_beyond(relay, stream(reader, said, SIZES[size]))
    held = 2 * LENGTH if (writer.name, said) in HELD else 0
    assert peak <= CONSTANT + COPIES * largest + held, f"to {writer.name}"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("api", STREAMED, ids=lambda api: api.name)
def test_an_observed_stream_takes_constant_memory(api, size):
    observer = api.stream_observer(False)
    source = api if api in CHATS else APIS["chat_completions"]
    largest, peak = peak_beyond(observer, stream(source, "text", SIZES[size]))
    assert peak <= CONSTANT + COPIES * largest
