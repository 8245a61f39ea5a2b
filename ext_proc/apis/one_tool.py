"""Tool uses, one after the other.

In some APIs they interleave; where blocks may not, one is open until its arguments are whole, and the others wait.
"""

from __future__ import annotations

from ext_proc.apis.json_progress import JsonProgress
from ext_proc.parts import Part, ToolUseDelta, ToolUseStart


class OneToolAtATime:
    """The content of one answer, in an order in which no tool use stands within another."""

    def __init__(self) -> None:
        self._open: int | None = None
        self._arguments = JsonProgress()
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
        is_partial = self._open is not None and not self._arguments.whole
        if self._waiting or is_partial:
            self._waiting.setdefault(part.index, []).append(part)
            return []
        self._open = part.index
        self._arguments = JsonProgress()
        return [part]

    def _continue(self, part: ToolUseDelta) -> list[Part]:
        if part.index == self._open:
            self._arguments.feed(part.arguments)
            return [part]
        if part.index in self._waiting:
            self._waiting[part.index].append(part)
        return []
