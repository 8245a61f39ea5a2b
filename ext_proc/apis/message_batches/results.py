"""The results of a Message Batch: JSON lines, one for each request, cut anywhere.

Spec: https://platform.claude.com/docs/en/api/messages/batches/results
"""

from __future__ import annotations

from typing import Any

import orjson

from ext_proc.apis.json_value import as_object
from ext_proc.apis.keeps import Used
from ext_proc.apis.messages.answer import read_usage
from ext_proc.parts import UsageReport
from ext_proc.usage import Usage

LONGEST_LINE = 64 * 1024 * 1024


class ResultLines:
    """Sums up what was used, line by line; a line that cannot be read tells nothing."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._usage = Usage()
        self._requests = 0

    def feed(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._take(bytes(self._rest) + line)
            self._rest.clear()
        if len(self._rest) + len(rest) <= LONGEST_LINE:
            self._rest += rest

    def used(self) -> Used:
        self._take(bytes(self._rest))
        self._rest.clear()
        return Used(self._usage if self._usage.total_tokens else None, self._requests)

    def _take(self, line: bytes) -> None:
        result = as_object(as_object(_loaded(line)).get("result"))
        if result.get("type") != "succeeded":
            return
        self._requests += 1
        for part in read_usage(as_object(result.get("message")).get("usage")):
            if isinstance(part, UsageReport):
                self._usage = self._usage.plus(part.usage)


def _loaded(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
