"""Streams of pictures and sound: each byte passes as it came, and what the events say of usage is added up.

Each event that ends a picture or a recording tells of its own, so that reports are summed and not replaced.
"""

from __future__ import annotations

from ext_proc.apis import sse
from ext_proc.apis.json_events import TOO_LARGE, ReadEvent, read_json_event
from ext_proc.parts import Part, UsageReport
from ext_proc.usage import Usage

LARGEST_EVENT = 64 * 1024 * 1024
"""Bytes of one event: a picture of eight megapixels in base64 is larger than any event of text."""


class MeteredStream:
    """Observes a stream of JSON events. After one that is too large it is deaf, and the bytes go on."""

    def __init__(self, read_event: ReadEvent) -> None:
        self._decoder = sse.Decoder(LARGEST_EVENT)
        self._read_event = read_event
        self._used = Usage()
        self._deaf = False

    def feed(self, data: bytes) -> tuple[bytes, list[Part]]:
        if self._deaf:
            return data, []
        try:
            return data, self._read(self._decoder.feed(data))
        except sse.TooLargeError:
            self._deaf = True
            return data, [TOO_LARGE]

    def finish(self) -> tuple[bytes, list[Part]]:
        return b"", [] if self._deaf else self._read(self._decoder.finish())

    def _read(self, events: list[sse.Event]) -> list[Part]:
        return [self._summed(part) for event in events for part in read_json_event(event, self._read_event)]

    def _summed(self, part: Part) -> Part:
        if not isinstance(part, UsageReport):
            return part
        self._used = self._used.plus(part.usage)
        return UsageReport(self._used)
