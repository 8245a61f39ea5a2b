"""Decode: answers that a provider compressed although nobody asked for it, step by step and within bounds.

Source: RFC 9110, section 8.4.1; RFC 7932 (br); RFC 8878 (zstd).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import brotli
import zstandard

from ext_proc.errors import ProviderError

Decode = Callable[[bytes], bytes]
"""Takes the next bytes, cut anywhere, and gives what they hold. Raises `ProviderError`."""

MOST_AT_ONCE = 64 * 1024 * 1024
"""Bytes that one piece of an answer may grow to; no honest one comes near."""
_PIECE = 1024
_FAULTS = (zlib.error, brotli.error, zstandard.ZstdError)


def decoder(encoding: str) -> Decode | None:
    """A machine for one answer; None for an encoding that is not known here."""
    make = _DECODERS.get(encoding.strip().lower())
    return None if make is None else _bounded(make())


def _bounded(step: Decode) -> Decode:
    """In small pieces, so that a bomb is noticed before it is large."""

    def decode(data: bytes) -> bytes:
        plain = bytearray()
        try:
            for at in range(0, len(data), _PIECE):
                plain += step(data[at : at + _PIECE])
                if len(plain) > MOST_AT_ONCE:
                    raise ProviderError("The provider's answer is too large when it is decompressed.")
        except _FAULTS:
            raise ProviderError("The provider's answer is not compressed as it says.") from None
        return bytes(plain)

    return decode


def _gzip() -> Decode:
    """Members may follow one another."""
    state = zlib.decompressobj(_GZIP_OR_ZLIB)

    def step(data: bytes) -> bytes:
        nonlocal state
        plain = b""
        while data:
            if state.eof:
                state = zlib.decompressobj(_GZIP_OR_ZLIB)
            plain += state.decompress(data)
            data = state.unused_data
        return plain

    return step


_GZIP_OR_ZLIB = 47
"""`wbits` that has zlib find out which of its two headers is there."""

_DECODERS: Mapping[str, Callable[[], Decode]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _gzip,
    "br": lambda: brotli.Decompressor().process,
    "zstd": lambda: zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024).decompressobj().decompress,
}
