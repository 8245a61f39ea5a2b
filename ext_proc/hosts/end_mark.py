"""The mark by which the filter of an attempt tells the one at the edge that a stream ends here, before its provider.

It is no part of any answer: JSON, events and AWS messages of JSON hold no such bytes.
"""

from __future__ import annotations

END_MARK = b"\x00\x00tollkeeper: end of stream\x00\x00"


class EndMark:
    """Bytes that are cut anywhere, up to the mark. What may become one is held back."""

    def __init__(self) -> None:
        self._held = b""
        self.found = False

    def feed(self, data: bytes) -> bytes:
        """What goes on; nothing more once the mark was found."""
        if self.found:
            return b""
        data = self._held + data
        at = data.find(END_MARK)
        if at >= 0:
            self.found, self._held = True, b""
            return data[:at]
        held = next((size for size in range(len(END_MARK) - 1, 0, -1) if data.endswith(END_MARK[:size])), 0)
        self._held = data[len(data) - held :]
        return data[: len(data) - held]

    def finish(self) -> bytes:
        rest, self._held = self._held, b""
        return rest
