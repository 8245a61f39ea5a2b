"""Whether JSON text that comes in pieces is whole, in constant memory: only its brackets and quotes are looked at."""

from __future__ import annotations

import re

_OUTSIDE = re.compile(r'["{}\[\]]')
_INSIDE = re.compile(r'["\\]')


class JsonProgress:
    """One value. Text that is no JSON counts as whole where all that it opened is closed."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._begun = False

    @property
    def whole(self) -> bool:
        return self._begun and self._depth <= 0 and not self._in_string

    def feed(self, text: str) -> None:
        self._begun = self._begun or bool(text.strip())
        at = int(self._escaped)
        self._escaped = self._escaped and not text
        while (match := (_INSIDE if self._in_string else _OUTSIDE).search(text, at)) is not None:
            at = match.end()
            if match[0] == "\\":
                self._escaped, at = at == len(text), at + 1
            else:
                self._turn(match[0])

    def _turn(self, mark: str) -> None:
        if mark == '"':
            self._in_string = not self._in_string
        else:
            self._depth += 1 if mark in "{[" else -1
