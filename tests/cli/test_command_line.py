"""The command line as a whole: help, version, and how a user's mistake is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from ext_proc.cli.commands import COMMANDS
from ext_proc.cli.instants import span
from ext_proc.cli.tables import bar, cell, usd

ROOT = Path(__file__).parents[2]


def test_help_lists_every_command_that_is_there(folder):
    """Each command of the table stands in the help with its line."""
    told = folder.ok("--help")
    for name, entry in COMMANDS.items():
        assert (f" {name} " in told) == entry.exists()
    assert "TOLLKEEPER_CONFIG" in told


def test_help_imports_none_of_the_service():
    """Asking for help is quick: no gRPC, no pydantic, no price data is loaded for it."""
    code = "import sys, ext_proc.cli.app; print([m for m in ('grpc', 'pydantic', 'genai_prices', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def test_the_package_runs_as_a_program(folder):
    """`python -m ext_proc` is the command: 0 when it holds, 1 when a check fails, 2 for a mistake of the user."""
    done = folder.spawn("check")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "ok")
    folder.rewrite(more="limts: []\n")
    assert folder.spawn("check").returncode == 1
    done = folder.spawn("usage")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: tollkeeper.yaml:12:1: limts: unknown key")


def test_the_version_is_told(folder):
    assert folder.ok("--version").startswith("tollkeeper ")


@pytest.mark.parametrize(
    "command", [("check",), ("usage",), ("keys", "create"), ("budgets", "show"), ("render", "envoy")]
)
def test_every_help_has_an_example(folder, command):
    assert f"Example: tollkeeper {' '.join(command)}" in folder.ok(*command, "--help").replace("KEY=$(", "")


def test_an_unknown_command_is_told_with_the_nearest(folder):
    assert "Did you mean 'budgets'?" in folder.refused("budgts")


@pytest.mark.parametrize(
    "command", [("check",), ("usage",), ("keys", "list"), ("budgets", "list"), ("render", "envoy")]
)
def test_a_missing_settings_file_is_told_with_the_remedy(folder, command):
    told = folder.refused(*command, "-c", "none.yaml")
    assert told == "error: there is no settings file none.yaml; name yours with -c FILE or in TOLLKEEPER_CONFIG\n"


def test_the_settings_file_is_named_by_a_variable_too(folder):
    assert folder.refused("usage", TOLLKEEPER_CONFIG="other.yaml").startswith(
        "error: there is no settings file other.yaml"
    )


def test_settings_that_do_not_hold_stop_every_command(folder):
    """Each mistake is a line of its own, with file, line and column."""
    (folder.path / "tollkeeper.yaml").write_text("providers: {}\nmodels: {}\n")
    told = folder.refused("usage")
    assert told == (
        "error: tollkeeper.yaml:1:12: providers: empty (allowed: at least 1)\n"
        "error: tollkeeper.yaml:2:9: models: empty (allowed: at least 1)\n"
    )


def test_a_store_that_cannot_be_opened_is_an_error_in_a_line(folder):
    (folder.path / "tollkeeper.db").mkdir()
    told = folder.refused("usage")
    assert told.startswith("error: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("nano", "text"),
    [(0, "0.00"), (1, "0.000000001"), (500_000_000, "0.50"), (1_234_500_000, "1.2345"), (12 * 10**9, "12.00")],
)
def test_money_is_shown_exactly(nano, text):
    assert usd(nano) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (3600, "1 h"), (90_000, "1 d 1 h"), (86_460, "1 d")]
)
def test_spans_are_told_in_their_two_greatest_parts(seconds, text):
    assert span(seconds) == text


def test_what_came_from_outside_cannot_steer_the_terminal():
    """Escape sequences and changes of direction in a model's name are shown as dots."""
    assert cell("gpt\x1b[31m\u202e\n") == "gpt·[31m··"
    assert cell(None) == cell("") == "-"
    assert cell(0) == "0"


@pytest.mark.parametrize(("part", "whole", "full"), [(0, 8, 0), (1, 1000, 1), (8, 8, 10), (9, 8, 10), (0, 0, 10)])
def test_a_bar_shows_that_something_is_used_and_when_nothing_is_left(part, whole, full):
    assert bar(part, whole).count("█") == full
