"""Rules of the code base that no linter keeps."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.paths import filled, find
from ext_proc.plan import Plan, Step
from ext_proc.providers import KINDS
from ext_proc.stages.forward import headers
from tests.core.conversation import snapshot

ROOT = Path(__file__).parents[2]
PB = ROOT / "ext_proc" / "pb"
MODULES = sorted(path for path in (ROOT / "ext_proc").rglob("*.py") if path.parent != PB)
FILES = MODULES + sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "bench").rglob("*.py"))
LONGEST = 300
CATCH_ALL = {"drive.py", "server.py"}
VAGUE = re.compile(r"(^|_)(util|utils|helper|helpers|manager|common|base|misc|handler|processor|service)$")


@functools.cache
def parsed(path):
    return ast.parse(path.read_text())


def test_every_module_says_what_it_is():
    assert not [str(path) for path in FILES if parsed(path).body and not ast.get_docstring(parsed(path))]


def test_every_file_is_short():
    assert not {str(path): lines for path in FILES if (lines := len(path.read_text().splitlines())) >= LONGEST}


def test_names_say_what_is_inside():
    assert not [str(path) for path in MODULES if VAGUE.search(path.stem)]


def test_all_exceptions_are_caught_in_the_driver_and_the_servers_loop_alone():
    catching = {path.name for path in MODULES for node in ast.walk(parsed(path)) if swallows_all(node)}
    assert catching == CATCH_ALL


def swallows_all(node):
    if not isinstance(node, ast.ExceptHandler) or isinstance(node.body[-1], ast.Raise):
        return False
    return node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}


def test_the_generated_stubs_are_those_of_the_protos(tmp_path):
    protos = [f"ext_proc/pb/{path.name}" for path in sorted((ROOT / "protos").glob("*.proto"))]
    out = [f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-Iext_proc/pb=protos", *out, *protos]
    subprocess.run(command, cwd=ROOT, check=True)
    fresh = {path.name: path.read_text() for path in (tmp_path / "ext_proc" / "pb").iterdir()}
    kept = {path.name: path.read_text() for path in PB.glob("*_pb2.py*")}
    assert fresh == kept


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_the_table_of_providers_is_complete(kind):
    row = KINDS[kind]
    assert row.kind == kind
    assert re.fullmatch(r"[a-z0-9_.]+", row.name)
    assert row.endpoint is None or re.match(r"https://[^/]+", row.endpoint)
    assert row.paths
    assert row.paths.keys() <= APIS.keys()
    for api in row.paths:
        path = row.path(api, row.endpoint or "https://host")
        assert path.startswith("/")
        assert "//" not in path
    for name in (row.auth_header, *dict(row.headers)):
        assert name == name.lower().strip() != ""
    assert row.auth_prefix in {"", "Bearer "}


def test_every_credential_header_of_a_row_is_kept_from_the_other_providers():
    view = snapshot()
    every = tuple((row.auth_header, "secret") for row in KINDS.values())
    for provider, upstream in view.upstreams.items():
        if upstream.credential is not None:
            step = Step(provider, "m", next(iter(upstream.paths)), native=False)
            put, drop = headers(every, Plan("d", 0.0, step.api, "/", "m", (step,), {}), step, view)
            assert {*dict(put), *drop} >= dict(every).keys()


@pytest.mark.parametrize("name", APIS)
def test_every_api_has_a_path_and_an_operation_of_its_own(name):
    api = APIS[name]
    assert (api.name, bool(api.operation)) == (name, True)
    said = {"model": "a-model", "id": "an-id"}
    assert all(find(filled(path, said), api.method).api is api for path in (*api.paths, *api.stream_paths))
