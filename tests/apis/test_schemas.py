"""A JSON schema means the same to every provider of OpenAI's formats, whoever's client wrote it."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS

TREE = {
    "type": "object",
    "properties": {
        "root": {"$ref": "#/$defs/node"},
        "kind": {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "integer"}]},
        "note": {"type": ["string", "null"]},
        "size": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "self": {"$ref": "#"},
    },
    "required": ["root", "kind", "note", "size", "self"],
    "additionalProperties": False,
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            "required": ["children"],
            "additionalProperties": False,
        }
    },
}
HI = "hi"
ASKED = {
    "chat_completions": {
        "messages": [{"role": "user", "content": HI}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "tree", "schema": TREE, "strict": True}},
    },
    "responses": {
        "input": HI,
        "text": {"format": {"type": "json_schema", "name": "tree", "schema": TREE, "strict": True}},
    },
    "messages": {
        "max_tokens": 50,
        "messages": [{"role": "user", "content": HI}],
        "output_config": {"format": {"type": "json_schema", "schema": TREE}},
    },
    "generate_content": {
        "contents": [{"role": "user", "parts": [{"text": HI}]}],
        "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": TREE},
    },
    "converse": {
        "messages": [{"role": "user", "content": [{"text": HI}]}],
        "outputConfig": {
            "textFormat": {
                "type": "json_schema",
                "structure": {"jsonSchema": {"name": "tree", "schema": json.dumps(TREE)}},
            }
        },
    },
}
CLIENTS = pytest.mark.parametrize("client", ASKED)
PROVIDERS = pytest.mark.parametrize("provider", ["chat_completions", "responses"])


def schema_of(provider, body):
    if provider == "responses":
        return body["text"]["format"]["schema"]
    return body["response_format"]["json_schema"]["schema"]


def written(client, provider, body):
    request = APIS[client].read_request({"model": "m", **body})
    return json.loads(APIS[provider].write_request(request))


@CLIENTS
@PROVIDERS
def test_references_alternatives_and_null_pass_as_they_are(client, provider):
    assert schema_of(provider, written(client, provider, ASKED[client])) == TREE


# What Google's own dialect says, and the JSON schema that it means.
DIALECT = [
    ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}),
    ({"type": "STRING", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
    (
        {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}], "nullable": True},
        {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
    ),
    (
        {"type": "OBJECT", "properties": {"a": {"type": "NUMBER", "nullable": True}}, "propertyOrdering": ["a"]},
        {"type": "object", "properties": {"a": {"type": ["number", "null"]}}},
    ),
]


@PROVIDERS
@pytest.mark.parametrize(("said", "meant"), DIALECT)
def test_what_may_be_null_in_googles_dialect_may_be_null_in_the_json_schema(provider, said, meant):
    body = {"contents": ASKED["generate_content"]["contents"]}
    format_ = {"responseMimeType": "application/json", "responseSchema": said}
    assert schema_of(provider, written("generate_content", provider, {**body, "generationConfig": format_})) == meant


@CLIENTS
@PROVIDERS
def test_a_schema_that_nobody_named_has_the_name_that_openai_demands(client, provider):
    body = written(client, provider, ASKED[client])
    named = body["text"]["format"] if provider == "responses" else body["response_format"]["json_schema"]
    assert named["name"] == ("answer" if client in ("messages", "generate_content") else "tree")


@CLIENTS
@PROVIDERS
def test_a_schema_is_strict_only_for_who_said_so(client, provider):
    body = written(client, provider, ASKED[client])
    named = body["text"]["format"] if provider == "responses" else body["response_format"]["json_schema"]
    assert named.get("strict") is (True if client in ("chat_completions", "responses") else None)


TOOLS = {
    "chat_completions": [{"type": "function", "function": {"name": "f", "parameters": TREE}}],
    "responses": [{"type": "function", "name": "f", "parameters": TREE, "strict": False}],
}


@PROVIDERS
def test_the_parameters_of_a_tool_pass_as_they_are(provider):
    for client in TOOLS:
        base = {key: value for key, value in ASKED[client].items() if key in ("input", "messages")}
        [tool] = written(client, provider, {**base, "tools": TOOLS[client]})["tools"]
        assert tool.get("function", tool)["parameters"] == TREE
