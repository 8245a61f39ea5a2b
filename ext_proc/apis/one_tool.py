"""Tool uses, one after the other.

In some APIs they interleave; where blocks may not, one is open until its arguments are whole, and the others wait.
"""

from __future__ import annotations

import orjson

from ext_proc.parts import Part, ToolUseDelta, ToolUseStart


class OneToolAtATime:
    """The content of one answer, in an order in which no tool use stands within another."""

    def __init__(self) -> None:
        self._open: int | None = None
        self._arguments: list[str] = []
        self._waiting: dict[int, list[Part]] = {}

    def feed(self, part: Part) -> list[Part]:
        match part:
            case ToolUseStart():
                return self._start(part)
            case ToolUseDelta():
                return self._continue(part)
        return [*self.finish(), part]

    def finish(self) -> list[Part]:
        """The tool uses that waited. None is open after them."""
        waiting, self._waiting, self._open = self._waiting, {}, None
        return [part for parts in waiting.values() for part in parts]

    def _start(self, part: ToolUseStart) -> list[Part]:
        if self._waiting or self._is_partial():
            self._waiting.setdefault(part.index, []).append(part)
            return []
        self._open = part.index
        self._arguments.clear()
        return [part]

    def _continue(self, part: ToolUseDelta) -> list[Part]:
        if part.index == self._open:
            self._arguments.append(part.arguments)
            return [part]
        if part.index in self._waiting:
            self._waiting[part.index].append(part)
        return []

    def _is_partial(self) -> bool:
        if self._open is None:
            return False
        try:
            orjson.loads("".join(self._arguments))
        except ValueError:
            return True
        return False
