"""Sinks: whole lines of JSON, appended."""

import json
import os
import stat

import pytest

from ext_proc.sinks.jsonl import jsonl_sink
from ext_proc.sinks.log import log_sink

ENTRIES = [{"decision_id": "d1", "cost_nano": 2**60, "user": "ü\n"}, {"decision_id": "d2", "cost_nano": None}]


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_file_gets_one_line_for_each_entry_and_keeps_what_it_had(tmp_path):
    path = tmp_path / "usage.jsonl"
    sink = jsonl_sink(path)
    sink(ENTRIES)
    sink(ENTRIES[:1])
    assert read(path) == [*ENTRIES, ENTRIES[0]]
    assert not stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXO


def test_a_rotated_file_is_left_alone_and_a_new_one_begun(tmp_path):
    path = tmp_path / "usage.jsonl"
    sink = jsonl_sink(path)
    sink(ENTRIES[:1])
    path.rename(tmp_path / "usage.jsonl.1")
    sink(ENTRIES[1:])
    assert read(tmp_path / "usage.jsonl.1") == ENTRIES[:1]
    assert read(path) == ENTRIES[1:]


def test_a_line_that_a_full_disk_cut_is_not_joined_to_the_next(tmp_path):
    path = tmp_path / "usage.jsonl"
    path.write_text('{"decision_id": "d0", "co')
    jsonl_sink(path)(ENTRIES)
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:]] == ENTRIES


def test_a_file_that_cannot_be_written_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        jsonl_sink(tmp_path / "missing" / "usage.jsonl")(ENTRIES)


def test_a_pipe_can_be_a_file_too(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    jsonl_sink(path)(ENTRIES)
    assert [json.loads(line) for line in os.read(reader, 9999).splitlines()] == ENTRIES
    os.close(reader)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_the_log_gets_one_line_for_each_entry_at_once(stream, capfd):
    log_sink(stream)(ENTRIES)
    written = getattr(capfd.readouterr(), "out" if stream == "stdout" else "err")
    assert [json.loads(line) for line in written.splitlines()] == ENTRIES
