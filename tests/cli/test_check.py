"""`check` tells every mistake with its place, and doubts as warnings."""

import json

import pytest

from ext_proc.providers import KINDS
from ext_proc.settings import Settings


def test_settings_that_hold_are_summed_up(folder):
    """Providers, models, limits and workers are shown, and the last line is `ok`."""
    told = folder.ok("check")
    assert told.endswith(f"1 worker(s) on 127.0.0.1:9400, store sqlite:{folder.path}/tollkeeper.db\nok\n")
    for name in ("openai", "http://127.0.0.1:8000/v1", "gpt-4o-mini", "team-month", "shadow"):
        assert name in told
    assert [path.name for path in folder.path.iterdir()] == ["tollkeeper.yaml"]


def test_mistakes_are_findings_with_their_place(folder):
    folder.rewrite("kind: openai,", "kind: opnai,", more="limts: []\n")
    done = folder.run("check")
    known = ", ".join(sorted(KINDS))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f'tollkeeper.yaml:2:18: providers.openai.kind: unknown kind of provider (value "opnai"; allowed: {known})',
        f"tollkeeper.yaml:12:1: limts: unknown key (did you mean limits?; allowed: {', '.join(Settings.model_fields)})",
    ]


def test_programs_get_the_same_as_json(folder):
    told = json.loads(folder.ok("check", "--json"))
    assert told["ok"]
    assert told["findings"] == []
    assert [provider["name"] for provider in told["providers"]] == ["openai", "local"]
    assert told["limits"][0] == {
        "name": "team-month",
        "maximum": "0.5",
        "unit": "usd",
        "window": "month",
        "per": ["team"],
        "mode": "enforce",
    }
    (folder.path / "tollkeeper.yaml").write_text("providers: {}\nmodels: {}\n")
    done = folder.run("check", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False)
    assert [(finding["line"], finding["key"]) for finding in told["findings"]] == [(1, "providers"), (2, "models")]


DOUBTS = [
    (
        "{env: TOLL_TEST_OPENAI}",
        "{env: TOLL_TEST_NONE}",
        "2:38: warning: providers.openai.credential: the environment variable TOLL_TEST_NONE is not set",
    ),
    (
        "limits:",
        "attributes: {run: {header: x-run, secret: {env: TOLL_TEST_NONE}}}\nlimits:",
        "7:43: warning: attributes.run.secret: the environment variable TOLL_TEST_NONE is not set",
    ),
    ("{env: TOLL_TEST_OPENAI}", "{file: none}", "2:38: warning: providers.openai.credential: the file"),
    (
        ", credential: {env: TOLL_TEST_OPENAI}",
        "",
        "2:11: warning: providers.openai: no credential; https://api.openai.com answers none",
    ),
    ('  "*": {backends: [{provider: local}]}\n', "", "3:10: warning: providers.local: no model uses this provider"),
    (
        "gpt-4o-mini:",
        "no-such-model:",
        "5:30: warning: models.no-such-model.backends.0: no-such-model has no known price",
    ),
    (
        "usage:",
        "identity: {keys: false}\nusage:",
        "11:18: warning: identity.keys: there is no other way to say who calls",
    ),
]


@pytest.mark.parametrize(("old", "new", "warning"), DOUBTS, ids=[warning.split(":")[3] for *_, warning in DOUBTS])
def test_doubts_are_warnings_that_fail_only_when_asked(folder, old, new, warning):
    folder.rewrite(old, new)
    done = folder.run("check")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "ok")
    assert done.stdout.startswith(f"tollkeeper.yaml:{warning}")
    assert folder.run("check", "--strict").returncode == 1


BROKEN = [
    ("prices: {override: none.yaml}\n", "prices.override: "),
    ("prices: {override: broken.yaml}\n", "prices.override: broken.yaml:1: "),
    (
        "identity: {hash_key: {env: TOLL_TEST_NONE}}\n",
        "identity.hash_key: the environment variable TOLL_TEST_NONE is not set",
    ),
    (
        "admin: {tokens: [{name: ops, role: viewer, token: {file: short}}]}\n",
        "admin.tokens.0.token: nobody is let in by a token of this length (allowed: 32 to 512 characters",
    ),
    ("identity: {hash_key: {file: short}}\n", "identity.hash_key: fewer than 16 characters"),
]


@pytest.mark.parametrize(("more", "problem"), BROKEN)
def test_files_that_the_settings_need_are_checked_too(folder, more, problem):
    """Without them the service could not start, so they are mistakes and not doubts."""
    (folder.path / "broken.yaml").write_text("models: {m: {inputs: 1}}\n")
    (folder.path / "short").write_text("hunter2\n")
    folder.rewrite(more=more)
    done = folder.run("check")
    assert done.returncode == 1
    assert f": {problem}" in done.stdout
    assert "hunter2" not in done.stdout


def test_a_hash_key_that_others_can_read_is_a_doubt(folder):
    (folder.path / "tollkeeper.db.hashkey").write_bytes(b"k" * 32)
    (folder.path / "tollkeeper.db.hashkey").chmod(0o644)
    assert "run chmod 600 on it" in folder.ok("check")
