"""Every reader is a target, and `make fuzz` runs it or says what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ext_proc.apis import APIS
from fuzz.targets import ASKED, TARGETS

ROOT = Path(__file__).parents[2]


def test_every_api_is_fuzzed():
    assert {name.rsplit(".", 1)[0] for name in TARGETS} == set(APIS)


def test_what_is_translated_is_fuzzed_so():
    families = [api.family for api in APIS.values()]
    assert {family for family in families if families.count(family) > 1} == set(ASKED)


def test_the_fuzzer_runs_or_says_what_it_needs():
    command = [sys.executable, "-m", "fuzz", "--only", "rerank.error", "--runs", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "pip install --group fuzz" in ended.stderr if ended.returncode else "good" in ended.stdout
