"""Each kind of mistake has a file in `mistakes/`, and beside it what is said about it."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.settings_file import load
from ext_proc.settings_findings import ConfigError
from ext_proc.settings_yaml import NotYaml, parse

MISTAKES = sorted((Path(__file__).parent / "mistakes").glob("*.yaml"))
SECRETS = ("hunter2", "abcdefgh", "0123456789abcdef", "correct horse")


def findings(path):
    with pytest.raises(ConfigError) as refused:
        load(path)
    return refused.value


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.stem)
def test_every_mistake_is_told_with_its_place(path):
    """All mistakes of a file are told at once, in file order, each with its place, its value and what is allowed."""
    told = findings(path)
    assert [str(finding) for finding in told.findings] == path.with_suffix(".txt").read_text().splitlines()


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.stem)
def test_no_mistake_shows_a_secret(path):
    """What looks like a secret, or stands where one belongs, is in no form of a finding."""
    told = findings(path)
    everything = f"{told}{told!r}{[finding.row() for finding in told.findings]}"
    assert not [secret for secret in SECRETS if secret in everything]


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path):
    """A missing file, and a folder in its place, are mistakes as every other."""
    assert str(findings(tmp_path / "none.yaml")).endswith("none.yaml:1:1: cannot be read: No such file or directory")
    assert str(findings(tmp_path)).endswith(":1:1: cannot be read: Is a directory")


def test_a_file_without_end_is_not_parsed(tmp_path):
    """Size is bounded before anything is read into values."""
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (1024 * 1024 + 1))
    assert findings(path).findings[0].problem == "larger than 1048576 bytes"


@given(st.binary(max_size=200) | st.text("{}[]:,-&*!|>'\"%@#?<~ \nab1", max_size=60).map(str.encode))
def test_no_bytes_break_the_reader(data):
    """Whatever the bytes are, they are values or they are not YAML."""
    with contextlib.suppress(NotYaml):
        parse(data)


SCALARS = [
    ("no", "no"),
    ("on", "on"),
    ("12:30", "12:30"),
    ("2027-01-01", "2027-01-01"),
    ("010", "010"),
    ("0x1f", "0x1f"),
    ("1_000", 1000),
    ("true", True),
    ("~", None),
    ("'5'", "5"),
    ("!!str 5", "5"),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_words_mean_what_they_say(text, value):
    """YAML 1.2's core: a country code is no boolean, a port pair no number in base sixty, a date no object."""
    assert parse(f"a: {text}".encode()).value == {"a": value}


@pytest.mark.parametrize("text", ["!!int foo", "!!map x", "!!str [1]", "!!bool x", "!!float x", "!!set {a}", "!own x"])
def test_tags_make_nothing_of_what_is_something_else(text):
    """A tag that does not fit, or that is none of the core, is refused."""
    with pytest.raises(NotYaml, match="the tag is not allowed here"):
        parse(f"a: {text}".encode())
