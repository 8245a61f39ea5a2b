"""What a request brings in from elsewhere is seen, in every API, so that a hard limit need not trust a bound."""

import pytest

from ext_proc.apis import outside

SEARCH = {"type": "web_search"}
FUNCTION = {"type": "function", "function": {"name": "f"}}
DOCUMENT = {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}
INLINE = {"type": "document", "source": {"type": "base64", "data": "AA=="}}
LINKED = {"type": "input_file", "file_url": "https://example.com/a.pdf", "file_data": None}

HEARD = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
OWN_TEXT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}}

UNBOUNDED = [
    (outside.CHAT_COMPLETIONS, {"messages": [{"role": "user", "content": "hi"}], "tools": [FUNCTION]}, None),
    (outside.CHAT_COMPLETIONS, {"web_search_options": {"user_location": None}}, "web_search_options"),
    (outside.MESSAGES, {"tools": [{"name": "f", "input_schema": {}}, {"type": "bash_20250124", "name": "bash"}]}, None),
    (outside.MESSAGES, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools"),
    (outside.MESSAGES, {"mcp_servers": [{"url": "https://example.com"}]}, "mcp_servers"),
    (outside.MESSAGES, {"mcp_servers": []}, None),
    (outside.RESPONSES, {"input": "hi", "tools": [{"type": "function", "name": "f"}]}, None),
    (outside.RESPONSES, {"input": "hi", "tools": [SEARCH]}, "tools"),
    (outside.RESPONSES, {"input": "hi", "background": True}, "background"),
    (outside.RESPONSES, {"prompt": {"id": "p"}}, "prompt"),
    (outside.GENERATE_CONTENT, {"tools": [{"functionDeclarations": []}]}, None),
    (outside.GENERATE_CONTENT, {"tools": [{"googleSearch": {}}]}, "tools"),
    (outside.GENERATE_CONTENT, {"cachedContent": "cachedContents/1"}, "cachedContent"),
]


@pytest.mark.parametrize(("api", "request_", "member"), UNBOUNDED)
def test_the_member_that_brings_in_input_without_a_bound_is_named(api, request_, member):
    assert api.of(request_) == outside.Beyond(member)


def turn(*blocks):
    return {"messages": [{"role": "user", "content": [*blocks]}]}


def parts(*given):
    return {"contents": [{"parts": [*given]}]}


def converse(**block):
    return {"messages": [{"role": "user", "content": [{"toolResult": {"content": [block]}}]}]}


PDF = {"mimeType": "application/pdf", "data": "AAAA"}
WINDOWED = [
    (outside.CHAT_COMPLETIONS, turn({"type": "file", "file": {"file_id": "f"}}), "messages", 0),
    (outside.CHAT_COMPLETIONS, turn({"type": "file", "file": {"file_data": "AA"}}, HEARD), "messages", 6),
    (outside.CHAT_COMPLETIONS, turn({"type": "text", "text": "hi"}), None, 0),
    (outside.MESSAGES, turn(DOCUMENT), "messages", 0),
    (outside.MESSAGES, turn(INLINE), "messages", 4),
    (outside.MESSAGES, turn({"type": "tool_result", "content": [DOCUMENT]}), "messages", 0),
    (outside.MESSAGES, turn(OWN_TEXT), None, 0),
    (outside.RESPONSES, {"previous_response_id": "resp_1"}, "previous_response_id", 0),
    (outside.RESPONSES, {"conversation": "conv_1"}, "conversation", 0),
    (outside.RESPONSES, {"input": [{"content": [{"type": "input_file", "file_id": "f"}]}]}, "input", 0),
    (outside.RESPONSES, {"input": [{"content": [{"type": "input_file", "file_data": "AA"}]}]}, "input", 2),
    (outside.RESPONSES, {"input": [{"content": [LINKED]}]}, "input", 0),
    (outside.RESPONSES, {"input": [{"output": [LINKED | {"file_data": "AA"}]}]}, "input", 2),
    (outside.RESPONSES, {"input": [{"type": "item_reference", "id": "i"}]}, "input", 0),
    (outside.GENERATE_CONTENT, parts({"fileData": {"fileUri": "gs://a"}}), "contents", 0),
    (outside.GENERATE_CONTENT, parts({"functionResponse": {"parts": [{"inlineData": PDF}]}}), "contents", 4),
    (outside.GENERATE_CONTENT, parts({"inline_data": {"mime_type": "audio/wav", "data": "AA"}}), "contents", 2),
    (outside.GENERATE_CONTENT, parts({"inlineData": {"mimeType": "image/png", "data": "AA"}}), None, 0),
    (outside.GENERATE_CONTENT, parts({"inlineData": {"mimeType": "text/csv", "data": "AA"}}), None, 0),
    (outside.CONVERSE, converse(document={"format": "pdf", "source": {"bytes": "AA"}}), "messages", 2),
    (outside.CONVERSE, converse(video={"format": "mp4", "source": {"s3Location": {"uri": "s3://a"}}}), "messages", 0),
    (outside.CONVERSE, converse(document={"format": "txt", "source": {"bytes": "AA"}}), None, 0),
    (outside.CONVERSE, converse(text="hi"), None, 0),
]


@pytest.mark.parametrize(("api", "request_", "member", "size"), WINDOWED)
def test_the_member_that_brings_in_what_only_the_window_bounds_is_named(api, request_, member, size):
    assert api.of(request_) == outside.Beyond(None, member, size)
