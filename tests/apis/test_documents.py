"""Documents, sound and cache points reach Messages and Converse in the words that each takes, or are refused."""

from __future__ import annotations

import base64
import json
import re

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Audio, Document, Message, Request, Text, ToolResult, ToolUse
from ext_proc.errors import Unsupported

CONVERSE, MESSAGES = APIS["converse"], APIS["messages"]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def written(api, *blocks):
    """The content of the only message."""
    request = Request("m", (Message("user", blocks),), max_output_tokens=9)
    return json.loads(api.write_request(request))["messages"][0]["content"]


def encoded(text):
    return base64.b64encode(text.encode()).decode()


# What a client may send, and the source in Messages
IN_MESSAGES = [
    (
        Document(data="AAAA", media_type="application/pdf"),
        {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
    ),
    (Document(text="plain"), {"type": "text", "media_type": "text/plain", "data": "plain"}),
    (Document(data=encoded("a,b"), media_type="text/csv"), {"type": "text", "media_type": "text/plain", "data": "a,b"}),
    (Document(url="https://x/a.pdf"), {"type": "url", "url": "https://x/a.pdf"}),
]


@pytest.mark.parametrize(("document", "source"), IN_MESSAGES)
def test_documents_stand_in_messages_as_pdf_or_as_text(document, source):
    assert written(MESSAGES, document) == [{"type": "document", "source": source}]


REFUSED = [
    (MESSAGES, Document(data="AAAA", media_type=DOCX)),
    (MESSAGES, Document(data="//8=", media_type="text/plain")),
    (MESSAGES, Document(url="s3://bucket/a.pdf")),
    (MESSAGES, Audio("AAAA", "audio/wav")),
    (CONVERSE, Document(url="https://x/a.pdf")),
    (CONVERSE, Document(data="AAAA", media_type="application/zip")),
    (CONVERSE, Audio("AAAA", "audio/midi")),
]


@pytest.mark.parametrize(("api", "block"), REFUSED)
def test_what_an_api_does_not_take_is_refused(api, block):
    with pytest.raises(Unsupported) as caught:
        written(api, Text("hi"), block)
    assert caught.value.param.startswith("messages")


@pytest.mark.parametrize(
    ("document", "format_", "source"),
    [
        (Document(text="plain", name="n"), "txt", {"text": "plain"}),
        (Document(data="AAAA", media_type=DOCX, name="n"), "docx", {"bytes": "AAAA"}),
        (Document(url="s3://b/a.md", name="n"), "md", {"s3Location": {"uri": "s3://b/a.md"}}),
    ],
)
def test_documents_stand_in_converse_by_their_format(document, format_, source):
    assert written(CONVERSE, Text("hi"), document)[1] == {
        "document": {"format": format_, "name": "n", "source": source}
    }


def test_sound_is_heard_by_converse():
    block = {"audio": {"format": "wav", "source": {"bytes": "AAAA"}}}
    assert written(CONVERSE, Text("hi"), Audio("AAAA", "audio/wav"))[1] == block


NAMES = [None, "", "a.pdf", "a/pdf", "a-pdf", "Bericht über  Ärger.pdf", "\u2028", "x" * 300, "x" * 301, "(1) [b] - c"]


def test_names_of_documents_are_those_that_bedrock_takes_and_no_two_are_the_same():
    content = written(CONVERSE, Text("hi"), *(Document(text="t", name=name) for name in NAMES))
    names = [block["document"]["name"] for block in content[1:]]
    assert names[:2] == ["document", "document (2)"]
    assert names[-1] == "(1) [b] - c"
    assert len({*names}) == len(NAMES)
    assert all(re.fullmatch(r"[A-Za-z0-9()\[\]-]+( [A-Za-z0-9()\[\]-]+)*", name) and len(name) <= 200 for name in names)


def test_names_are_unlike_in_tool_results_too():
    tool = {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}
    documents = (Document(text="t", name="a"), Document(text="t", name="a"))
    turns = (
        Message("user", (Text("hi"),)),
        Message("assistant", (ToolUse("t", "f", "{}"),)),
        Message("user", (ToolResult("t", documents),)),
    )
    tools = CONVERSE.read_request({"model": "m", "messages": [], "toolConfig": {"tools": [tool]}}).tools
    body = json.loads(CONVERSE.write_request(Request("m", turns, tools=tools)))
    content = body["messages"][2]["content"][0]["toolResult"]["content"]
    assert [block["document"]["name"] for block in content] == ["a", "a (2)"]


def test_a_document_alone_is_sent_with_text_beside_it_as_bedrock_demands():
    assert written(CONVERSE, Document(text="t", name="n"))[1:] == [{"text": "n"}]


def test_the_pieces_of_a_document_become_one_text():
    source = {"type": "content", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    turns = [{"role": "user", "content": [{"type": "document", "source": source}]}]
    request = MESSAGES.read_request({"model": "m", "max_tokens": 9, "messages": turns})
    assert request.messages[0].content == (Document(text="a\n\nb"),)


def test_a_cache_point_of_the_whole_request_stands_after_its_last_block():
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    request = MESSAGES.read_request({**body, "cache_control": {"type": "ephemeral", "ttl": "1h"}})
    assert request.messages[0].content == (Text("hi", cache="1h"),)
