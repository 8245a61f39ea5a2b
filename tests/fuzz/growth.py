"""Bodies that grow: a seed in which a list has its items, an object more members, or a stream its events many times."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ext_proc.apis import eventstream
from tests.apis.test_any_json import places, replaced
from tests.fuzz.seeds import dumped, seeds

MOST = 4
"""Places of one body that are made to grow, the first that are found."""


def grown(name: str, times: int) -> Mapping[str, bytes]:
    """For the target of this name, larger bodies by what of them is `times` as long."""
    seed = max(seeds(name), key=len)
    if name.endswith(".stream"):
        return dict(_streams(seed, times))
    try:
        value = json.loads(seed)
    except ValueError:
        return {"text": seed.replace(b"\r\n\r\n", b"\r\n\r\n" + b"x" * times, 1)}
    return {place: dumped(one) for place, one in _bodies(value, times)}


def _bodies(value: Any, times: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield "members", value | {f"x{n}": n for n in range(times)}
    lists = [place for place in places(value) if isinstance(_child(value, place), list) and _child(value, place)]
    for place in sorted(lists, key=len)[:MOST]:
        yield ".".join(map(str, place)) or "list", replaced(value, place, _child(value, place) * times)
    strings = [place for place in places(value) if isinstance(_child(value, place), str)]
    if strings:
        longest = max(strings, key=len)
        yield ".".join(map(str, longest)), replaced(value, longest, "x" * times)


def _streams(stream: bytes, times: int) -> Iterator[tuple[str, bytes]]:
    """All events again and again, and each event of the first ones alone; half as often, as they are many."""
    times = times // 2
    decoder = eventstream.Decoder()
    messages = decoder.feed(stream)
    is_binary = bool(messages) and not decoder.broken
    events = (
        [eventstream.encode(message.headers, message.payload) for message in messages]
        if is_binary
        else [event + b"\n\n" for event in stream.split(b"\n\n")[:-1]]
    )
    yield "the stream", stream * times
    for at in range(min(len(events), MOST)):
        yield f"event {at}", b"".join([*events[:at], *events[at : at + 1] * times, *events[at + 1 :]])


def _child(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value
