"""What a request brings in from elsewhere is seen, in every API, so that a hard limit need not trust a bound."""

import pytest

from ext_proc.apis import outside

SEARCH = {"type": "web_search"}
FUNCTION = {"type": "function", "function": {"name": "f"}}
DOCUMENT = {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}
INLINE = {"type": "document", "source": {"type": "base64", "data": "AA=="}}
LINKED = {"type": "input_file", "file_url": "https://example.com/a.pdf", "file_data": None}

CASES = [
    (outside.CHAT_COMPLETIONS, {"messages": [{"role": "user", "content": "hi"}], "tools": [FUNCTION]}, None),
    (outside.CHAT_COMPLETIONS, {"web_search_options": {"user_location": None}}, "web_search_options"),
    (outside.CHAT_COMPLETIONS, {"messages": [{"content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "messages"),
    (outside.CHAT_COMPLETIONS, {"messages": [{"content": [{"type": "file", "file": {"file_data": "AA"}}]}]}, None),
    (outside.MESSAGES, {"tools": [{"name": "f", "input_schema": {}}, {"type": "bash_20250124", "name": "bash"}]}, None),
    (outside.MESSAGES, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools"),
    (outside.MESSAGES, {"mcp_servers": [{"url": "https://example.com"}]}, "mcp_servers"),
    (outside.MESSAGES, {"mcp_servers": []}, None),
    (outside.MESSAGES, {"messages": [{"content": [DOCUMENT]}]}, "messages"),
    (outside.MESSAGES, {"messages": [{"content": [INLINE]}]}, None),
    (outside.MESSAGES, {"messages": [{"content": [{"type": "tool_result", "content": [DOCUMENT]}]}]}, "messages"),
    (outside.RESPONSES, {"input": "hi", "tools": [{"type": "function", "name": "f"}]}, None),
    (outside.RESPONSES, {"input": "hi", "tools": [SEARCH]}, "tools"),
    (outside.RESPONSES, {"previous_response_id": "resp_1"}, "previous_response_id"),
    (outside.RESPONSES, {"input": "hi", "background": True}, "background"),
    (outside.RESPONSES, {"input": [{"content": [{"type": "input_file", "file_id": "f"}]}]}, "input"),
    (outside.RESPONSES, {"input": [{"content": [{"type": "input_file", "file_data": "AA"}]}]}, None),
    (outside.RESPONSES, {"input": [{"content": [LINKED]}]}, "input"),
    (outside.RESPONSES, {"input": [{"output": [LINKED | {"file_data": "AA"}]}]}, "input"),
    (outside.RESPONSES, {"input": [{"type": "item_reference", "id": "i"}]}, "input"),
    (
        outside.GENERATE_CONTENT,
        {"contents": [{"parts": [{"text": "hi"}]}], "tools": [{"functionDeclarations": []}]},
        None,
    ),
    (outside.GENERATE_CONTENT, {"tools": [{"googleSearch": {}}]}, "tools"),
    (outside.GENERATE_CONTENT, {"cachedContent": "cachedContents/1"}, "cachedContent"),
    (outside.GENERATE_CONTENT, {"contents": [{"parts": [{"fileData": {"fileUri": "gs://a"}}]}]}, "contents"),
]


@pytest.mark.parametrize(("api", "request_", "member"), CASES)
def test_the_member_that_brings_in_input_is_named(api, request_, member):
    assert api.of(request_) == member
