"""Bodies made of others: JSON with places spoilt, streams with events spoilt, and bytes spoilt anywhere."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from ext_proc.apis import eventstream
from tests.apis.test_any_json import places, replaced, values
from tests.fuzz.seeds import dumped

DEEP = 300
"""Levels that Python's JSON reads and orjson does not write."""

ATOMS = (
    *(None, True, False, 0, -1, 1.5, 2**31, 2**63, 2**64, 10**30, -(10**30), 1e308, 1e999),
    *("", "a", "0", "\u2028", "\ud800", "\x00", "é" * 70, "x" * 300, "data:image/png;base64,AAAA", "https://x/", "{}"),
    *([], {}, [[]], [{}], [None], {"": None}, {"type": "text"}, {"type": []}, {"text": "t"}),
)
TOKENS = (
    *(b"\xff", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\\ud800", b"\x00", b"\xef\xbb\xbf", b"\xc3"),
    *(b"\r", b"\n", b"\n\n", b"\r\n\r\n", b"--b", b"--b--\r\n", b"data: ", b"data:[DONE]\n\n", b"event: error\n"),
    *(b"1e999", b"NaN", b"-Infinity", b"9" * 400, b"9" * 5000, b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":"),
    *(b"[" * 3000, b'{"a":' * 300, b"null", b'"model":"m",', b"\x00\x00\x00\x10"),
)
_UNICODE = st.sampled_from(["", "\u2028", "\ud800", "\U0001f600", "\x7f", "a" * 200])


@st.composite
def spoilt_json(draw: st.DrawFn, value: Any) -> Any:
    """One to three places of it deleted, replaced, retyped, doubled, swapped, renamed or buried."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(value)))
        value = _CHANGES[draw(st.sampled_from(sorted(_CHANGES)))](draw, value, place)
    return value


@st.composite
def spoilt_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """Cut, doubled, swapped, or with something in it that few expect."""
    for _ in range(draw(st.integers(1, 3))):
        first, last = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        middle = data[first:last]
        new = draw(st.sampled_from((b"", middle * 2, middle[::-1], *TOKENS)))
        data = draw(
            st.sampled_from((data[:first], data[:first] + new + data[last:], data[:first] + new + data[first:]))
        )
    return data


@st.composite
def spoilt_stream(draw: st.DrawFn, stream: bytes) -> bytes:
    """Its events lost, doubled, swapped or spoilt; the frames stay whole, checksums included."""
    framed = eventstream.Decoder()
    messages = framed.feed(stream)
    is_binary = bool(messages) and not framed.broken
    events = [(m.headers, m.payload) for m in messages] if is_binary else [*enumerate(stream.split(b"\n\n")[:-1])]
    for _ in range(draw(st.integers(1, 3))):
        if not events:
            break
        at, other = (draw(st.integers(0, len(events) - 1)) for _ in range(2))
        match draw(st.sampled_from("dtsjjjj")):
            case "d":
                del events[at]
            case "t":
                events.insert(other, events[at])
            case "s":
                events[at], events[other] = events[other], events[at]
            case _:
                events[at] = (events[at][0], _spoilt_event(draw, events[at][1]))
    if is_binary:
        return b"".join(eventstream.encode(headers, payload) for headers, payload in events)
    return b"".join(event + b"\n\n" for _, event in events)


def bodies(name: str, seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """For the target of this name: noise, any JSON, and most often what is nearly right."""
    seed = st.sampled_from(seeds)
    spoilt = seed.flatmap(spoilt_stream) if name.endswith(".stream") else seed.flatmap(_spoilt_body)
    return st.one_of(
        spoilt, spoilt, spoilt, seed.flatmap(spoilt_bytes), seed, values.map(_dumped), st.binary(max_size=60)
    )


def _spoilt_body(body: bytes) -> st.SearchStrategy[bytes]:
    try:
        value = json.loads(body)
    except ValueError:
        return spoilt_bytes(body)
    return spoilt_json(value).map(_dumped)


def _spoilt_event(draw: st.DrawFn, event: bytes) -> bytes:
    head, brace, rest = event.partition(b"{")
    try:
        value = json.loads(brace + rest)
    except ValueError:
        return draw(spoilt_bytes(event))
    return head + _dumped(draw(spoilt_json(value))).replace(b"\n", b" ")


def _dumped(value: Any) -> bytes:
    """With lone surrogates escaped, as no UTF-8 could say them."""
    try:
        return dumped(value)
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def _child(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def _without(_draw: st.DrawFn, value: Any, place: tuple[Any, ...]) -> Any:
    if not place:
        return value
    holder = _child(value, place[:-1])
    if isinstance(holder, dict):
        return replaced(value, place[:-1], {key: one for key, one in holder.items() if key != place[-1]})
    return replaced(value, place[:-1], [*holder[: place[-1]], *holder[place[-1] + 1 :]])


def _other(draw: st.DrawFn, value: Any, place: tuple[Any, ...]) -> Any:
    return replaced(value, place, draw(st.sampled_from(ATOMS)))


def _anything(draw: st.DrawFn, value: Any, place: tuple[Any, ...]) -> Any:
    return replaced(value, place, draw(values))


def _elsewhere(draw: st.DrawFn, value: Any, place: tuple[Any, ...]) -> Any:
    """What stands in another place of the same body."""
    return replaced(value, place, _child(value, draw(st.sampled_from(places(value)))))


def _retyped(_draw: st.DrawFn, value: Any, place: tuple[Any, ...]) -> Any:
    child = _child(value, place)
    match child:
        case dict():
            return replaced(value, place, list(child.values()))
        case list():
            return replaced(value, place, child[0] if child else {})
        case str():
            return replaced(value, place, [child])
    return replaced(value, place, str(child))


def _doubled(_draw: st.DrawFn, value: Any, place: tuple[Any, ...]) -> Any:
    child = _child(value, place)
    return replaced(value, place, child * 2 if isinstance(child, str | list) else [child, child])


def _longer(draw: st.DrawFn, value: Any, place: tuple[Any, ...]) -> Any:
    child = _child(value, place)
    return replaced(value, place, f"{child}{draw(_UNICODE)}") if isinstance(child, str) else value


def _buried(draw: st.DrawFn, value: Any, place: tuple[Any, ...]) -> Any:
    child = _child(value, place)
    for _ in range(draw(st.sampled_from([1, 10, DEEP]))):
        child = [child]
    return replaced(value, place, child)


_CHANGES = {
    "anything": _anything,
    "buried": _buried,
    "doubled": _doubled,
    "elsewhere": _elsewhere,
    "longer": _longer,
    "other": _other,
    "retyped": _retyped,
    "without": _without,
}
