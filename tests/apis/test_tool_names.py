"""The names of the tools that a request offers, as limits and conditions see them."""

import pytest

from ext_proc.apis.tool_names import tool_names

REQUESTS = {
    "Chat Completions": (
        {"tools": [{"type": "function", "function": {"name": "a"}}, {"type": "custom", "custom": {"name": "b"}}]},
        ("a", "b"),
    ),
    "Chat Completions, of old": ({"functions": [{"name": "a"}]}, ("a",)),
    "a search in Chat Completions": ({"web_search_options": {"search_context_size": "low"}}, ("web_search",)),
    "Responses": ({"tools": [{"type": "function", "name": "a"}, {"type": "web_search"}, {"type": "mcp"}]}, ("a", "web_search", "mcp")),
    "Messages": ({"tools": [{"name": "a"}, {"type": "bash_20250124", "name": "bash"}]}, ("a", "bash")),
    "Converse": ({"toolConfig": {"tools": [{"toolSpec": {"name": "a"}}, {"cachePoint": {"type": "default"}}]}}, ("a",)),
    "generateContent": (
        {"tools": [{"functionDeclarations": [{"name": "a"}, {"name": "b"}]}, {"googleSearch": {}}]},
        ("a", "b", "googleSearch"),
    ),
    "one name twice": ({"tools": [{"name": "a"}, {"name": "a"}]}, ("a",)),
    "nothing that is a tool": ({"tools": [None, 3, {}, {"name": 7}, {"type": "function"}, {"function": []}]}, ()),
    "none": ({}, ()),
    "what is no list": ({"tools": "a", "toolConfig": []}, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_a_tool_is_known_by_its_name_and_one_of_a_provider_by_its_type(name):
    request, names = REQUESTS[name]
    assert tool_names(request) == names
