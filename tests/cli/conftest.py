"""The command, in a folder with a real settings file and a real SQLite store."""

import asyncio
import contextlib
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from ext_proc.cli import main
from ext_proc.entry import Entry
from ext_proc.leases import Lease, Settlement
from ext_proc.stores.sqlite import SqliteStore

SETTINGS = """\
providers:
  openai: {kind: openai, credential: {env: TOLL_TEST_OPENAI}}
  local: {kind: openai-compatible, endpoint: "http://127.0.0.1:8000/v1"}
models:
  gpt-4o-mini: {backends: [{provider: openai}]}
  "*": {backends: [{provider: local}]}
limits:
- {name: team-month, per: [team], usd: 0.5, window: month}
- {name: key-rate, per: [key], requests: 60, window: 1m, mode: shadow}
- {name: agents, per: [app], concurrent: 8}
usage: [{log: stdout}]
"""


def kept():
    """The environment of a user who has set one provider's key and nothing of ours."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("TOLL")}
    return {**others, "TOLL_TEST_OPENAI": "sk-test", "COLUMNS": "200"}


@contextlib.contextmanager
def environment(variables):
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update({**kept(), **variables})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Folder:
    """A working directory, and what the command does in it."""

    path: Path

    def run(self, *arguments, **variables):
        """In this process, as a new one for each question would take most of the time; `spawn` takes a new one."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.path), environment(variables), redirect_stdout(out), redirect_stderr(err):
            status = self._status(arguments)
        return Done(status, out.getvalue(), err.getvalue())

    def _status(self, arguments):
        try:
            main(arguments)
        except SystemExit as end:
            return end.code or 0
        return 0

    def spawn(self, *arguments, **variables):
        root = str(Path(__file__).parents[2])
        done = subprocess.run(
            [sys.executable, "-m", "ext_proc", *arguments],
            cwd=self.path,
            env={**kept(), **variables, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments, **variables):
        done = self.run(*arguments, **variables)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def refused(self, *arguments, **variables):
        """The one line of an error; nothing else is printed."""
        done = self.run(*arguments, **variables)
        assert (done.returncode, done.stdout) == (2, "")
        return done.stderr

    def rewrite(self, old="", new="", more=""):
        (self.path / "tollkeeper.yaml").write_text((SETTINGS.replace(old, new) if old else SETTINGS) + more)

    def store(self, *steps):
        return asyncio.run(self._store(steps))

    async def _store(self, steps):
        store = SqliteStore(self.path / "tollkeeper.db")
        await store.open()
        try:
            return [await step(store) for step in steps]
        finally:
            await store.close()

    def settled(self, *entries):
        """Writes usage entries as the service does: with a settlement each."""
        settlements = [Settlement(entry.decision_id, {}, entry.row()) for entry in entries]
        self.store(lambda store: store.settle(settlements, entries[0].at))

    def reserved(self, at, *claims):
        lease = Lease("d-lease", claims, at + 600, Entry("d-lease", at).row())
        self.store(lambda store: store.reserve(lease, at))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tollkeeper.yaml").write_text(SETTINGS)
    return Folder(tmp_path)
