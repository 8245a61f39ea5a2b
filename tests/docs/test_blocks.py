"""What the README and the guides print is run, or read by the program that it is for. Nothing is only shown."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
import yaml

from ext_proc.apis import APIS
from ext_proc.errors import OverLimit
from ext_proc.price_file import read_price_file
from ext_proc.settings import Settings
from ext_proc.settings_file import load
from tests.docs.blocks import BLOCKS, ROOT
from tests.docs.sandbox import attached, beside, within

SMALLEST = {
    "providers": {"local": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:8000/v1"}},
    "models": {"*": {"backends": [{"provider": "local"}]}},
}
READY = """
for try in $(seq 300); do
  curl -fsS http://127.0.0.1:10000/v1/models -H "Authorization: Bearer $TOLLKEEPER_KEY" 2>/dev/null && break || sleep 0.1
done
kill $(jobs -p) && wait
"""


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with attached(tmp_path_factory.mktemp("docs")) as running:
        yield running


def is_yaml(block, gate, folder):
    """A price file, a whole settings file, or some of its keys."""
    content = yaml.safe_load(block.text)
    path = folder / "block.yaml"
    path.write_text(block.text)
    if "models" in content and "providers" not in content:
        assert read_price_file(path).models
        return
    if not set(SMALLEST) <= set(content):
        assert set(content) <= set(Settings.model_fields)
        path.write_text(yaml.safe_dump({**SMALLEST, **content}))
    load(path)


def is_python(block, gate, folder):
    sandbox = within(gate)
    path = folder / "block.py"
    path.write_text(sandbox.here(block.text))
    assert sandbox.run("python", "-W", "error", str(path)).strip()


def is_sh(block, gate, folder):
    """`make` and `pip` are checked and not run: a test runs what `make` runs, and nothing is fetched here."""
    lines = block.text.splitlines()
    for line in lines:
        for word, check in CHECKED.items():
            if line.startswith(word):
                check(line)
    script = "\n".join(line for line in lines if not line.startswith(tuple(CHECKED)))
    if re.search(r"&$", script, re.MULTILINE):
        answer = beside(gate, folder).bash(script + READY)
        assert '"object":"list"' in answer, "both processes run and a call passes"
    else:
        within(gate).bash(script)


def is_make(line):
    target = line.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


def is_pip(line):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    what, _, extras = line.split()[-1].strip("'\"").rstrip("]").partition("[")
    assert what in (".", project["name"])
    assert {extra for extra in extras.split(",") if extra} <= set(project["optional-dependencies"])


def is_json(block, gate, folder):
    """An error as one of the APIs writes it."""
    error = OverLimit("…", param="key-rate")
    shapes = [shape(json.loads(api.write_error(error, "…"))) for api in APIS.values()]
    assert shape(json.loads(block.text)) in shapes


def shape(value):
    return {key: shape(inner) for key, inner in sorted(value.items())} if isinstance(value, dict) else None


def is_drawing(block, gate, folder):
    assert "─" in block.text


CHECKED = {"make ": is_make, "pip install ": is_pip}
RULES = {"yaml": is_yaml, "python": is_python, "sh": is_sh, "json": is_json, "text": is_drawing}


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_what_is_printed_works(block, gate, tmp_path):
    assert block.language in RULES, "no rule runs blocks of this language"
    RULES[block.language](block, gate, tmp_path)


def test_each_page_that_shows_how_has_something_to_run():
    assert {block.page for block in BLOCKS} >= {"README.md", "docs/settings.md", "docs/envoy.md", "docs/budgets.md"}
