"""AWS event streams: a decoder of bytes that may be cut anywhere, and an encoder.

A message is a prelude of 12 bytes (its length, its headers' length, their CRC), headers, a payload and a CRC over all.
Spec: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

LARGEST_MESSAGE = 16 * 1024 * 1024

_PRELUDE = struct.Struct(">III")
_CRC = struct.Struct(">I")
_LENGTH = struct.Struct(">H")
_STRING = 7

# By the type of a header: bytes of its value, or None where the value says its own length.
_SIZES: Mapping[int, int | None] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 6: None, _STRING: None, 8: 8, 9: 16}


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its headers of type string (nothing that we read has another type) and its payload."""

    headers: Mapping[str, str]
    payload: bytes


class Decoder:
    """Bytes to messages, in time linear in the bytes. What follows a broken message has no known beginning."""

    def __init__(self, largest: int = LARGEST_MESSAGE) -> None:
        self._held = bytearray()
        self._largest = largest
        self.broken = ""
        """Why nothing more can be read."""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes, up to one that is broken."""
        if self.broken:
            return []
        self._held += data
        messages: list[Message] = []
        begin = 0
        try:
            while (end := self._message_end(begin)) is not None:
                messages.append(_message(bytes(self._held[begin:end])))
                begin = end
        except _BrokenError as error:
            self.broken = str(error)
            self._held.clear()
        del self._held[:begin]
        return messages

    def _message_end(self, begin: int) -> int | None:
        """Where the message at `begin` ends; None while that is not here yet."""
        if len(self._held) - begin < _PRELUDE.size:
            return None
        total, headers, crc = _PRELUDE.unpack_from(self._held, begin)
        if crc32(self._held[begin : begin + 8]) != crc:
            raise _BrokenError("the checksum of a prelude is wrong")
        if total > self._largest:
            raise _BrokenError("a message is too large")
        if headers + _PRELUDE.size + _CRC.size > total:
            raise _BrokenError("a message is shorter than its headers")
        return begin + total if begin + total <= len(self._held) else None


def length(data: bytes) -> int | None:
    """Bytes of the message that `data` begins with; None where it does not say so yet, or is broken."""
    if len(data) < _PRELUDE.size:
        return None
    total, _, crc = _PRELUDE.unpack_from(data)
    return total if crc32(data[:8]) == crc and _PRELUDE.size + _CRC.size <= total <= LARGEST_MESSAGE else None


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message."""
    written = b"".join([_write_header(name, value) for name, value in headers.items()])
    prelude = struct.pack(">II", _PRELUDE.size + len(written) + len(payload) + _CRC.size, len(written))
    body = prelude + _CRC.pack(crc32(prelude)) + written + payload
    return body + _CRC.pack(crc32(body))


class _BrokenError(Exception):
    """A message that is none."""


def _message(raw: bytes) -> Message:
    _, length, _ = _PRELUDE.unpack_from(raw)
    end = len(raw) - _CRC.size
    if _CRC.unpack_from(raw, end)[0] != crc32(raw[:end]):
        raise _BrokenError("the checksum of a message is wrong")
    headers_end = _PRELUDE.size + length
    return Message(_read_headers(raw[_PRELUDE.size : headers_end]), raw[headers_end:end])


def _read_headers(data: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name, kind, value, at = _read_header(data, at)
            if kind == _STRING:
                headers[name] = value.decode()
    except (IndexError, KeyError, struct.error, UnicodeDecodeError):
        raise _BrokenError("the headers of a message cannot be read") from None
    return headers


def _read_header(data: bytes, at: int) -> tuple[str, int, bytes, int]:
    """Its name, type and value, and where the next one begins."""
    name_end = at + 1 + data[at]
    kind = data[name_end]
    start, size = name_end + 1, _SIZES[kind]
    if size is None:
        (size,) = _LENGTH.unpack_from(data, start)
        start += _LENGTH.size
    if start + size > len(data):
        raise IndexError
    return data[at + 1 : name_end].decode(), kind, data[start : start + size], start + size


def _write_header(name: str, value: str) -> bytes:
    key, data = name.encode(), value.encode("utf-8", "replace")
    return bytes((len(key),)) + key + bytes((_STRING,)) + _LENGTH.pack(len(data)) + data
