"""The demo keeps its promises on a real Envoy: every step is shown, what it prints can be used, and nothing is left."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import psutil
import pytest

from ext_proc.demo.steps import STEPS
from tests.envoy.proxy import binary, free_port
from tests.gateway import poll

WITHIN = 90.0
STAND_IN = """\
#!/bin/sh
case "$1" in --version) exec "{envoy}" --version ;; esac
{instead}
exec "{envoy}" "$@"
"""


def command(*options):
    return [sys.executable, "-m", "ext_proc", "demo", "--port", str(free_port()), *map(str, options)]


def once(*options):
    return subprocess.run(command("--once", *options), capture_output=True, text=True, timeout=WITHIN, check=False)


def stand_in(folder, instead):
    """An Envoy before which something happens."""
    path = folder / "envoy"
    path.write_text(STAND_IN.format(envoy=binary("1.40"), instead=instead))
    path.chmod(0o755)
    return path


@contextmanager
def left_up():
    """The demo without --once, and the lines that it has printed so far."""
    lines = []
    with subprocess.Popen(command("--envoy", binary("1.40")), stdout=subprocess.PIPE, text=True) as process:
        reader = threading.Thread(target=lambda: lines.extend(process.stdout))
        reader.start()
        try:
            yield process, lines
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            process.wait(WITHIN)
            reader.join(WITHIN)


@pytest.fixture(scope="module")
def done():
    return once("--envoy", binary("1.40"))


def test_every_step_shows_what_it_promises(done):
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert [title for title in (step.title for step in STEPS) if title not in done.stdout] == []
    assert "✗" not in done.stdout
    assert f"{len(STEPS)} of {len(STEPS)} steps" in done.stdout


def test_what_is_piped_has_no_colour_and_fits_eighty_columns(done):
    assert "\x1b" not in done.stdout
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []


def test_the_oldest_envoy_that_can_be_rendered_for_shows_the_same():
    done = once("--envoy", binary("1.37"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_printed_curl_works_and_ctrl_c_leaves_nothing_behind():
    with left_up() as (process, lines):
        poll(lambda: "Ctrl-C" in "".join(lines), WITHIN, lambda: lines)
        printed = "".join(lines)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 4, "Envoy, the service and its two workers"
        answer = run(re.search(r"^curl .*?\}'$", printed, re.DOTALL | re.MULTILINE)[0])
        assert answer.startswith("data: {"), answer
        assert "keeper" in answer
        shown = [run(line.replace("tollkeeper", f"{sys.executable} -m ext_proc", 1)) for line in told(printed)]
        assert "claude-haiku-4-5" in shown[0]
        assert "team-month" in shown[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(WITHIN) == 0
        assert [child for child in children if child.is_running()] == []
        assert not os.path.exists(re.search(r"^(/\S+)/tollkeeper\.yaml$", printed, re.MULTILINE)[1])  # noqa: PTH110


def told(printed):
    return re.findall(r"^  (tollkeeper .+)$", printed, re.MULTILINE)


def run(text):
    """What was printed, pasted into a shell."""
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=WITHIN, check=False)
    assert done.returncode == 0, (text, done.stderr)
    return done.stdout


@pytest.mark.parametrize(("seen", "number"), [("tollkeeper.yaml", signal.SIGTERM), ("1  An OpenAI", signal.SIGHUP)])
def test_a_signal_on_the_way_leaves_nothing_behind(seen, number):
    with left_up() as (process, lines):
        poll(lambda: seen in "".join(lines), WITHIN)
        children = poll(lambda: psutil.Process(process.pid).children(recursive=True), WITHIN)
        process.send_signal(number)
        process.send_signal(number)
        assert process.wait(WITHIN) == 130
    assert [child for child in children if child.is_running()] == []


def test_an_envoy_that_does_not_start_is_told_with_its_log(tmp_path):
    done = once("--envoy", stand_in(tmp_path, "echo 'no more files'; exit 7"))
    assert done.returncode == 1
    assert "✗ envoy has ended, with status 7" in done.stdout
    assert "no more files" in done.stdout


def test_a_step_that_shows_something_else_fails_the_demo(tmp_path):
    """An Envoy that is told to count nothing itself, so that every answer passes through the service."""
    done = once(
        "--envoy", stand_in(tmp_path, """sed -i 's/"tollkeeper.native": "json,sse"/"tollkeeper.native": ""/g' "$2" """)
    )
    assert done.returncode == 1
    assert "✗ NotShown: the answer was metered inline, not by Envoy" in done.stdout
    assert "the end of service's log" in done.stdout
    assert f"{len(STEPS) - 1} of {len(STEPS)} steps" in done.stdout


@pytest.mark.parametrize(
    ("told", "means"),
    [
        ("echo hello", "does not say that it is an Envoy"),
        ("echo 'envoy  version: 0f/1.36.4/Clean/RELEASE/BoringSSL'", "is 1.36; allowed: 1.37, 1.38, 1.39, 1.40"),
    ],
)
def test_a_binary_that_cannot_be_used_is_refused_before_anything_starts(tmp_path, told, means):
    path = tmp_path / "envoy"
    path.write_text(f"#!/bin/sh\n{told}\n")
    path.chmod(0o755)
    done = once("--envoy", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert means in done.stderr
