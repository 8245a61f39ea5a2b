"""Stored files that a request names: its provider would open any of its account, so they must be the caller's own."""

from __future__ import annotations

import json

import pytest

from ext_proc.effects import FindObject
from ext_proc.errors import ControlError
from ext_proc.replies import Allow
from ext_proc.stored import Stored
from tests.core.conversation import NOW, call, decide, error_of, snapshot
from tests.core.stored import apart, jsonl, line, upload, view

FILE = Stored("file-1", "file", "openai", "team=research", NOW)


def content(*blocks, **members):
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": list(blocks)}], **members}


def items(*blocks, **members):
    return {"model": "gpt-4o-mini", "input": [{"role": "user", "content": list(blocks)}], **members}


CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
NAMING = {
    "a document": (CHAT, content({"type": "file", "file": {"file_id": "file-1"}})),
    "a document of Responses": (RESPONSES, items({"type": "input_file", "file_id": "file-1"})),
    "a picture": (RESPONSES, items({"type": "input_image", "file_id": "file-1"})),
    "a tool's container": (
        RESPONSES,
        items(tools=[{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}]),
    ),
    "a mask": (RESPONSES, items(tools=[{"type": "image_generation", "input_image_mask": {"file_id": "file-1"}}])),
}


def asking(path, members, escaped=False):
    sent = json.dumps(members)
    return call((sent.replace("file_id", "file\\u005fid") if escaped else sent).encode(), path)


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("case", NAMING)
def test_a_request_brings_in_no_file_but_its_callers_own(case, escaped):
    """All callers' files lie in one account, where the provider lets each be opened."""
    given = asking(*NAMING[case], escaped)
    effects, reply = decide(given, view(), FILE)
    assert (effects[0], isinstance(reply, Allow)) == (FindObject("file-1"), True)
    for found in (None, Stored("file-1", "file", "openai", "team=other", NOW)):
        _, reply = decide(given, view(), found)
        assert (reply.status, error_of(reply)["param"]) == (404, "file_id")
    _, reply = decide(given, view(), ControlError("away"))
    assert reply.status == 503


NAMING_NONE = [
    content({"type": "text", "text": 'the word "file_id": "file-1"'}),
    content({"type": "text", "text": "a"}, metadata={"file_id": "file-1"}),
    content({"type": "text", "text": "a"}, tools=[{"type": "function", "function": {"name": "f", "parameters": {"default": {"file_id": "x"}}}}]),
    content({"type": "text", "text": "a"}, file_id=None, file_ids=[7, {"file_id": {}}]),
]  # fmt: skip


@pytest.mark.parametrize("members", NAMING_NONE)
def test_words_that_open_no_file_are_no_names_of_files(members):
    effects, reply = decide(asking(CHAT, members), view())
    assert (effects, isinstance(reply, Allow)) == ([], True)


def test_where_no_callers_files_are_kept_names_are_the_providers_to_judge():
    effects, reply = decide(asking(*NAMING["a document"]), snapshot())
    assert (effects, isinstance(reply, Allow)) == ([], True)


def test_a_request_names_no_more_files_than_can_be_looked_up_in_time():
    many = content(*({"type": "file", "file": {"file_id": f"file-{n}"}} for n in range(101)))
    effects, reply = decide(asking(CHAT, many), view())
    assert (effects, reply.status, error_of(reply)["param"]) == ([], 400, "file_id")


def test_a_batch_brings_in_no_file_but_its_callers_own():
    block = {"type": "file", "file": {"file_id": "file-1"}}
    given = upload(jsonl(line(1, messages=[{"role": "user", "content": [block]}])), "batch")
    effects, reply = decide(given, view(), apart, FILE)
    assert (effects[1], isinstance(reply, Allow)) == (FindObject("file-1"), True)
    _, reply = decide(given, view(), apart, None)
    assert reply.status == 404
