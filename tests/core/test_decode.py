"""Answers that a provider compressed although nobody asked, and those that it sent whole in place of a stream."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard

from ext_proc.errors import ProviderError
from ext_proc.stages.decode import MOST_AT_ONCE, decoder
from tests.core.attempts import JSON, SSE, begun, provider_answer
from tests.core.conversation import CHAT, MESSAGES
from tests.sdks.scripts import USAGE

TEXT = "".join(f"line {n} — ünï\n" for n in range(500)).encode()
ENCODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
ENCODINGS = pytest.mark.parametrize("encoding", ENCODERS)


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@ENCODINGS
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1_000_000])
def test_what_was_compressed_comes_back_wherever_it_is_cut(encoding, size):
    decode = decoder(encoding.upper())
    assert b"".join(decode(piece) for piece in pieces(ENCODERS[encoding](TEXT), size)) == TEXT


def test_members_of_gzip_may_follow_one_another():
    assert decoder("gzip")(gzip.compress(TEXT) + gzip.compress(b"more")) == TEXT + b"more"


@ENCODINGS
def test_a_bomb_is_refused_before_it_is_large(encoding):
    with pytest.raises(ProviderError, match="too large"):
        decoder(encoding)(ENCODERS[encoding](bytes(MOST_AT_ONCE + 1024 * 1024)))


@ENCODINGS
def test_what_is_not_compressed_as_it_says_is_the_providers_error(encoding):
    with pytest.raises(ProviderError, match="not compressed"):
        decoder(encoding)(b"\x00not compressed at all" * 50)


@pytest.mark.parametrize("name", ["identity", "aes128gcm", "gzip, br", ""])
def test_an_encoding_that_is_not_known_has_no_decoder(name):
    assert decoder(name) is None


@ENCODINGS
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("path", "model", "api"), [(CHAT, "watched", "chat_completions"), (CHAT, "chat-on-messages", "messages")]
)
def test_a_compressed_answer_is_read_passed_on_plain_and_charged(path, model, api, stream, encoding):
    plain = b"".join(provider_answer(api, stream=stream))
    given, sent = begun(path, model, stream=stream), begun(path, model, stream=stream)
    headers = SSE if stream else JSON
    given.answer(200, headers, plain)
    sent.answer(200, (*headers, ("content-encoding", encoding)), *pieces(ENCODERS[encoding](plain), 7))
    assert sent.data == given.data
    assert sent.charge == given.charge == ("served", USAGE["input"], USAGE["output"], False)
    assert "content-encoding" in sent.removed


@pytest.mark.parametrize("api", ["chat_completions", "messages"])
@pytest.mark.parametrize("asked", [False, True], ids=["whole", "stream"])
def test_a_provider_that_answers_in_the_other_way_is_heard_as_it_was_asked(api, asked):
    path, model = {"chat_completions": (CHAT, "watched"), "messages": (MESSAGES, "messages-watched")}[api]
    one = begun(path, model, stream=asked)
    one.answer(200, JSON if asked else SSE, *provider_answer(api, stream=not asked))
    assert one.content_type == ("text/event-stream" if asked else "application/json")
    assert one.data.startswith(b"{") is not asked
    assert one.charge == ("served", USAGE["input"], USAGE["output"], False)
