"""The input of a batch is read line by line, and what is wrong with it is told with its line and its member."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.batches.lines import BatchInput, read_lines
from ext_proc.apis.batches.outline import finished_requests, output_files, usage_of, used
from ext_proc.errors import Forbidden, TollkeeperError
from ext_proc.stages.read import input_bound
from ext_proc.usage import Usage
from tests.core.stored import jsonl, line

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
TAKEN = {CHAT: APIS["chat_completions"], EMBEDDINGS: APIS["embeddings"]}


def read(data, check=lambda _api, _outline: None):
    return read_lines(data, TAKEN, check, input_bound)


def changed(number=1, **members):
    """A line with these members changed, and those that are None left out."""
    return {name: value for name, value in {**line(number), **members}.items() if value is not None}


def test_the_worst_case_of_a_file_is_the_sum_of_its_lines():
    lines = [line(1), line(2, max_tokens=50, n=3), line(3, max_tokens=7)]
    sizes = [len(json.dumps(one)) for one in lines]
    assert read(jsonl(*lines)) == BatchInput(CHAT, "gpt-4o-mini", 3, sum(sizes), 100 + 150 + 7, max(sizes))


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n  \n"])
@pytest.mark.parametrize("between", [b"\n", b"\r\n", b"\n\n"])
def test_lines_end_as_they_do_on_any_system(between, end):
    data = between.join(json.dumps(line(number)).encode() for number in (1, 2)) + end
    assert read(data).requests == 2


def test_what_has_no_bound_is_told_by_the_first_line_that_has_none():
    tool = [{"type": "web_search"}]
    found = read(jsonl(line(1), line(2, tools=tool, max_tokens=None), line(3, tools=tool, max_tokens=None)))
    assert (found.outside, found.uncapped) == ("line 2, body.tools", "line 2")


def test_embeddings_write_nothing_that_could_need_a_cap():
    one = {**line(), "url": EMBEDDINGS, "body": {"model": "m", "input": "text"}}
    found = read(jsonl(one))
    assert (found.endpoint, found.output_tokens, found.uncapped) == (EMBEDDINGS, 0, None)


def test_the_files_that_lines_name_are_told_once_and_are_no_facts():
    block = {"type": "file", "file": {"file_id": "file-1"}}
    lines = [line(number, messages=[{"role": "user", "content": [block]}]) for number in range(3)]
    found = read(jsonl(*lines))
    assert found.files == ("file-1",)
    assert "files" not in found.facts()


MISTAKES = {
    "no JSON": (b"{broken", "line 2"),
    "no object": (b"[]", "line 2"),
    "not UTF-8": (b'{"custom_id": "\xff"}', "line 2"),
    "a key twice": (b'{"custom_id": "a", "custom_id": "b"}', "line 2"),
    "no id": (changed(custom_id=None), "line 2, custom_id"),
    "an empty id": (changed(custom_id=""), "line 2, custom_id"),
    "an id of another type": (changed(custom_id=7), "line 2, custom_id"),
    "a long id": (changed(custom_id="x" * 513), "line 2, custom_id"),
    "an id twice": (changed(1), "line 2, custom_id"),
    "another method": (changed(2, method="GET"), "line 2, method"),
    "no method": (changed(2, method=None), "line 2, method"),
    "a path that is not served": (changed(2, url="/v1/fine_tuning/jobs"), "line 2, url"),
    "a path of another host": (changed(2, url="https://example.com/v1/chat/completions"), "line 2, url"),
    "no path": (changed(2, url=None), "line 2, url"),
    "another path than the first": (changed(2, url=EMBEDDINGS, body={"model": "m", "input": "a"}), "line 2, url"),
    "no body": (changed(2, body=None), "line 2, body"),
    "a body of another type": (changed(2, body="text"), "line 2, body"),
    "no model": (changed(2, body={"messages": [{"role": "user", "content": "a"}]}), "line 2, body.model"),
    "another model": (line(2, model="gpt-4o"), "line 2, body.model"),
    "a stream": (line(2, stream=True), "line 2, body.stream"),
    "a cap of another type": (line(2, max_tokens="many"), "line 2, body.max_tokens"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_names_its_line_and_its_member(case):
    wrong, param = MISTAKES[case]
    with pytest.raises(TollkeeperError) as caught:
        read(jsonl(line(1), wrong))
    assert (caught.value.status, caught.value.param) == (400, param)
    assert caught.value.message.startswith("Line 2 of the file: ")


def test_what_the_caller_may_not_do_is_told_with_its_line_as_well():
    def check(_api, outline):
        if outline.max_output_tokens == 7:
            raise Forbidden("not this one", param="model")

    with pytest.raises(Forbidden) as caught:
        read(jsonl(*map(line, range(1, 7)), line(7, max_tokens=7)), check)
    assert (caught.value.message, caught.value.param) == ("Line 7 of the file: not this one", "line 7, body.model")


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n\n"])
def test_a_file_without_requests_is_none(data):
    with pytest.raises(TollkeeperError, match="no requests"):
        read(data)


@pytest.mark.parametrize("data", [b"{}\n" * 100_000, b"\n" * 100_000, jsonl(*map(line, range(50_001)))])
def test_a_file_of_more_lines_than_any_provider_takes_is_refused(data):
    with pytest.raises(TollkeeperError, match="at most 50,000 requests") as caught:
        read(data)
    assert (caught.value.status, caught.value.param) == (413, "file")


ENDED = {"completed", "failed", "expired", "cancelled"}
STATUSES = ["validating", "in_progress", "finalizing", "cancelling", "", None, 7, *sorted(ENDED)]


@pytest.mark.parametrize("status", STATUSES)
def test_a_batch_has_ended_where_nothing_more_can_come(status):
    assert (used({"status": status}) is not None) is (status in ENDED)


TOLD = {"input_tokens": 10, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 3}, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 14}  # fmt: skip


def test_the_usage_of_a_batch_is_that_of_all_its_requests():
    assert usage_of({"usage": TOLD}) == Usage(10, 4, cache_read_input_tokens=3, reasoning_output_tokens=2)


@pytest.mark.parametrize(
    "told", [None, {}, [], {"input_tokens": 0, "output_tokens": 0}, {"input_tokens": -1}, {"input_tokens": "9"}]
)
def test_a_usage_that_tells_nothing_is_none(told):
    assert usage_of({"usage": told}) is None


@pytest.mark.parametrize(
    ("counts", "ran"), [({"completed": 3, "failed": 1, "total": 9}, 4), ({}, 0), (None, 0), ({"completed": -2}, 0)]
)
def test_requests_that_ran_are_counted_whether_they_failed_or_not(counts, ran):
    assert finished_requests({"request_counts": counts}) == ran


def test_the_files_that_were_written_for_a_batch_are_known_by_its_description():
    assert output_files({"output_file_id": "file-o", "error_file_id": "file-e"}) == ("file-o", "file-e")
    assert output_files({"output_file_id": None, "error_file_id": 7}) == ()
