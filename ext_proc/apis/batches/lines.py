"""The input of a batch: JSON lines, each a whole request, read strictly when the file is uploaded.

Spec: https://platform.openai.com/docs/guides/batch, "Prepare your batch file"
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ext_proc.apis.api import Api, Outline
from ext_proc.apis.json_body import read_object
from ext_proc.apis.json_value import name, object_, one_of
from ext_proc.apis.named_files import may_name_files, named_files
from ext_proc.errors import Malformed, TollkeeperError, TooLarge

MOST_REQUESTS = 50_000
"""What OpenAI takes in one batch."""
LONGEST_ID = 512

Check = Callable[[Api, Outline], None]
"""Raises for a model that may not be asked for so."""
Bound = Callable[[int, Outline], int]
"""The most input tokens of a body with so many bytes."""


@dataclass(frozen=True, slots=True)
class BatchInput:
    """The worst case of a whole batch. Tokens are upper bounds; `outside` and `uncapped` name what has none."""

    endpoint: str
    model: str
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    longest: int = 0
    """Input tokens of the longest request."""
    outside: str | None = None
    uncapped: str | None = None
    files: tuple[str, ...] = ()
    """Stored files that its requests name."""

    def facts(self) -> dict[str, Any]:
        """What is to be known of it later; the files it names are looked at once."""
        return {name: value for name, value in asdict(self).items() if name != "files"}

    def with_request(self, place: str, outline: Outline, input_tokens: int) -> BatchInput:
        cap, unbounded = outline.max_output_tokens, outline.outside or outline.windowed
        return BatchInput(
            self.endpoint,
            self.model,
            self.requests + 1,
            self.input_tokens + input_tokens,
            self.output_tokens + (cap or 0) * outline.n,
            max(self.longest, input_tokens),
            self.outside or (f"{place}, body.{unbounded}" if unbounded else None),
            self.uncapped or (place if outline.writes and cap is None else None),
        )


def read_lines(data: bytes, apis: Mapping[str, Api], check: Check, bound: Bound) -> BatchInput:
    """`apis` are those that a batch may call, by path. Raises what is wrong with a line, which names the line."""
    if data.count(b"\n") > MOST_REQUESTS + 1:
        raise TooLarge(f"A batch may have at most {MOST_REQUESTS:,} requests.", param="file")
    seen: set[str] = set()
    files: set[str] = set()
    found: BatchInput | None = None
    for number, raw in _lines(data):
        try:
            line = _Line.read(raw, apis, seen)
            outline = line.outline(check)
            found = found or BatchInput(line.url, outline.model)
            _check_alike(found, line.url, outline.model)
        except TollkeeperError as error:
            raise _at(number, error) from None
        found = found.with_request(f"line {number}", outline, bound(len(raw), outline))
        if may_name_files(raw):
            files |= named_files(line.body)
    if found is None:
        raise Malformed("The file has no requests in it.", code="empty_file", param="file")
    if found.requests > MOST_REQUESTS:
        raise TooLarge(f"A batch may have at most {MOST_REQUESTS:,} requests.", param="file")
    return replace(found, files=tuple(sorted(files)))


@dataclass(frozen=True, slots=True)
class _Line:
    api: Api
    url: str
    body: Mapping[str, Any]

    @classmethod
    def read(cls, raw: bytes, apis: Mapping[str, Api], seen: set[str]) -> _Line:
        members = read_object(raw)
        custom_id = name(members.get("custom_id"), "custom_id")
        if len(custom_id) > LONGEST_ID:
            raise Malformed(f"`custom_id` must be at most {LONGEST_ID} characters long.", param="custom_id")
        if custom_id in seen:
            raise Malformed("`custom_id` stands in a line before; give each line its own.", param="custom_id")
        seen.add(custom_id)
        one_of(members.get("method"), "method", ("POST",))
        url = one_of(members.get("url"), "url", tuple(apis))
        return cls(apis[url], url, object_(members.get("body"), "body"))

    def outline(self, check: Check) -> Outline:
        try:
            outline = self.api.outline(self.body)
            check(self.api, outline)
        except TollkeeperError as error:
            error.param = f"body.{error.param}" if error.param else "body"
            raise
        if outline.stream:
            raise Malformed("`body.stream` must not be set: a batch has no streams.", param="body.stream")
        return outline


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(io.BytesIO(data), 1):
        if bare := line.strip(b" \t\r\n"):
            yield number, bare


def _check_alike(found: BatchInput, url: str, model: str) -> None:
    if url != found.endpoint:
        raise Malformed(f"`url` must be {found.endpoint}, as in the first line: a batch has one.", param="url")
    if model != found.model:
        raise Malformed("`body.model` must be that of the first line: a batch has one model.", param="body.model")


def _at(number: int, error: TollkeeperError) -> TollkeeperError:
    error.message = f"Line {number} of the file: {error.message}"
    error.args = (error.message,)
    error.param = f"line {number}, {error.param}" if error.param else f"line {number}"
    return error
