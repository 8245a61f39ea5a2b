"""A schema is sent to Claude, directly or by Converse, as its grammar takes it, and asks for the same."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Message, OutputFormat, Request, Text, Tool
from ext_proc.errors import Malformed, Unsupported


def obj(**properties):
    return {"type": "object", "properties": properties}


def closed(**properties):
    return {**obj(**properties), "additionalProperties": False}


TEXT, NUMBER, NULL = {"type": "string"}, {"type": "number"}, {"type": "null"}
SCHEMAS = {
    "objects are closed, at every depth": (
        obj(a=obj(b=TEXT), c={"type": "array", "items": obj(d=TEXT)}),
        closed(a=closed(b=TEXT), c={"type": "array", "items": closed(d=TEXT)}),
    ),
    "references and definitions": (
        {
            **obj(a={"$ref": "#/$defs/x"}, b={"$ref": "#/definitions/y"}),
            "$defs": {"x": obj(c=TEXT)},
            "definitions": {"y": TEXT},
        },
        {
            **closed(a={"$ref": "#/$defs/x"}, b={"$ref": "#/definitions/y"}),
            "$defs": {"x": closed(c=TEXT)},
            "definitions": {"y": TEXT},
        },
    ),
    "an object whose members are named elsewhere": (
        {"type": "object", "$ref": "#/$defs/x", "$defs": {"x": obj(a=TEXT)}},
        {"type": "object", "$ref": "#/$defs/x", "$defs": {"x": closed(a=TEXT)}},
    ),
    "one of several": (obj(a={"oneOf": [TEXT, obj(b=TEXT)]}), closed(a={"anyOf": [TEXT, closed(b=TEXT)]})),
    "null by a list of types": (obj(a={"type": ["string", "null"]}), closed(a={"type": ["string", "null"]})),
    "null by a choice": (obj(a={"anyOf": [TEXT, NULL]}), closed(a={"anyOf": [TEXT, NULL]})),
    "null as OpenAPI says it": (
        obj(a={**TEXT, "nullable": True, "enum": ["x"]}, b={"$ref": "#/$defs/x", "nullable": True}),
        closed(a={"type": ["string", "null"], "enum": ["x", None]}, b={"anyOf": [{"$ref": "#/$defs/x"}, NULL]}),
    ),
    "bounds are told in words": (
        obj(a={**NUMBER, "minimum": 1, "description": "how many"}, b={**TEXT, "maxLength": 9}),
        closed(
            a={**NUMBER, "description": 'how many\nRules: {"minimum":1}'},
            b={**TEXT, "description": 'Rules: {"maxLength":9}'},
        ),
    ),
    "formats and patterns that it knows": (
        obj(a={**TEXT, "format": "date"}, b={**TEXT, "pattern": "^[a-z]+$"}, c={"type": "array", "minItems": 1}),
        closed(a={**TEXT, "format": "date"}, b={**TEXT, "pattern": "^[a-z]+$"}, c={"type": "array", "minItems": 1}),
    ),
    "formats and patterns that it does not": (
        obj(a={**TEXT, "format": "iri"}, b={**TEXT, "pattern": "(?=a)"}, c={"type": "array", "minItems": 2}),
        closed(
            a={**TEXT, "description": 'Rules: {"format":"iri"}'},
            b={**TEXT, "description": 'Rules: {"pattern":"(?=a)"}'},
            c={"type": "array", "description": 'Rules: {"minItems":2}'},
        ),
    ),
    "an object of nothing": (
        {"type": "object", "additionalProperties": False},
        {"type": "object", "additionalProperties": False},
    ),
    "a property by the name of a keyword": (obj(minimum=TEXT, items=NUMBER), closed(minimum=TEXT, items=NUMBER)),
}
APIS_OF_CLAUDE = pytest.mark.parametrize("name", ["messages", "converse", "invoke_model", "raw_predict"])


def asked(name, schema, **members):
    request = Request("claude-opus-4-8", (Message("user", (Text("hi"),)),), max_output_tokens=9, **members)
    body = json.loads(APIS[name].write_request(request))
    if name == "converse":
        told = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"] if schema else None
        tools = body.get("toolConfig", {}).get("tools", [])
        return json.loads(told) if told else tools[0]["toolSpec"]["inputSchema"]["json"]
    return body["output_config"]["format"]["schema"] if schema else body["tools"][0]["input_schema"]


@APIS_OF_CLAUDE
@pytest.mark.parametrize(("schema", "written"), SCHEMAS.values(), ids=SCHEMAS)
def test_a_schema_is_written_as_the_grammar_takes_it(name, schema, written):
    assert asked(name, True, output_format=OutputFormat(schema)) == written
    assert asked(name, False, tools=(Tool("f", parameters=schema, strict=True),)) == written


@APIS_OF_CLAUDE
def test_the_schema_of_a_tool_that_is_not_strict_stays_as_it_is(name):
    schema = {"type": "object", "additionalProperties": NUMBER, "minProperties": 1}
    assert asked(name, False, tools=(Tool("f", parameters=schema),)) == schema


@APIS_OF_CLAUDE
@pytest.mark.parametrize("schema", [{"type": "object"}, obj(a={"type": "object", "additionalProperties": TEXT})])
def test_an_object_of_any_members_is_refused(name, schema):
    with pytest.raises(Unsupported) as caught:
        asked(name, True, output_format=OutputFormat(schema))
    assert caught.value.param == "response_format"


@APIS_OF_CLAUDE
def test_a_strict_tool_of_no_parameters_takes_none(name):
    assert asked(name, False, tools=(Tool("f", strict=True),)) == {"type": "object", "additionalProperties": False}


def test_a_schema_that_is_nested_too_deeply_is_refused():
    schema = TEXT
    for _ in range(2000):
        schema = obj(a=schema)
    with pytest.raises(Malformed) as caught:
        asked("messages", True, output_format=OutputFormat(schema))
    assert caught.value.code == "too_deep"
