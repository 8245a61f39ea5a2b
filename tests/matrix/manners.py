"""How a fake provider sends its answer: with its id of the call, compressed, or in the other way than it was asked.

A prompt says `as-gzip`, `as-br`, `as-zstd` or `as-other` after its first word.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import brotli
import zstandard

from tests.fakes import Received, Response

MANNER = re.compile(rb"as-(gzip|br|zstd|other)")
CALL_IDS = {
    "openai": "x-request-id",
    "openai-responses": "x-request-id",
    "anthropic": "request-id",
    "bedrock": "x-amzn-requestid",
}
"""Where each provider says its id of the call; the others say none."""
OTHER_PATHS = {
    ":generateContent": ":streamGenerateContent?alt=sse",
    ":streamGenerateContent?alt=sse": ":generateContent",
    "/converse": "/converse-stream",
    "/converse-stream": "/converse",
}


def in_manner(manner: str, name: str, received: Received, answer: Callable[[Received], Response]) -> Response:
    told = answer(_other(received) if manner == "other" else received)
    if manner in COMPRESSED:
        told.headers = {**told.headers, "content-encoding": manner}
        told.chunks = list(COMPRESSED[manner](told.chunks))
    if name in CALL_IDS:
        told.headers = {**told.headers, CALL_IDS[name]: f"req_of_{name}"}
    return told


def _other(received: Received) -> Received:
    for ending, other in OTHER_PATHS.items():
        if received.path.endswith(ending):
            return replace(received, path=received.path.removesuffix(ending) + other)
    body = received.json
    turned = {"stream": not body.get("stream"), "stream_options": {"include_usage": True}}
    return replace(received, body=json.dumps({**body, **turned}).encode())


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for chunk in chunks:
        yield packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


def _brotli(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = brotli.Compressor()
    for chunk in chunks:
        yield packer.process(chunk) + packer.flush()
    yield packer.finish()


def _zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zstandard.ZstdCompressor().compressobj()
    for chunk in chunks:
        yield packer.compress(chunk) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    yield packer.flush()


COMPRESSED = {"gzip": _gzip, "br": _brotli, "zstd": _zstd}
