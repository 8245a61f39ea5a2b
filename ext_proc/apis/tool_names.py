"""The names of the tools that a request offers, in whichever API: a provider's own tool is called by its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ext_proc.apis.json_value import as_array, as_object

MOST_TOOLS = 1024
"""What is looked at; no provider takes as many."""
_NESTS = ("function", "custom", "toolSpec", "systemTool")
_DECLARED = ("functionDeclarations", "function_declarations")
_TYPES_THAT_SAY_NOTHING = ("function", "custom")


def tool_names(request: Mapping[str, Any]) -> tuple[str, ...]:
    """Each once, in the request's order. A tool without a name is none that a model could call."""
    config = as_object(request.get("toolConfig"))
    listed = [*as_array(request.get("tools")), *as_array(request.get("functions")), *as_array(config.get("tools"))]
    if request.get("web_search_options"):
        listed.append({"type": "web_search"})
    names = (name for tool in listed[:MOST_TOOLS] for name in _names(as_object(tool)))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def _names(tool: Mapping[str, Any]) -> Iterator[Any]:
    """Chat Completions nests a function, Converse a spec, and generateContent lists functions beside its own tools."""
    nested = [as_object(tool.get(key)).get("name") for key in _NESTS]
    named = [tool.get("name"), *nested]
    if any(named):
        yield from named
    elif isinstance(kind := tool.get("type"), str):
        yield None if kind in _TYPES_THAT_SAY_NOTHING else kind
    else:
        for key, value in tool.items():
            if key in _NESTS or key == "cachePoint":
                continue
            yield from ([as_object(one).get("name") for one in as_array(value)] if key in _DECLARED else [key])
