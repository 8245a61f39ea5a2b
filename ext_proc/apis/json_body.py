"""JSON request bodies: read strictly, and edited without touching a byte that did not change.

Python's `json` is used to read because it alone lets us see duplicate keys; `orjson` accepts them, last one wins.
Spec: RFC 8259.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from typing import Any

import orjson

from ext_proc.edit import GONE, Edit
from ext_proc.errors import Malformed


def read_object(body: bytes) -> dict[str, Any]:
    """The top-level object of a request body. Raises `Malformed` for anything that two parsers could read apart."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not valid UTF-8 (byte {error.start}).", code="invalid_encoding") from None
    try:
        members = _DECODER.decode(text)
        if "\\u" in text:
            orjson.loads(body)  # refuses lone surrogates, which `json` lets through
    except RecursionError:
        raise Malformed("The body is nested too deeply.", code="too_deep") from None
    except ValueError as error:
        raise Malformed(f"The body is not valid JSON: {_reason(error)}.", code="invalid_json") from None
    if not isinstance(members, dict):
        raise Malformed("The body must be a JSON object.", code="invalid_json")
    return members


def edits(body: bytes, changes: Mapping[str, Any], members: Mapping[str, Any]) -> tuple[Edit, ...]:
    """What sets these top-level members, the last edit first, and takes out those that are to be `GONE`.

    `members` are what `body` was read as.
    """
    text = body.decode("utf-8")
    spans = _spans(text) if changes.keys() & members.keys() else {}
    gone = {key for key, value in changes.items() if value is GONE}
    put = {key: value for key, value in changes.items() if key not in gone}
    made = [Edit(*spans[key][1:], _dump(value)) for key, value in put.items() if key in members]
    made += _removals(spans, gone)
    added = [f"{_dump(key)}:{_dump(value)}" for key, value in put.items() if key not in members]
    if added:
        end = text.rindex("}")
        made.append(Edit(end, end, ("," if members.keys() - gone else "") + ",".join(added)))
    return tuple(_in_bytes(edit, text) for edit in sorted(made, reverse=True))


def edited(body: bytes, made: Iterable[Edit]) -> bytes:
    for start, end, new in made:
        body = body[:start] + new.encode("utf-8") + body[end:]
    return body


def without(body: bytes, names: Collection[str]) -> bytes:
    """The same object without these members; each other one keeps its bytes."""
    text = body.decode("utf-8")
    kept = [text[key:end] for name, (key, _, end) in _spans(text).items() if name not in names]
    return ("{" + ",".join(kept) + "}").encode("utf-8")


def _removals(spans: Mapping[str, tuple[int, int, int]], gone: Collection[str]) -> list[Edit]:
    """Each run of members that go, with one of the commas beside it."""
    made: list[Edit] = []
    runs = [(going, [spans[name] for name in run]) for going, run in groupby(spans, lambda name: name in gone)]
    for at, (going, run) in enumerate(runs):
        if going and at > 0:
            made.append(Edit(runs[at - 1][1][-1][2], run[-1][2], ""))
        elif going:
            made.append(Edit(run[0][0], runs[1][1][0][0] if len(runs) > 1 else run[-1][2], ""))
    return made


def _in_bytes(edit: Edit, text: str) -> Edit:
    """The same edit, whose places were those of characters."""
    if text.isascii():
        return edit
    start = len(text[: edit.start].encode("utf-8"))
    return Edit(start, start + len(text[edit.start : edit.end].encode("utf-8")), edit.new)


def _spans(text: str) -> dict[str, tuple[int, int, int]]:
    """Where each top-level member begins, and where its value begins and ends."""
    spans: dict[str, tuple[int, int, int]] = {}
    at = _skip(text, text.index("{") + 1)
    while text[at] != "}":
        begin = at
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, at = _DECODER.raw_decode(text, start)
        spans[key] = (begin, start, at)
        at = _skip(text, at)
        at = _skip(text, at + 1) if text[at] == "," else at
    return spans


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _dump(value: Any) -> str:
    """By the reader's own library, since a client's integer may be longer than orjson's."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _DuplicateKeyError(f"the key {json.dumps(twice[:64])} stands twice in one object")
    return members


def _constant(word: str) -> Any:
    raise ValueError(f"{word} is not a JSON number")


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno}, column {error.colno}"
    return str(error)[:200]


class _DuplicateKeyError(ValueError):
    """Two members of one object with the same name."""


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
